/**
 * The firm's market without a telephone: orders are taken and reserve, the list executes them, one trading day later shares go
 * against money. Nothing of it makes or loses a share or a fen.
 */
import { describe, expect, test } from 'vitest'
import { yuan } from '../../../src/money.ts'
import { now, orderedId } from '../../../src/runtime.ts'
import { sharesOf } from '../../../src/securities/firm.ts'
import { standingOf } from '../../../src/securities/positions.ts'
import { cancelTrade, type Side, selectTrades, type TradeRow, takeTrade } from '../../../src/securities/trade.ts'
import { accountNumber } from '../../support/ids.ts'
import { posted } from '../../support/proof.ts'
import { endowed, type FirmHouse, isin, openFirm, silk, tea } from '../../support/securities.ts'
import { usualStart, VirtualRuntime } from '../../support/virtual-runtime.ts'

const hour = 3_600_000
/** A Monday, 10:00 in Shanghai. */
const monday = usualStart + 24 * hour
const ada = accountNumber('6200100007')

const startingAt = (startsAt: number, story: (house: FirmHouse, runtime: VirtualRuntime) => Promise<void>) => {
  const troubles: unknown[] = []
  const runtime = new VirtualRuntime({ seed: 36, startsAt })
  return runtime.run(async () => {
    const house = await openFirm(runtime, {}, error => troubles.push(error))
    await endowed(house, ada, 100_000n)
    await story(house, runtime)
    expect(troubles).toEqual([])
    expect(await house.audited()).toEqual([])
    expect(await whole(house)).toEqual({ cash: 1_000_000n, tea: 10_000n, silk: 50n })
    await house.close()
  })
}

/** All that there is, by whose it is: of each asset the same for ever. */
async function whole({ running: { store } }: FirmHouse) {
  const of = async (...patterns: string[]) => {
    let sum = 0n
    for (const pattern of patterns) sum += await posted(store, pattern)
    return sum
  }
  const shares = (code: string) => of(`client-shares:%:${code}`, `unsettled-shares:%:${code}`, `house-shares:${code}`)
  return {
    cash: await of('client-cash:%', 'unsettled-cash:%', 'house-cash'),
    tea: await shares(tea),
    silk: await shares(silk),
  }
}

async function order({ running: { firm } }: FirmHouse, side: Side, quantity: bigint, limit?: bigint, security = tea) {
  const at = now(firm)
  const id = orderedId(firm.runtime)
  const wanted = { account: ada, side, quantity: { minor: quantity, asset: sharesOf(security) } }
  const taken = await firm.store.execute(tx =>
    takeTrade(tx, firm, limit === undefined ? wanted : { ...wanted, limit: { ...yuan(0n), minor: limit } }, { at, id }),
  )
  firm.wakeMarket()
  return taken
}

const standing = ({ running: { firm } }: FirmHouse) => firm.store.read(tx => standingOf(tx, firm, ada))

async function figures(house: FirmHouse) {
  const { cash, positions } = await standing(house)
  const of = (code: string) => {
    const found = positions.find(each => each.isin === code)
    return found && [found.available.minor, found.reserved.minor, found.toCome.minor]
  }
  return { cash: [cash.available.minor, cash.reserved.minor, cash.toCome.minor], tea: of(tea), silk: of(silk) }
}

async function trades({ running: { firm } }: FirmHouse) {
  return firm.store.read(tx => tx.all<TradeRow>(`${selectTrades} WHERE account = ? ORDER BY id`, ada))
}

describe('at market', () => {
  test('a purchase is executed at once and settled one trading day later, shares against money', () =>
    startingAt(monday, async (house, runtime) => {
      expect(await order(house, 'buy', 20n)).toMatchObject({
        outcome: 'executed',
        price: yuan(10n),
        settlesOn: '2026-11-24',
      })
      expect(await figures(house)).toEqual({ cash: [80_000n, 0n, 0n], tea: [0n, 0n, 20n], silk: undefined })
      // Bought shares are the customer's to sell once they are settled.
      expect(await order(house, 'sell', 1n)).toMatchObject({ outcome: 'insufficient-shares' })
      await runtime.sleep(23 * hour)
      expect((await trades(house))[0]?.state).toBe('executed')
      await runtime.sleep(hour)
      expect((await trades(house))[0]?.state).toBe('settled')
      expect(await figures(house)).toEqual({ cash: [80_000n, 0n, 0n], tea: [20n, 0n, 0n], silk: undefined })
    }))

  test('what a sale brings is to come until it is settled', () =>
    startingAt(monday, async (house, runtime) => {
      await order(house, 'buy', 20n)
      await runtime.sleep(24 * hour)
      expect(await order(house, 'sell', 5n)).toMatchObject({ outcome: 'executed', price: yuan(10n) })
      expect(await figures(house)).toMatchObject({ cash: [80_000n, 0n, 5_000n], tea: [15n, 0n, 0n] })
      await runtime.sleep(24 * hour)
      expect(await figures(house)).toMatchObject({ cash: [85_000n, 0n, 0n], tea: [15n, 0n, 0n] })
    }))

  test('what is traded on a Friday is settled on Monday', () =>
    startingAt(monday + 4 * 24 * hour, async (house, runtime) => {
      expect(await order(house, 'buy', 1n)).toMatchObject({ settlesOn: '2026-11-30' })
      await runtime.sleep(2 * 24 * hour)
      expect((await trades(house))[0]?.state).toBe('executed')
      await runtime.sleep(24 * hour)
      expect((await trades(house))[0]?.state).toBe('settled')
    }))

  test.each([
    ['before the opening', monday - hour],
    ['after the close', monday + 6 * hour],
    ['on a Sunday', monday - 24 * hour],
  ])('nobody deals %s', (_, at) =>
    startingAt(at, async house => {
      expect(await order(house, 'buy', 1n)).toMatchObject({ outcome: 'market-closed' })
      expect(await trades(house)).toEqual([])
      expect((await figures(house)).cash).toEqual([100_000n, 0n, 0n])
    }),
  )

  test.each([
    ['more than there is money for', 'buy', 101n, tea, 'insufficient-funds'],
    ['more than the firm has', 'buy', 51n, silk, 'no-counterparty'],
    ['shares that are not there', 'sell', 1n, tea, 'insufficient-shares'],
    ['nothing', 'buy', 0n, tea, 'refused-amount'],
    ['less than nothing', 'buy', -1n, tea, 'refused-amount'],
    ['more than a row holds', 'buy', 2n ** 62n, tea, 'refused-amount'],
    ['a security that is not listed', 'buy', 1n, isin('CNE1000PINE9'), 'unknown-security'],
  ] as const)('%s is refused and moves nothing', (_, side, quantity, security, outcome) =>
    startingAt(monday, async house => {
      expect(await order(house, side, quantity, undefined, security)).toMatchObject({ outcome })
      expect(await trades(house)).toEqual([])
      expect(await figures(house)).toEqual({ cash: [100_000n, 0n, 0n], tea: undefined, silk: undefined })
    }),
  )
})

describe('with a limit', () => {
  test('it waits, and is executed at the list when that has come to it', () =>
    startingAt(monday, async (house, runtime) => {
      expect(await order(house, 'buy', 10n, 950n)).toMatchObject({ outcome: 'taken' })
      expect(await figures(house)).toEqual({ cash: [90_500n, 9_500n, 0n], tea: undefined, silk: undefined })
      await runtime.sleep(hour - 1_000)
      expect((await trades(house))[0]?.state).toBe('open')
      await runtime.sleep(2_000)
      // At 11:00 tea costs ¥9.00: the rest of what was reserved is free.
      expect((await trades(house))[0]).toMatchObject({ state: 'executed', quote: 2n })
      expect((await figures(house)).cash).toEqual([91_000n, 0n, 0n])
    }))

  test('one that is reached already is executed at once, at the better price', () =>
    startingAt(monday, async house => {
      expect(await order(house, 'buy', 10n, 2_000n)).toMatchObject({ outcome: 'executed', price: yuan(10n) })
      expect((await figures(house)).cash).toEqual([90_000n, 0n, 0n])
    }))

  test('a sale waits for its price', () =>
    startingAt(monday, async (house, runtime) => {
      await order(house, 'buy', 10n)
      await runtime.sleep(24 * hour)
      expect(await order(house, 'sell', 10n, 1_100n)).toMatchObject({ outcome: 'taken' })
      expect((await figures(house)).tea).toEqual([0n, 10n, 0n])
      await runtime.sleep(2.5 * hour)
      expect((await trades(house))[1]?.state).toBe('open')
      await runtime.sleep(hour)
      expect((await trades(house))[1]?.state).toBe('executed')
      expect((await figures(house)).cash).toEqual([90_000n, 0n, 12_000n])
    }))

  test('one that is not reached expires with its trading day, and what it reserved is free', () =>
    startingAt(monday, async (house, runtime) => {
      expect(await order(house, 'buy', 10n, 800n)).toMatchObject({ outcome: 'taken', goodUntil: monday + 5 * hour })
      await runtime.sleep(5 * hour + 1_000)
      expect((await trades(house))[0]?.state).toBe('expired')
      expect((await figures(house)).cash).toEqual([100_000n, 0n, 0n])
    }))

  test('one from a Sunday is for Monday', () =>
    startingAt(monday - 24 * hour, async (house, runtime) => {
      expect(await order(house, 'buy', 10n, 1_000n)).toMatchObject({ outcome: 'taken', goodUntil: monday + 5 * hour })
      await runtime.sleep(23.5 * hour + 1_000)
      expect((await trades(house))[0]?.state).toBe('executed')
    }))

  test('one that was cancelled is executed by nobody', () =>
    startingAt(monday, async (house, runtime) => {
      await order(house, 'buy', 10n, 950n)
      const [trade] = await trades(house)
      const { firm } = house.running
      if (trade === undefined) throw new Error('no trade')
      const cancel = () =>
        firm.store.execute(tx => cancelTrade(tx, firm, trade, { at: now(firm), businessDate: '2026-11-23' }))
      expect(await cancel()).toBe(true)
      await runtime.sleep(2 * hour)
      expect((await trades(house))[0]?.state).toBe('cancelled')
      expect((await figures(house)).cash).toEqual([100_000n, 0n, 0n])
      // An illegal step is a fault.
      await expect(cancel()).rejects.toThrow()
    }))
})

test.each(['trades.executed', 'trades.settled'])('a death at %s loses nothing and does nothing twice', point => {
  let deadly: string | undefined
  const runtime = new VirtualRuntime({
    seed: 37,
    startsAt: monday,
    onReached: reached => {
      if (reached !== deadly) return
      deadly = undefined
      throw new Error('the firm died')
    },
  })
  return runtime.run(async () => {
    const house = await openFirm(runtime)
    await endowed(house, ada, 100_000n)
    await order(house, 'buy', 10n, 950n)
    await runtime.sleep(point === 'trades.executed' ? hour - 10_000 : 23 * hour)
    deadly = point
    await runtime.sleep(2 * hour)
    await house.restart(runtime)
    await house.running.recovery.begun
    await runtime.sleep(24 * hour)
    expect(await trades(house)).toMatchObject([{ state: 'settled' }])
    expect(await figures(house)).toMatchObject({ cash: [91_000n, 0n, 0n], tea: [10n, 0n, 0n] })
    expect(await house.audited()).toEqual([])
    await house.close()
  })
})

test('a firm that has its account at another bank from now on has no second capital', () =>
  startingAt(monday, async (house, runtime) => {
    house.change({ cards: { number: 7001, collectsAt: 'garden' } })
    await house.restart(runtime)
    await house.running.recovery.begun
    expect(await posted(house.running.store, 'cash-at-bank:%')).toBe(1_000_000n)
  }))
