/** After cut-off a payment goes back to the account that bought its voucher, and its owner hears of it at the next sign-in. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { money, yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { payWith, settleAll } from '../../support/day-end.ts'
import { aPhone, intentId } from '../../support/ids.ts'
import { faultsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 75 })
  world = await runtime.run(() => openWorld({ runtime }))
})
afterEach(() => runtime.run(() => world.close()))

async function endOfDay(): Promise<void> {
  runtime.jumpWallClock(86_400_000)
  await world.lantern.nightly()
  await world.harbour.nightly()
  await settleAll(world)
}

const paid = async (name: string, whole: bigint) => {
  await payWith(world, world.vouchers.confirmed, name, yuan(whole))
  const [line] = await world.lantern.clerk.payments(1)
  if (line === undefined) throw new Error('nothing was paid')
  return { reference: line.reference, date: line.businessDate }
}

const refund = (of: { reference: string; date: string }, whole?: bigint, name = `refund ${whole}`, clerk = 'mei') =>
  world.lantern.clerk.refund({
    ...{ intent: intentId(name), of, amount: whole === undefined ? undefined : yuan(whole) },
    ...{ clerk, reason: 'a torn page' },
  })

const signedIn = async () => {
  const { account, pin } = world.customers.ada
  const answer = await world.bank.signIn({ account, pin: new Secret(pin), origin: aPhone })
  if (answer.outcome !== 'signed-in') throw new Error(answer.outcome)
  return answer
}

const standings = async () =>
  (await world.lantern.clerk.refunds(9)).map(({ standing, refusedAs }) => refusedAs ?? standing)

describe('a refund of one payment', () => {
  test('waits for its date to be over, and never gives back more than that payment, reversals counted', () =>
    runtime.run(async () => {
      const first = await paid('first', 10n)
      await paid('second', 20n)
      expect(await refund(first, undefined, 'early')).toEqual({ outcome: 'not-closed' })
      const { clerk } = world.lantern
      const by = { clerk: 'mei', reason: 'a torn page' }
      await clerk.reverse({ intent: intentId('part'), reference: first.reference, amount: yuan(3n), ...by })
      await endOfDay()
      expect(await refund(first, 8n)).toEqual({ outcome: 'exceeds-payments', left: yuan(7n) })
      expect(await refund({ ...first, reference: '000000' }, 1n)).toEqual({ outcome: 'unknown-payment' })
      expect(await refund({ ...first, date: '2026-11-20' }, 1n, 'then')).toEqual({ outcome: 'unknown-payment' })
      const given = await refund(first, 2n)
      expect(given).toMatchObject({ outcome: 'refunded', amount: yuan(2n), voucher: world.vouchers.confirmed.number })
      expect(await refund(first, 2n)).toEqual(given)
      expect(await refund(first)).toMatchObject({ outcome: 'refunded', amount: yuan(5n) })
      expect(await refund(first, undefined, 'more')).toEqual({ outcome: 'exceeds-payments', left: yuan(0n) })
      expect((await clerk.payments(2))[1]).toMatchObject({ reversed: yuan(3n), refunded: yuan(7n) })
      expect(await standings()).toEqual(['waiting', 'waiting'])
      await endOfDay()
      expect(await standings()).toEqual(['paid', 'paid'])
      expect(await faultsOf(world)).toEqual([])
    }))

  test('that the settlement account cannot pay is refused as short, and can be asked for again', () =>
    runtime.run(async () => {
      const payment = await paid('all', 10n)
      await endOfDay()
      const payout = { payee: 'lantern', account: world.customers.dora.account, minor: 700n }
      await bothSign(world.harbour, runtime, world.staff, 'pay-out', payout)
      await refund(payment, 6n)
      await endOfDay()
      expect(await standings()).toEqual(['short'])
      expect((await world.lantern.clerk.payments(1))[0]).toMatchObject({ refunded: yuan(0n) })
      expect(await refund(payment, 6n, 'again')).toMatchObject({ outcome: 'refunded' })
      expect((await signedIn()).returned).toEqual([])
    }))
})

test('one id gives back once, whoever of the clerks asks under it, by refund or by reversal', () =>
  runtime.run(async () => {
    const payment = await paid('all', 10n)
    await endOfDay()
    const given = await refund(payment, 4n)
    expect(given).toMatchObject({ outcome: 'refunded' })
    for (const clerk of ['lin', 'Mei', 'mei ']) {
      expect(await refund(payment, 4n, 'refund 4', clerk)).toEqual({ outcome: 'intent-reused' })
      const { reference } = payment
      const other = { intent: intentId('refund 4'), reference, amount: yuan(4n), clerk, reason: 'a torn page' }
      expect(await world.lantern.clerk.reverse(other)).toEqual({ outcome: 'intent-reused' })
    }
    expect(await refund(payment, 4n)).toEqual(given)
    expect((await world.lantern.clerk.payments(1))[0]).toMatchObject({ refunded: yuan(4n) })
  }))

describe('who bought the voucher hears', () => {
  test('of a refund once the bank has paid it, until they have heard it to its end', () =>
    runtime.run(async () => {
      const payment = await paid('all', 10n)
      await endOfDay()
      await refund(payment, 4n)
      expect((await signedIn()).returned).toEqual([])
      await endOfDay()
      const { returned } = await signedIn()
      expect(returned).toMatchObject([{ kind: 'refund', amount: yuan(4n), payee: { en: 'Lantern Books' } }])
      expect((await signedIn()).returned).toEqual(returned)
      const ids = returned.map(({ id }) => id)
      await world.bank.heardOfReturned({ account: world.customers.bo.account, ids })
      expect((await signedIn()).returned).toEqual(returned)
      await world.bank.heardOfReturned({ account: world.customers.ada.account, ids })
      expect((await signedIn()).returned).toEqual([])
      expect(await faultsOf(world)).toEqual([])
    }))

  test('what was left of a voucher that was ended, and sees in the list that it was', () =>
    runtime.run(async () => {
      const { number, password } = world.vouchers.confirmed
      const opening = await world.merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })
      if (opening.outcome !== 'open') throw new Error(opening.outcome)
      await world.merchant.endVoucher({ intent: intentId('end'), session: opening.session })
      const isEnded = async () =>
        (await world.bank.vouchers(world.customers.ada.account)).find(voucher => voucher.number === number)?.isEnded
      expect(await isEnded()).toBe(false)
      await endOfDay()
      expect(await isEnded()).toBe(true)
      expect((await signedIn()).returned).toMatchObject([{ kind: 'remainder', amount: yuan(50n) }])
    }))
})

test.each([
  ['a refund of another payment', 'lantern', 'UPDATE refund SET payment = payment - 1', 'gives back no payment'],
  ['more refunded than paid', 'lantern', 'UPDATE refund SET minor = 1001', 'was refunded'],
  ['told to another account', 'harbour', `UPDATE returned_line SET account = '10002'`, 'is not its buyer’s'],
] as const)('the audit finds %s', (_, where, tampering, found) =>
  runtime.run(async () => {
    const payment = await paid('all', 10n)
    await endOfDay()
    await refund(payment, 4n)
    await endOfDay()
    await world[where].store.execute(tx => tx.run(tampering))
    expect(await faultsOf(world)).toContainEqual(expect.stringContaining(found))
  }),
)

test('an amount that is none is refused', () =>
  runtime.run(async () => {
    const of = await paid('all', 10n)
    const by = { clerk: 'mei', reason: 'a torn page' }
    expect(await world.lantern.clerk.refund({ intent: intentId('0'), of, amount: money(0n), ...by })).toEqual({
      outcome: 'refused-amount',
    })
  }))
