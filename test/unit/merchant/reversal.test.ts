/** Before cut-off a payee's clerk gives a payment back to its voucher; the payer hears of it once. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, intentId } from '../../support/ids.ts'
import { faultsOf, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 74 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

async function opened() {
  const { number, password } = world.vouchers.confirmed
  const opening = await world.merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })
  if (opening.outcome !== 'open') throw new Error(opening.outcome)
  return opening
}

/** Pays and gives the reference. */
async function paid(whole: bigint): Promise<string> {
  const { session } = await opened()
  const payment = await world.merchant.pay({ intent: intentId(`pay ${whole}`), session, amount: yuan(whole) })
  if (payment.outcome !== 'paid') throw new Error(payment.outcome)
  return payment.reference
}

const reverse = (reference: string, whole?: bigint, name = `back ${whole}`) =>
  world.lantern.clerk.reverse({
    ...{ intent: intentId(name), reference, amount: whole === undefined ? undefined : yuan(whole) },
    ...{ clerk: 'mei', reason: 'the book is sold out' },
  })

describe('a reversal', () => {
  test('gives a payment back, whole or in part, once for each intent, and never more than was paid', () =>
    runtime.run(async () => {
      const { number } = world.vouchers.confirmed
      const reference = await paid(20n)
      const part = await reverse(reference, 5n)
      expect(part).toMatchObject({ outcome: 'reversed', amount: yuan(5n), voucher: number })
      expect(await reverse(reference, 5n)).toEqual(part)
      expect(await reverse(reference, 6n, 'back 5')).toEqual({ outcome: 'intent-reused' })
      expect(await reverse(reference, 16n)).toEqual({ outcome: 'exceeds-payment', left: yuan(15n) })
      expect(await reverse(reference)).toMatchObject({ outcome: 'reversed', amount: yuan(15n) })
      expect(await reverse(reference, undefined, 'more')).toEqual({ outcome: 'exceeds-payment', left: yuan(0n) })
      expect((await opened()).remaining).toEqual(yuan(50n))
      expect(await posted(world.lantern.store, 'revenue:harbour')).toBe(0n)
      const [line] = await world.lantern.clerk.payments(5)
      expect(line).toMatchObject({ reference, voucher: number, amount: yuan(20n), reversed: yuan(20n) })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('is too late once the business date is over, and of what nobody paid there is none', () =>
    runtime.run(async () => {
      const reference = await paid(20n)
      expect(await reverse('000000')).toEqual({ outcome: 'unknown-payment' })
      expect(await reverse(reference, 0n)).toEqual({ outcome: 'refused-amount' })
      await runtime.sleep(24 * 3_600_000)
      expect(await reverse(reference, undefined, 'late')).toEqual({ outcome: 'unknown-payment' })
    }))

  test('goes to no voucher that is used up or was ended', () =>
    runtime.run(async () => {
      const first = await paid(20n)
      const { session } = await opened()
      await world.merchant.endVoucher({ intent: intentId('end'), session })
      expect(await reverse(first)).toEqual({ outcome: 'voucher-dead' })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('reaches a voucher that wrong passwords have locked', () =>
    runtime.run(async () => {
      const { number } = world.vouchers.confirmed
      const reference = await paid(20n)
      for (let i = 0; i < 3; i++)
        await world.merchant.openVoucher({ number, password: new Secret('73916405'), origin: aPhone })
      expect(await reverse(reference)).toMatchObject({ outcome: 'reversed' })
      expect(await posted(world.lantern.store, `voucher-liability:${number}`)).toBe(5_000n)
      expect(await faultsOf(world)).toEqual([])
    }))
})

test('the payer is told at the next call, or when they ask what is left, until they have heard it', () =>
  runtime.run(async () => {
    const { session } = await opened()
    const reversed = await reverse(await paid(20n), 5n)
    if (reversed.outcome !== 'reversed') throw new Error(reversed.outcome)
    const news = [{ amount: yuan(5n), reference: reversed.reference }]
    expect(await world.merchant.balance(session)).toMatchObject({ remaining: yuan(35n), givenBack: news })
    expect(await opened()).toMatchObject({ givenBack: news })
    await world.merchant.heardOf({ session, references: ['000000'] })
    expect(await opened()).toMatchObject({ givenBack: news })
    await world.merchant.heardOf({ session, references: [reversed.reference] })
    expect(await opened()).toMatchObject({ givenBack: [] })
    expect(await world.merchant.balance(session)).toMatchObject({ givenBack: [] })
    expect(await world.merchant.lastPayments(session, 3)).toMatchObject({
      payments: [
        { kind: 'reversal', amount: yuan(5n), reference: reversed.reference },
        { kind: 'payment', amount: yuan(20n) },
      ],
    })
  }))

test.each([
  [
    'one of another payment',
    'UPDATE reversal SET payment = payment - 1',
    'does not give back a payment of its voucher',
  ],
  [
    'one of another voucher',
    `UPDATE reversal SET voucher = (SELECT number FROM voucher WHERE state = 'locked')`,
    'does not give back a payment of its voucher',
  ],
])('the audit finds %s', (_, tampering, found) =>
  runtime.run(async () => {
    await reverse(await paid(20n), 5n)
    expect(await faultsOf(world)).toEqual([])
    await world.lantern.store.execute(tx => tx.run(tampering))
    expect(await faultsOf(world)).toContainEqual(expect.stringContaining(found))
  }),
)
