/**
 * A crowd redeems one voucher at once: half by the telephone's requests, half by HTTP, in several sessions. Its face is never
 * exceeded; one idempotency key redeems once; right passwords at the same time never lock.
 */
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { money } from '../../../src/money.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { type ShopProgram, shopProgram } from '../../support/api-client.ts'
import { intentId, phoneOf } from '../../support/ids.ts'
import { webOf } from '../../support/paper-browser.ts'
import { openWorld, type World } from '../../support/world.ts'

/** The world was made on 2026-11-21. */
const runtime = { ...systemRuntime, wallNow: () => 1_795_312_800_000 + systemRuntime.monotonicMs() }
let world: World
let app: FastifyInstance
let shop: ShopProgram

beforeEach(async () => {
  world = await openWorld({ runtime })
  app = await webOf(world)
  shop = await shopProgram(world, app)
})
afterEach(async () => {
  await app.close()
  await world.close()
})

async function session(caller: number) {
  const { number, password } = world.vouchers.confirmed
  const origin = phoneOf(`+86138${caller}`)
  const opening = await world.merchant.openVoucher({ number, password: new Secret(password), origin })
  if (opening.outcome !== 'open') throw new Error(opening.outcome)
  return opening.session
}

async function held(amount: number): Promise<string> {
  const { number, password } = world.vouchers.confirmed
  const answer = await shop.post('/authorisations', `hold ${amount}`, {
    voucher: { number, password },
    amount,
    currency: 'CNY',
  })
  expect(answer.statusCode).toBe(201)
  return answer.json().id
}

/** What was paid with the voucher, in its journal. */
async function redeemed(): Promise<{ count: number; minor: number }> {
  const account = `voucher-liability:${world.vouchers.confirmed.number}`
  const [row] = await world.lantern.store.read(tx =>
    tx.all<{ count: bigint; minor: bigint }>(
      `SELECT count(*) AS count, coalesce(sum(minor), 0) AS minor FROM entry JOIN journal USING (chain, seq)
       WHERE account = ? AND side = 'debit' AND event NOT IN ('reserve', 'accrue', 'start')`,
      account,
    ),
  )
  return { count: Number(row?.count), minor: Number(row?.minor) }
}

test('1,000 redemptions of one voucher of ¥50.00 at once: half by telephone, half by HTTP, never more than its face', async () => {
  // ¥20.00 of it is held for a shop, which captures ¥0.07 at a time; four callers pay ¥0.11 at a time of what is free.
  const authorisation = await held(2_000)
  const sessions = await Promise.all([1, 2, 3, 4].map(session))
  const byTelephone = Array.from({ length: 500 }, (_, i) =>
    world.merchant.pay({
      intent: intentId(`call ${i}`),
      session: sessions[i % sessions.length] ?? { voucher: world.vouchers.confirmed.number, token: '' },
      amount: money(11n),
    }),
  )
  const byHttp = Array.from({ length: 500 }, (_, i) =>
    shop.post(`/authorisations/${authorisation}/captures`, `capture ${i}`, { amount: 7 }),
  )
  const [called, captured] = await Promise.all([Promise.all(byTelephone), Promise.all(byHttp)])
  const paid = called.filter(({ outcome }) => outcome === 'paid').length
  const taken = captured.filter(({ statusCode }) => statusCode === 201).length
  expect(paid).toBe(Math.floor(3_000 / 11))
  expect(taken).toBe(Math.floor(2_000 / 7))
  expect(called.filter(({ outcome }) => outcome === 'insufficient-value')).toHaveLength(500 - paid)
  expect(captured.filter(answer => answer.json().code === 'exceeds-authorisation')).toHaveLength(500 - taken)
  const made = await redeemed()
  expect(made).toEqual({ count: paid + taken, minor: paid * 11 + taken * 7 })
  expect(made.minor).toBeLessThanOrEqual(5_000)
  expect(await world.audited()).toEqual([])
})

test('1,000 times one idempotency key redeems once, and every answer is that payment', async () => {
  const { number, password } = world.vouchers.confirmed
  const body = { voucher: { number, password }, amount: 100, currency: 'CNY', order: 'A-1' }
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => shop.post('/payments', 'one key', body)))
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
  expect(answers.every(({ statusCode }) => statusCode === 201)).toBe(true)
  expect(await redeemed()).toEqual({ count: 1, minor: 100 })
  expect(await world.audited()).toEqual([])
})

test('200 right passwords at once, by telephone and HTTP, never lock the voucher', async () => {
  const { number, password } = world.vouchers.confirmed
  const tried = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      if (i % 2 === 0) {
        const origin = phoneOf(`+86139${i}`)
        return (await world.merchant.openVoucher({ number, password: new Secret(password), origin })).outcome
      }
      const paid = await shop.post('/payments', `p${i}`, { voucher: { number, password }, amount: 1, currency: 'CNY' })
      return paid.statusCode === 201 ? 'paid' : (paid.json().code as string)
    }),
  )
  // Who finds too many waiting for the same voucher is told to come again, and has used up no try.
  expect([...new Set(tried)].sort()).toEqual(expect.arrayContaining(['busy']))
  expect(tried.every(outcome => ['open', 'paid', 'busy'].includes(outcome))).toBe(true)
  expect(
    (await world.merchant.openVoucher({ number, password: new Secret(password), origin: phoneOf() })).outcome,
  ).toBe('open')
  expect((await world.merchant.balance(await session(9))).outcome).toBe('open')
  expect((await redeemed()).minor).toBe(tried.filter(outcome => outcome === 'paid').length)
})
