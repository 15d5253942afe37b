/** Money from a bank to another: credited, refused, out of reach, on its way, given up, and after books went back. */
import { beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../../demo/two-people.ts'
import type { Transfer } from '../../../../src/bank/bank.ts'
import type { AccountNumber } from '../../../../src/ids.ts'
import { openAlarms } from '../../../../src/institution/alarm-book.ts'
import { balanceOf } from '../../../../src/ledger/accounts.ts'
import { accountId } from '../../../../src/ledger/chart.ts'
import { type Money, yuan } from '../../../../src/money.ts'
import { accountNumber, institutionId, intentId } from '../../../support/ids.ts'
import type { Weather } from '../../../support/in-process-mail.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

let runtime: VirtualRuntime
let world: World
let emma: AccountNumber
let ada: AccountNumber
let intents = 0

beforeEach(() => {
  runtime = new VirtualRuntime({ seed: 7 })
})

/** In a world of two banks; `isAway` says whether the second one is out of reach. */
function inWorld(story: (garden: { isAway: boolean; isMute?: boolean }) => Promise<void>): Promise<void> {
  return runtime.run(async () => {
    const garden = { isAway: false, isMute: false }
    const weather: Weather = {
      next: ({ from, to }) => {
        if (garden.isAway && [from, to].includes(institutionIds.garden)) return { lost: 'there' }
        if (garden.isMute && to === institutionIds.garden) return { lost: 'back' }
        return garden.isMute && from === institutionIds.garden ? { lost: 'there' } : {}
      },
    }
    world = await openWorld({ runtime, banks: 2, weather })
    emma = world.neighbour?.account ?? accountNumber('1')
    ada = world.customers.ada.account
    await story(garden)
    expect(await world.audited()).toEqual([])
    await world.close()
  })
}

const institutionIds = { harbour: institutionId('harbour'), garden: institutionId('garden') }

const send = (amount: Money, to: AccountNumber = emma): Promise<Transfer> =>
  world.bank.transfer({ intent: intentId(`send ${++intents}`), from: ada, to, amount, channel: 'telephone' })

const standing = async (bank: 'harbour' | 'garden', kind: Parameters<typeof accountId>[0]) => {
  const other = bank === 'harbour' ? 'garden' : 'harbour'
  const account = accountId(kind, other)
  return (await (bank === 'harbour' ? world.harbour : world.other()).store.read(tx => balanceOf(tx, account, 'main')))
    .posted.minor
}

describe('a transfer to another bank', () => {
  test('the holder is named in part, and the money is credited there before the caller is told so', () =>
    inWorld(async () => {
      expect(await world.bank.nameHolder({ by: ada, account: emma })).toEqual({
        outcome: 'found',
        holder: {
          account: emma,
          name: { en: 'E. Green', zh: '葛某玛' },
          bank: { en: 'Garden Bank', zh: '花园银行' },
        },
      })
      expect(await send(yuan(30n))).toMatchObject({ outcome: 'transferred', balance: yuan(820n) })
      expect(await world.other().bank.balance(emma)).toEqual(yuan(230n))
      expect(await standing('harbour', 'due-to-bank')).toBe(3_000n)
      expect(await standing('harbour', 'sending-to-bank')).toBe(0n)
      expect(await standing('garden', 'due-from-bank')).toBe(3_000n)
      expect(await world.bank.transferNews(ada)).toEqual([])
      const [line] = await world.bank.recentTransactions(ada, 1)
      expect(line).toMatchObject({ kind: 'transfer-out', amount: yuan(-30n), counterparty: { en: 'E. Green' } })
      const [received] = await world.other().bank.recentTransactions(emma, 1)
      expect(received).toMatchObject({ kind: 'transfer-in', counterparty: { en: 'Harbour Bank' } })
    }))

  test('the same intent moves it once, and says what became of it', () =>
    inWorld(async () => {
      const order = { intent: intentId('once'), from: ada, to: emma, amount: yuan(1n), channel: 'telephone' } as const
      const first = await world.bank.transfer(order)
      expect(await world.bank.transfer(order)).toEqual(first)
      expect(await world.bank.resolve({ intent: order.intent, principal: ada })).toMatchObject({ kind: 'transfer' })
      expect(await world.other().bank.balance(emma)).toEqual(yuan(201n))
    }))

  test('an account that is not there is refused by the other bank, and the money is back', () =>
    inWorld(async () => {
      const nobody = accountNumber('6300000000')
      expect(await world.bank.nameHolder({ by: ada, account: nobody })).toEqual({ outcome: 'unknown' })
      expect(await send(yuan(30n), nobody)).toMatchObject({ outcome: 'came-back', balance: yuan(850n) })
      expect(await standing('garden', 'due-from-bank')).toBe(0n)
      const [line] = await world.bank.recentTransactions(ada, 1)
      expect(line).toMatchObject({ kind: 'transfer-back', amount: yuan(30n) })
    }))

  test('above the debit cap nothing leaves; where the other bank has a lower one, it comes back', () =>
    inWorld(async () => {
      await world.reconfigureBank({ banks: [{ ...gardenAsKnown, debitCap: 5_000n }] })
      await world.harbour.recovery.begun
      expect(await send(yuan(30n))).toMatchObject({ outcome: 'transferred' })
      expect(await send(yuan(30n))).toMatchObject({ outcome: 'bank-cap' })
      expect(await world.bank.balance(ada)).toEqual(yuan(820n))
      // What flows back makes room.
      const back = { from: emma, to: ada, amount: yuan(20n), channel: 'telephone' } as const
      await world.other().bank.transfer({ ...back, intent: intentId('back') })
      expect(await send(yuan(30n))).toMatchObject({ outcome: 'transferred' })
    }))
})

const gardenAsKnown = { id: 'garden', name: { en: 'Garden Bank', zh: '花园银行' }, accountPrefix: '63' }

describe('a bank out of reach', () => {
  test('is said before money moves', () =>
    inWorld(async garden => {
      garden.isAway = true
      expect(await world.bank.nameHolder({ by: ada, account: emma })).toMatchObject({ outcome: 'out-of-reach' })
      await world.restart('bank')
      expect(await send(yuan(30n))).toMatchObject({ outcome: 'bank-out-of-reach' })
      expect(await world.bank.balance(ada)).toEqual(yuan(850n))
      garden.isAway = false
      await world.harbour.recovery.begun
    }))

  test('when it went away since, the money rests, is visible, and arrives once; the next call hears of it', () =>
    inWorld(async garden => {
      garden.isAway = true
      expect(await send(yuan(30n))).toMatchObject({ outcome: 'pending', balance: yuan(820n) })
      expect(await world.harbour.teller.pendingTransfers()).toMatchObject([{ bank: 'garden', to: emma }])
      expect(await world.bank.transferNews(ada)).toMatchObject([{ state: 'pending', amount: yuan(30n) }])
      await world.restart('bank')
      garden.isAway = false
      await runtime.sleep(120_000)
      await world.harbour.mail.idle()
      await world.other().mail.idle()
      const [news] = await world.bank.transferNews(ada)
      expect(news).toMatchObject({ state: 'credited' })
      await world.bank.heardOfTransfer({ account: ada, transfer: news?.transfer ?? '' })
      expect(await world.bank.transferNews(ada)).toEqual([])
      expect(await world.other().bank.balance(emma)).toEqual(yuan(230n))
    }))

  const giveUp = async () => {
    const [pending] = await world.harbour.teller.pendingTransfers()
    const request = { transfer: pending?.id, why: 'its house burnt down' }
    return bothSign(world.harbour, runtime, world.staff, 'return-transfer', request)
  }

  test('two people give up on a dead bank, and a letter that had not left never arrives', () =>
    inWorld(async garden => {
      garden.isAway = true
      await send(yuan(30n))
      expect(await giveUp()).toMatchObject({ done: true, outcome: 'returned' })
      expect(await world.bank.balance(ada)).toEqual(yuan(850n))
      expect(await world.bank.transferNews(ada)).toMatchObject([{ state: 'came-back' }])
      garden.isAway = false
      await runtime.sleep(120_000)
      await world.harbour.mail.idle()
      // The letter was taken back before it left: nothing was credited.
      expect(await world.other().bank.balance(emma)).toEqual(yuan(200n))
      expect(await standing('harbour', 'due-to-bank')).toBe(0n)
    }))

  test('should it have credited after all, it is owed, and people are told', () =>
    inWorld(async garden => {
      garden.isMute = true
      expect(await send(yuan(30n))).toMatchObject({ outcome: 'pending' })
      expect(await world.other().bank.balance(emma)).toEqual(yuan(230n))
      expect(await giveUp()).toMatchObject({ done: true, outcome: 'returned' })
      garden.isMute = false
      await runtime.sleep(120_000)
      await world.harbour.mail.idle()
      await world.other().mail.idle()
      expect(await world.bank.balance(ada)).toEqual(yuan(850n))
      expect(await standing('harbour', 'due-to-bank')).toBe(3_000n)
      expect(await alarmsOfHarbour()).toContain('credit-unasked')
    }))
})

describe('the day’s limit', () => {
  const atLimits = async () => {
    const limits = { perItem: 3_000n, perDay: 5_000n, telephone: { perItem: 3_000n, perDay: 3_000n } }
    await world.reconfigureBank({ limits })
    await world.harbour.recovery.begun
  }
  const sums = () =>
    world.harbour.store.read(tx =>
      tx.all<{ date: string; channel: string; minor: bigint }>(
        `SELECT business_date AS date, channel, minor FROM spent WHERE account = ? AND minor > 0
           AND business_date > '2026-11-21' ORDER BY 1, 2`,
        `deposit:${ada}`,
      ),
    )

  test('is free again for what came back', () =>
    inWorld(async () => {
      await atLimits()
      expect(await send(yuan(30n), accountNumber('6300000000'))).toMatchObject({ outcome: 'came-back' })
      expect(await send(yuan(30n))).toMatchObject({ outcome: 'transferred' })
      expect(await send(yuan(1n))).toEqual({ outcome: 'limit-exceeded', limit: yuan(30n) })
      expect(await sums()).toMatchObject([
        { channel: 'any', minor: 3_000n },
        { channel: 'telephone', minor: 3_000n },
      ])
    }))

  test('of today has no more room by what came back of yesterday', () =>
    inWorld(async garden => {
      await atLimits()
      garden.isAway = true
      expect(await send(yuan(30n))).toMatchObject({ outcome: 'pending' })
      const [yesterday] = await sums()
      runtime.jumpWallClock(24 * 60 * 60_000)
      const { bo } = world.customers
      expect(await send(yuan(20n), bo.account)).toMatchObject({ outcome: 'transferred' })
      const [pending] = await world.harbour.teller.pendingTransfers()
      const request = { transfer: pending?.id, why: 'its house burnt down' }
      await bothSign(world.harbour, runtime, world.staff, 'return-transfer', request)
      expect(await world.bank.balance(ada)).toEqual(yuan(830n))
      expect(await send(yuan(11n), bo.account)).toEqual({ outcome: 'limit-exceeded', limit: yuan(30n) })
      expect(await send(yuan(10n), bo.account)).toMatchObject({ outcome: 'transferred' })
      const now = await sums()
      expect(now).toMatchObject([
        { channel: 'any', minor: 3_000n },
        { channel: 'telephone', minor: 3_000n },
      ])
      expect(now[0]).not.toMatchObject(yesterday ?? {})
    }))
})

const alarmsOfHarbour = async () =>
  (await world.harbour.store.read(tx => openAlarms(tx, institutionIds.harbour))).map(({ kind }) => kind)

test('what was sent in books that are lost is owed all the same, and people are told', () =>
  inWorld(async () => {
    const before = await world.harbour.store.snapshot()
    await send(yuan(30n))
    await world.putBack('bank', before)
    await world.harbour.recovery.begun
    await runtime.sleep(60_000)
    await world.other().mail.idle()
    await world.harbour.mail.idle()
    expect(await standing('harbour', 'due-to-bank')).toBe(3_000n)
    expect(await standing('garden', 'due-from-bank')).toBe(3_000n)
    expect(await alarmsOfHarbour()).toContain('credit-unasked')
  }))

test('nobody may ask for many names', () =>
  runtime.run(async () => {
    world = await openWorld({ runtime, banks: 2, rates: 'usual' })
    const { ada: asking, bo } = world.customers
    const account = world.neighbour?.account ?? accountNumber('1')
    const ask = (by: AccountNumber) => world.bank.nameHolder({ by, account })
    for (let i = 0; i < 8; i++) expect(await ask(asking.account)).toMatchObject({ outcome: 'found' })
    expect(await ask(asking.account)).toEqual({ outcome: 'busy' })
    expect(await ask(bo.account)).toMatchObject({ outcome: 'found' })
    await world.close()
  }))
