/** Money that goes back, as shops' programs and payers' browsers do it: refunds by the API, an ended voucher, what was given back. */
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { yuan } from '../../../src/money.ts'
import { type ShopProgram, shopProgram } from '../../support/api-client.ts'
import { settleAll } from '../../support/day-end.ts'
import { intentId } from '../../support/ids.ts'
import { PaperBrowser, webOf } from '../../support/paper-browser.ts'
import { faultsOf, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
let app: FastifyInstance
let shop: ShopProgram

beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 13 })
  world = await openWorld({ runtime })
  app = await webOf(world)
  shop = await shopProgram(world, app)
})
afterEach(async () => {
  await app.close()
  await world.close()
})

const voucher = () => {
  const { number, password } = world.vouchers.confirmed
  return { number, password }
}
const pay = async (amount: number, key: string): Promise<string> =>
  (await shop.post('/payments', key, { voucher: voucher(), amount, currency: 'CNY' })).json().id

const left = () => posted(world.lantern.store, `voucher-liability:${world.vouchers.confirmed.number}`)

describe('a refund by the API', () => {
  test('goes to the voucher on the day of the payment, once for each key, and never above the payment', () =>
    runtime.run(async () => {
      const id = await pay(1_000, 'one')
      await pay(2_000, 'two')
      const back = () => shop.post(`/payments/${id}/refunds`, 'back', { amount: 400, reason: 'one book less' })
      const given = (await back()).json()
      expect(given).toEqual({
        ...{ payment: id, amount: 400, currency: 'CNY', to: 'voucher' },
        reference: expect.stringMatching(/^\d{6}$/),
      })
      expect((await back()).json()).toEqual(given)
      const other = await shop.post(`/payments/${id}/refunds`, 'back', { amount: 401, reason: 'one book less' })
      expect(other.json().code).toBe('idempotency-key-reused')
      const more = await shop.post(`/payments/${id}/refunds`, 'more', { amount: 601, reason: 'all' })
      expect(more.json()).toMatchObject({ code: 'exceeds-payment', left: 600 })
      expect((await shop.post(`/payments/${id}/refunds`, 'rest', { reason: 'all' })).json()).toMatchObject({
        amount: 600,
      })
      expect(await left()).toBe(3_000n)
      expect(await faultsOf(world)).toEqual([])
    }))

  test('goes to the account that bought the voucher later on, also when that is used up meanwhile', () =>
    runtime.run(async () => {
      const id = await pay(5_000, 'all of it')
      const body = { amount: 1_200, reason: 'one book less' }
      expect((await shop.post(`/payments/${id}/refunds`, 'back', body)).json().code).toBe('not-before-cut-off')
      runtime.jumpWallClock(86_400_000)
      await world.lantern.nightly()
      await settleAll(world)
      const given = await shop.post(`/payments/${id}/refunds`, 'back', body)
      expect(given.json()).toMatchObject({ amount: 1_200, to: 'account' })
      expect(await world.lantern.clerk.refunds(5)).toMatchObject([{ amount: { minor: 1_200n }, standing: 'waiting' }])
      expect(await faultsOf(world)).toEqual([])
    }))

  test('of another program’s payment, or of none, is not found', () =>
    runtime.run(async () => {
      const id = await pay(1_000, 'one')
      const other = await shopProgram(world, app, { name: 'Another shop' })
      for (const [program, payment] of [
        [other, id],
        [shop, '0'.repeat(32)],
      ] as const)
        expect((await program.post(`/payments/${payment}/refunds`, 'back', { reason: 'x' })).json().code).toBe(
          'not-found',
        )
      expect(await left()).toBe(4_000n)
    }))
})

test('the API ends a voucher once; what is held keeps it alive', () =>
  runtime.run(async () => {
    const held = await shop.post('/authorisations', 'h', { voucher: voucher(), amount: 500, currency: 'CNY' })
    const end = () => shop.post('/terminations', 'end', { voucher: voucher() })
    expect((await end()).json().code).toBe('not-now')
    await shop.post(`/authorisations/${held.json().id}/void`, 'v')
    const ended = await end()
    expect(ended.statusCode).toBe(201)
    expect(ended.json()).toMatchObject({ amount: 5_000, currency: 'CNY' })
    expect((await end()).json()).toEqual(ended.json())
    expect((await shop.post('/terminations', 'again', { voucher: voucher() })).json().code).toBe('voucher-terminated')
    expect(await faultsOf(world)).toEqual([])
  }))

describe('on the payer’s page', () => {
  const opened = async () => {
    const browser = new PaperBrowser(app)
    await browser.open('/')
    const { number, password } = voucher()
    return browser.send('/', { number, secret: password })
  }

  test('a voucher is read back and ended; a double click and a reload say the same', () =>
    runtime.run(async () => {
      const browser = await opened()
      await browser.open('/end')
      expect(browser.text).toContain('Goes back ¥50.00')
      const sent = new URLSearchParams(browser.hidden('/end'))
      await browser.post('/end', sent)
      expect(browser.text).toContain('The voucher is ended ¥50.00 goes back to the account that bought it')
      const once = browser.text
      await browser.post('/end', sent)
      expect(browser.text).toBe(once)
      expect(await posted(world.lantern.store, 'returning:harbour')).toBe(5_000n)
      expect((await browser.open('/voucher')).url).toBe('/?next=%2Fvoucher&ended=1')
      const { number, password } = voucher()
      await browser.send('/', { number, secret: password })
      expect(browser.text).toContain('This voucher has been ended.')
      expect(await faultsOf(world)).toEqual([])
    }))

  test('is not ended while something of it is held, and that is said', () =>
    runtime.run(async () => {
      await shop.post('/authorisations', 'h', { voucher: voucher(), amount: 500, currency: 'CNY' })
      const browser = await opened()
      await browser.open('/end')
      await browser.send('/end')
      expect(browser.status).toBe(422)
      expect(browser.text).toContain('This voucher cannot be ended just now')
    }))

  test('what was given back is shown until its payer has read it, and stays in the list', () =>
    runtime.run(async () => {
      await pay(1_000, 'one')
      const [payment] = await world.lantern.clerk.payments(1)
      const reference = payment?.reference ?? ''
      const by = { clerk: 'mei', reason: 'torn' }
      await world.lantern.clerk.reverse({ intent: intentId('r'), reference, amount: yuan(4n), ...by })
      const browser = await opened()
      for (let look = 0; look < 2; look++) {
        await browser.open('/voucher')
        expect(browser.text).toContain('The shop has given ¥4.00 back to your voucher.')
      }
      await browser.send('/voucher')
      expect(browser.text).not.toContain('The shop has given')
      expect(browser.text).toContain('Given back +¥4.00')
    }))
})
