/** What is no amount is an outcome at both public edges: it moves nothing and breaks nothing. */
import { hash } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Asset, type Money, money, yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { encodePlain } from '../../../src/store/plain.ts'
import { aPhone, intentId } from '../../support/ids.ts'
import { faultsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 71 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

const refused = { outcome: 'refused-amount' }
const asset = (code: string, scale: number): Asset => ({ code, scale })

/** Everything that asks an institution to move this much. */
const edges: Record<string, (amount: Money) => Promise<unknown>> = {
  sale: amount =>
    world.bank.sellVoucher({
      intent: intentId('sale'),
      buyer: world.customers.cai.account,
      payee: world.payee.id,
      amount,
      channel: 'telephone',
    }),
  transfer: amount =>
    world.bank.transfer({
      intent: intentId('transfer'),
      from: world.customers.cai.account,
      to: world.customers.bo.account,
      amount,
      channel: 'telephone',
    }),
  payment: async amount => {
    const { number, password } = world.vouchers.confirmed
    const opening = await world.merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })
    if (opening.outcome !== 'open') throw new Error(opening.outcome)
    return world.merchant.pay({ intent: intentId('payment'), session: opening.session, amount })
  },
}

test.each(Object.entries(edges))('a %s of what is no amount is refused, and one of an amount is not', (_, ask) =>
  runtime.run(async () => {
    for (const none of [
      yuan(0n),
      yuan(-50n),
      money(5_000n, asset('USD', 2)),
      money(5_000n, asset('CNY', 3)),
      money(5_000n, asset('CNY', 0)),
      money(2n ** 63n),
      money(2n ** 80n),
    ])
      expect(await ask(none), `${none.minor} ${none.asset.code} ${none.asset.scale}`).toEqual(refused)
    // The largest that a row holds is an amount: too much, and said so.
    expect(await ask(money(2n ** 63n - 1n))).not.toEqual(refused)
    expect(await faultsOf(world)).toEqual([])
  }),
)

test.each(Object.entries(edges))('a refused amount does not use up the intent of a %s', (_, ask) =>
  runtime.run(async () => {
    expect(await ask(yuan(0n))).toEqual(refused)
    expect(await ask(yuan(50n))).toMatchObject({ outcome: expect.stringMatching(/^(sold|transferred|paid)$/) })
  }),
)

test('what became of a request is told to its principal alone', () =>
  runtime.run(async () => {
    await edges['sale']?.(yuan(50n))
    await edges['payment']?.(yuan(50n))
    const { cai, bo } = world.customers
    const { confirmed, unconfirmed } = world.vouchers
    const [sale, payment] = [intentId('sale'), intentId('payment')]
    expect(await world.bank.resolve({ intent: sale, principal: cai.account })).toMatchObject({ outcome: 'done' })
    expect(await world.bank.resolve({ intent: sale, principal: bo.account })).toEqual({ outcome: 'not-done' })
    expect(await world.merchant.resolve({ intent: payment, principal: confirmed.number })).toMatchObject({
      outcome: 'done',
    })
    expect(await world.merchant.resolve({ intent: payment, principal: unconfirmed.number })).toEqual({
      outcome: 'not-done',
    })
  }))

test('the scale is part of the request that an intent stands for', () =>
  runtime.run(async () => {
    await edges['transfer']?.(yuan(50n))
    const stored = await world.harbour.store.read(tx =>
      tx.one<{ request_hash: Uint8Array }>(`SELECT request_hash FROM once WHERE kind = 'transfer'`),
    )
    const request = { to: world.customers.bo.account, minor: 5_000n, asset: 'CNY' }
    const hashOf = (scale: object) => hash('sha256', encodePlain(['transfer', { ...request, ...scale }]), 'hex')
    const found = Buffer.from(stored?.request_hash ?? []).toString('hex')
    expect(found).toBe(hashOf({ scale: 2 }))
    expect(found).not.toBe(hashOf({ scale: 3 }))
  }))
