/** The API as a shop's program uses it: authorise, capture in parts, void, pay; each once, whatever is asked again. */
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { signRevocation } from '../../../src/merchant/till/api-keys.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { type ShopProgram, shopProgram } from '../../support/api-client.ts'
import { aPhone, intentId } from '../../support/ids.ts'
import { webOf } from '../../support/paper-browser.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
let app: FastifyInstance
let shop: ShopProgram

beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 12 })
  world = await openWorld({ runtime })
  app = await webOf(world)
  shop = await shopProgram(world, app)
})
afterEach(async () => {
  await app.close()
  await world.close()
})

const ofVoucher = (amount: number, more: object = {}) => {
  const { number, password } = world.vouchers.confirmed
  return { voucher: { number, password }, amount, currency: 'CNY', ...more }
}

async function available(): Promise<number> {
  const rows = await world.lantern.store.read(tx =>
    tx.all<{ free: bigint }>('SELECT posted - held AS free FROM balance WHERE account = ?', promise()),
  )
  return Number(rows[0]?.free)
}
const promise = () => `voucher-liability:${world.vouchers.confirmed.number}`

describe('paying at once', () => {
  test('pays, and says what is left; asked again, it is the same payment', () =>
    runtime.run(async () => {
      const paid = await shop.post('/payments', 'order-1', ofVoucher(3_250, { order: 'A-17' }))
      expect(paid.statusCode).toBe(201)
      expect(paid.json()).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        amount: 3_250,
        currency: 'CNY',
        reference: expect.stringMatching(/^\d{6}$/),
        remaining: 1_750,
        order: 'A-17',
      })
      const again = await shop.post('/payments', 'order-1', ofVoucher(3_250, { order: 'A-17' }))
      expect(again.json()).toEqual(paid.json())
      expect(await available()).toBe(1_750)
      expect(await world.audited()).toEqual([])
    }))

  test('the same key for another request is refused by its own code', () =>
    runtime.run(async () => {
      await shop.post('/payments', 'k', ofVoucher(100))
      for (const other of [ofVoucher(101), ofVoucher(100, { order: 'B' })]) {
        const refused = await shop.post('/payments', 'k', other)
        expect(refused.statusCode).toBe(422)
        expect(refused.json()).toMatchObject({ code: 'idempotency-key-reused', status: 422 })
        expect(refused.headers['content-type']).toContain('application/problem+json')
      }
      expect((await shop.post('/authorisations', 'k', ofVoucher(100))).json().code).toBe('idempotency-key-reused')
      expect(await available()).toBe(4_900)
    }))

  test('an order is paid once, whatever the key', () =>
    runtime.run(async () => {
      const first = await shop.post('/payments', 'a', ofVoucher(100, { order: 'X' }))
      const second = await shop.post('/payments', 'b', ofVoucher(100, { order: 'X' }))
      expect(second.statusCode).toBe(409)
      expect(second.json()).toMatchObject({ code: 'order-paid', reference: first.json().reference })
      const other = await shopProgram(world, app, { name: 'Another shop' })
      expect((await other.post('/payments', 'a', ofVoucher(100, { order: 'X' }))).statusCode).toBe(201)
    }))

  test('refusals have codes; a wrong password can be put right under the same key', () =>
    runtime.run(async () => {
      const { confirmed, locked } = world.vouchers
      const with_ = (voucher: object, more: object = {}) => ({ ...ofVoucher(100), voucher, ...more })
      const codeOf = async (key: string, body: object) => (await shop.post('/payments', key, body)).json().code
      const { number } = confirmed
      expect(await codeOf('1', with_({ number, password: '73916405' }))).toBe('voucher-refused')
      expect(await codeOf('2', with_({ number: locked.number, password: locked.password }))).toBe('voucher-refused')
      expect(await codeOf('3', with_({ number: '618010293847', password: '73916405' }))).toBe('voucher-number')
      expect(await codeOf('4', ofVoucher(5_001))).toBe('insufficient-value')
      expect(await codeOf('5', ofVoucher(100, { currency: 'EUR' }))).toBe('amount-refused')
      expect(await codeOf('1', ofVoucher(100))).toBeUndefined()
    }))

  test('takes nothing that does not have its form, and repeats nothing of it', () =>
    runtime.run(async () => {
      for (const body of [
        ofVoucher(0),
        ofVoucher(1.5),
        ofVoucher(-1),
        { ...ofVoucher(100), amount: '100' },
        { ...ofVoucher(100), tip: 1 },
        { ...ofVoucher(100), voucher: { number: 'x', password: '73916405' } },
        {},
      ]) {
        const refused = await shop.post('/payments', 'f', body)
        expect(refused.statusCode).toBe(400)
        expect(refused.json().code).toBe('invalid-request')
        expect(refused.body).not.toContain('73916405')
      }
      const { number, password } = world.vouchers.confirmed
      const bare = await app.inject({
        method: 'POST',
        url: '/api/v1/payments',
        headers: { host: 'lantern.localhost', authorization: 'Bearer tb_x' },
        payload: { ...ofVoucher(100), voucher: { number, password } },
      })
      expect(bare.json().code).toBe('not-authenticated')
      expect((await shop.post('/payments', '', ofVoucher(100))).json().code).toBe('idempotency-key-missing')
      expect(await available()).toBe(5_000)
    }))
})

describe('an authorisation', () => {
  async function authorised(amount: number, more: object = {}): Promise<string> {
    const answer = await shop.post('/authorisations', `auth ${amount}`, ofVoucher(amount, more))
    expect(answer.statusCode).toBe(201)
    return answer.json().id
  }

  test('is captured in parts, each once, and the rest is freed', () =>
    runtime.run(async () => {
      const id = await authorised(3_000, { order: 'B-1' })
      expect(await available()).toBe(2_000)
      const first = await shop.post(`/authorisations/${id}/captures`, 'c1', { amount: 1_000 })
      expect(first.json()).toMatchObject({ authorisation: id, amount: 1_000, left: 2_000 })
      expect((await shop.post(`/authorisations/${id}/captures`, 'c1', { amount: 1_000 })).json()).toEqual(first.json())
      expect((await shop.post(`/authorisations/${id}/captures`, 'c2', { amount: 2_001 })).json()).toMatchObject({
        code: 'exceeds-authorisation',
        left: 2_000,
      })
      const last = await shop.post(`/authorisations/${id}/captures`, 'c3', { amount: 500, final: true })
      expect(last.json()).toMatchObject({ amount: 500, left: 0 })
      expect((await shop.get(`/authorisations/${id}`)).json()).toMatchObject({
        state: 'captured',
        amount: 3_000,
        captured: 1_500,
        order: 'B-1',
      })
      expect((await shop.post(`/authorisations/${id}/captures`, 'c4', {})).json()).toMatchObject({
        code: 'authorisation-closed',
        state: 'captured',
      })
      expect(await available()).toBe(3_500)
      expect(await world.audited()).toEqual([])
    }))

  test('is voided, once; another shop does not know it', () =>
    runtime.run(async () => {
      const id = await authorised(3_000)
      const other = await shopProgram(world, app, { name: 'Another shop' })
      for (const answer of [
        await other.get(`/authorisations/${id}`),
        await other.post(`/authorisations/${id}/captures`, 'x', { amount: 1 }),
        await other.post(`/authorisations/${id}/void`, 'y'),
      ]) {
        expect(answer.statusCode).toBe(404)
      }
      expect((await shop.post(`/authorisations/${id}/void`, 'v')).statusCode).toBe(204)
      expect((await shop.post(`/authorisations/${id}/void`, 'v')).statusCode).toBe(204)
      expect((await shop.post(`/authorisations/${id}/void`, 'w')).json().state).toBe('released')
      expect(await available()).toBe(5_000)
      expect(await world.audited()).toEqual([])
    }))

  test('expires on its instant, and frees what was not captured', () =>
    runtime.run(async () => {
      // By the till itself: virtual time would not wait for a request's way through the server.
      const { till } = world.lantern
      const { number, password } = world.vouchers.confirmed
      const { key } = shop
      const voucher = { number, password: new Secret(password), amount: yuan(30n) }
      const held = await till.authorise({ key, intent: intentId('hold'), ...voucher, holdMs: 60_000 })
      if (held.outcome !== 'authorised') throw new Error(held.outcome)
      const { id } = held
      await till.capture({ key, intent: intentId('c'), id, amount: yuan(10n), isLast: false })
      await runtime.sleep(61_000)
      expect(await till.authorisation({ key, id })).toMatchObject({ state: 'expired', captured: yuan(10n) })
      expect((await shop.post(`/authorisations/${id}/captures`, 'd', { amount: 1 })).json()).toMatchObject({
        code: 'authorisation-closed',
        state: 'expired',
      })
      expect(await available()).toBe(4_000)
      expect(await world.audited()).toEqual([])
    }))

  test('of all that is left uses the voucher up only when it is captured', () =>
    runtime.run(async () => {
      const id = await authorised(4_000)
      const { number, password } = world.vouchers.confirmed
      const origin = aPhone
      const opening = await world.merchant.openVoucher({ number, password: new Secret(password), origin })
      if (opening.outcome !== 'open') throw new Error(opening.outcome)
      const { session } = opening
      await world.merchant.pay({ intent: intentId('rest'), session, amount: yuan(10n) })
      expect(await world.audited()).toEqual([])
      await shop.post(`/authorisations/${id}/captures`, 'all', {})
      const gone = await world.merchant.openVoucher({ number, password: new Secret(password), origin })
      expect(gone.outcome).toBe('exhausted')
      expect(await world.audited()).toEqual([])
    }))

  test('is captured although its voucher was locked meanwhile; a new one is refused', () =>
    runtime.run(async () => {
      const id = await authorised(1_000)
      const { number } = world.vouchers.confirmed
      for (let i = 0; i < 3; i++) {
        await world.merchant.openVoucher({ number, password: new Secret('73916405'), origin: aPhone })
      }
      expect((await shop.post('/authorisations', 'new', ofVoucher(100))).json().code).toBe('voucher-refused')
      expect((await shop.post(`/authorisations/${id}/captures`, 'c', {})).statusCode).toBe(201)
      expect(await world.audited()).toEqual([])
    }))
})

describe('payments', () => {
  test('are listed page by page, whichever channel they came by', () =>
    runtime.run(async () => {
      for (let i = 1; i <= 3; i++) await shop.post('/payments', `p${i}`, ofVoucher(100 * i, { order: `O-${i}` }))
      const first = (await shop.get('/payments?limit=2')).json()
      expect(first.payments.map(({ amount }: { amount: number }) => amount)).toEqual([300, 200])
      expect(first.payments[0]).toMatchObject({
        order: 'O-3',
        voucher_ending: world.vouchers.confirmed.number.slice(-4),
        at: expect.stringMatching(/^2026-11-22T02:0\d:\d\dZ$/),
      })
      const second = (await shop.get(`/payments?limit=2&before=${first.next}`)).json()
      expect(second.payments.map(({ amount }: { amount: number }) => amount)).toEqual([100])
      expect(second.next).toBeUndefined()
    }))
})

describe('a key', () => {
  test('that was revoked opens nothing; a made-up one neither', () =>
    runtime.run(async () => {
      const { apiKeys, card } = world.lantern
      const by = signRevocation(world.shopStaff.checker, card.institution, shop.key.id, runtime.wallNow())
      const stranger = { ...by, signer: '0'.repeat(16) }
      // It is at work, and known.
      expect((await shop.get('/payments')).statusCode).toBe(200)
      expect(await apiKeys.revoke(shop.key.id, stranger)).toEqual({ outcome: 'unknown-person' })
      expect(await apiKeys.revoke('1'.repeat(16), by)).toEqual({ outcome: 'bad-signature' })
      expect(await apiKeys.revoke(shop.key.id, by)).toEqual({ outcome: 'revoked' })
      expect((await shop.get('/payments')).json().code).toBe('not-authenticated')
      expect(await world.audited()).toEqual([])
    }))
})

describe('the OpenAPI document', () => {
  test('is served, and names every route and every code', async () => {
    const { paths, openapi } = (
      await app.inject({ url: '/api/v1/openapi.json', headers: { host: 'lantern.localhost' } })
    ).json()
    expect(openapi).toBe('3.1.0')
    expect(Object.keys(paths).sort()).toEqual([
      '/api/v1/authorisations',
      '/api/v1/authorisations/{id}',
      '/api/v1/authorisations/{id}/captures',
      '/api/v1/authorisations/{id}/void',
      '/api/v1/payments',
      '/api/v1/payments/{id}/refunds',
      '/api/v1/terminations',
    ])
    const { content } = paths['/api/v1/payments'].post.responses['4XX']
    expect(JSON.stringify(content)).toContain('idempotency-key-reused')
  })
})
