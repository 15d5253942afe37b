/** Patent row P11 at the payee: a voucher that is ended is dead at once, and its remainder waits for the day end. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { accountId } from '../../../src/ledger/chart.ts'
import { mainChain } from '../../../src/ledger/journal.ts'
import { reserve } from '../../../src/ledger/reserve.ts'
import { yuan } from '../../../src/money.ts'
import { now } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, intentId } from '../../support/ids.ts'
import { faultsOf, posted } from '../../support/proof.ts'
import { backupInStock } from '../../support/stock-passwords.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 73 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

const open = () => {
  const { number, password } = world.vouchers.confirmed
  return world.merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })
}
async function session() {
  const opening = await open()
  if (opening.outcome !== 'open') throw new Error(opening.outcome)
  return opening.session
}
type Session = Awaited<ReturnType<typeof session>>
const pay = (session: Session, name: string, whole: bigint) =>
  world.merchant.pay({ intent: intentId(name), session, amount: yuan(whole) })
const end = (session: Session, name = 'end') => world.merchant.endVoucher({ intent: intentId(name), session })
const account = (id: string) => posted(world.lantern.store, id)

describe('ending a voucher', () => {
  test('puts exactly what is left aside for its bank, once, whoever asks again and in whichever process', () =>
    runtime.run(async () => {
      const { number } = world.vouchers.confirmed
      const here = await session()
      await pay(here, '1', 12n)
      const ended = await end(here)
      expect(ended).toMatchObject({ outcome: 'ended', amount: yuan(38n), reference: expect.stringMatching(/^\d{6}$/) })
      expect(await end(here)).toEqual(ended)
      expect(await account(`voucher-liability:${number}`)).toBe(0n)
      expect(await account('returning:harbour')).toBe(3_800n)
      await world.restart('merchant')
      expect(await world.merchant.resolve({ intent: intentId('end'), principal: number })).toMatchObject({
        ...{ outcome: 'done', kind: 'termination', amount: yuan(38n) },
      })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('is told in no earlier file than the payments before it, when the clock was set back meanwhile', () =>
    runtime.run(async () => {
      const here = await session()
      await pay(here, '1', 12n)
      runtime.jumpWallClock(-26 * 3_600_000)
      await end(here)
      const dates = await world.lantern.store.read(tx =>
        tx.all<{ kind: string; date: string }>(
          `SELECT kind, business_date AS date FROM journal WHERE kind IN ('payment', 'termination') ORDER BY seq`,
        ),
      )
      expect(dates.map(({ kind }) => kind)).toEqual(['payment', 'termination'])
      expect(dates[1]?.date).toBe(dates[0]?.date)
    }))

  test('ends every session at once, and its passwords open and reveal nothing', () =>
    runtime.run(async () => {
      const { number } = world.vouchers.confirmed
      const [here, elsewhere] = [await session(), await session()]
      await end(here)
      expect(await pay(elsewhere, '1', 1n)).toEqual({ outcome: 'session-ended' })
      expect(await pay(here, '2', 1n)).toEqual({ outcome: 'session-ended' })
      expect(await end(elsewhere, 'again')).toEqual({ outcome: 'session-ended' })
      expect(await open()).toEqual({ outcome: 'terminated' })
      const backup = new Secret((await backupInStock(world, number)) ?? '')
      const request = { number, backup, origin: aPhone }
      expect(await world.merchant.revealPassword(request)).toEqual({ outcome: 'terminated' })
      expect(await world.merchant.unlock(request)).toEqual({ outcome: 'terminated' })
    }))

  test('of one that a stranger has locked meanwhile works all the same', () =>
    runtime.run(async () => {
      const { number } = world.vouchers.confirmed
      const here = await session()
      for (let i = 0; i < 3; i++)
        await world.merchant.openVoucher({ number, password: new Secret('73916405'), origin: aPhone })
      expect(await end(here)).toMatchObject({ outcome: 'ended', amount: yuan(50n) })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('waits while something is paid by the minute, and of one that is used up there is nothing to end', () =>
    runtime.run(async () => {
      const { number } = world.vouchers.confirmed
      const here = await session()
      const at = now({ runtime })
      await world.lantern.store.execute(tx =>
        reserve(tx, {
          ...{ id: 'h', chain: mainChain, at, businessDate: '2026-11-22', kind: 'hold', amount: yuan(5n) },
          ...{
            debit: accountId('voucher-liability', number),
            credit: accountId('revenue', 'harbour'),
            expiresAt: at + 60_000,
          },
        }),
      )
      expect(await end(here)).toEqual({ outcome: 'not-now' })
      // It expires unused.
      await world.restart('merchant')
      await runtime.sleep(61_000)
      const again = await session()
      await pay(again, 'all', 50n)
      expect(await end(again, 'late')).toEqual({ outcome: 'nothing-left' })
      expect(await faultsOf(world)).toEqual([])
    }))
})

test.each([
  [
    'a terminated voucher called active',
    `UPDATE voucher SET state = 'active' WHERE state = 'terminated'`,
    'active, and it promises 0',
  ],
  [
    'a living one called terminated',
    `UPDATE voucher SET state = 'terminated' WHERE state = 'locked'`,
    'its remainder was not put aside for its bank',
  ],
  ['another bank’s remainder', `UPDATE voucher SET bank = 'north' WHERE state = 'terminated'`, 'not put aside'],
  [
    'a remainder that shrinks',
    `UPDATE balance SET posted = 100 WHERE account = 'returning:harbour'`,
    'liability, revenue and what returns',
  ],
])('the audit finds %s', (_, tampering, found) =>
  runtime.run(async () => {
    await end(await session())
    expect(await faultsOf(world)).toEqual([])
    await world.lantern.store.execute(tx => tx.run(tampering))
    expect(await faultsOf(world)).toContainEqual(expect.stringContaining(found))
  }),
)
