/** A shop's order: signed, brought, paid once at the payee's page, and told to the shop. */
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { signOrder } from '../../../src/merchant/till/orders.ts'
import type { WebhookRequest } from '../../../src/web/send-webhook.ts'
import { signatureOf, Webhooks } from '../../../src/web/webhooks.ts'
import { type ShopProgram, shopProgram } from '../../support/api-client.ts'
import { PaperBrowser, webOf } from '../../support/paper-browser.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
let app: FastifyInstance
let shop: ShopProgram
let browser: PaperBrowser

beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 13 })
  world = await openWorld({ runtime })
  app = await webOf(world)
  shop = await shopProgram(world, app, { webhook: 'https://shop.example/webhook' })
  browser = new PaperBrowser(app)
})
afterEach(async () => {
  await app.close()
  await world.close()
})

function orderAt(more: Readonly<Record<string, string>> = {}, changed: Readonly<Record<string, string>> = {}): string {
  const order = {
    key: shop.key.id,
    order: 'A-17',
    minor: '3250',
    currency: 'CNY',
    returnTo: 'https://shop.example/orders/A-17',
    expires: `${Math.trunc(runtime.wallNow() / 1_000) + 600}`,
    ...more,
  }
  return `/order?${new URLSearchParams({ ...order, signature: signOrder(shop.signing, order), ...changed })}`
}

async function open() {
  const { number, password } = world.vouchers.confirmed
  return browser.send('/', { number, secret: password })
}

describe('an order', () => {
  test('is read back with its amount in sight, paid once, and leads back to the shop', () =>
    runtime.run(async () => {
      const address = orderAt()
      await browser.open(address)
      expect(browser.title).toContain('Pay with a voucher')
      expect(browser.body).toMatch(/class="amount">.*¥32\.50/s)
      await open()
      expect(browser.text).toContain('Order A-17')
      const sent = new URLSearchParams(browser.hidden('/order'))
      await browser.send('/order')
      expect(browser.text).toContain('You have paid ¥32.50 to Lantern Books.')
      expect(browser.text).toContain('Left on your voucher ¥17.50')
      expect(browser.body).toContain('href="https://shop.example/orders/A-17"')
      const paid = browser.text
      await browser.post('/order', sent)
      expect(browser.text).toBe(paid)
      const stranger = new PaperBrowser(app)
      await stranger.open(address)
      expect(stranger.text).toContain('Paid')
      expect(stranger.text).not.toContain('Left on your voucher')
      expect((await shop.get('/payments')).json().payments).toMatchObject([{ amount: 3_250, order: 'A-17' }])
      expect(await world.audited()).toEqual([])
    }))

  test('that was changed on its way, is late, or is nobody’s, is not paid', () =>
    runtime.run(async () => {
      for (const [more, changed] of [
        [{}, { minor: '1' }],
        [{}, { order: 'A-18' }],
        [{}, { returnTo: 'https://evil.example/' }],
        [{}, { signature: '0'.repeat(64) }],
        [{ key: '0'.repeat(16) }, {}],
        [{ returnTo: 'javascript:alert(1)' }, {}],
        [{ minor: '0' }, {}],
        [{ currency: 'EUR' }, {}],
        [{ expires: `${Math.trunc(runtime.wallNow() / 1_000) - 1}` }, {}],
      ] as const) {
        await browser.open(orderAt(more, changed))
        expect(browser.status).toBe(422)
        expect(browser.text).toContain('This order cannot be paid')
        expect(browser.body).not.toMatch(/href="(https:..evil|javascript)/)
      }
    }))

  test('of more than the voucher has is not paid; another voucher may pay it', () =>
    runtime.run(async () => {
      await browser.open(orderAt({ minor: '5001' }))
      await open()
      expect(browser.status).toBe(422)
      expect(browser.text).toContain('Your voucher has only ¥50.00 left. Nothing was paid.')
      await browser.send('/leave')
      expect(browser.title).toContain('Pay with a voucher')
      expect(browser.hidden('/')['next']).toMatch(/^\/order\?/)
    }))
})

describe('a shop is told', () => {
  test('of its payment, signed, again and again until it has heard, under the same id', () =>
    runtime.run(async () => {
      const sent: (WebhookRequest & { readonly atMs: number })[] = []
      const webhooks = new Webhooks({
        runtime,
        notices: world.lantern.notices,
        troubled: error => {
          throw error
        },
        send: async request => {
          sent.push({ ...request, atMs: runtime.monotonicMs() })
          if (sent.length === 2) throw new Error('connection refused')
          return sent.length < 4 ? 503 : 200
        },
      })
      await browser.open(orderAt())
      await open()
      await browser.send('/order')
      await runtime.sleep(600_000)
      expect(sent).toHaveLength(4)
      const pauses = sent.slice(1).map(({ atMs }, i) => Math.round((atMs - (sent[i]?.atMs ?? 0)) / 1_000))
      expect(pauses).toEqual([10, 20, 40])
      expect(new Set(sent.map(({ headers }) => headers['tonebank-event'])).size).toBe(1)
      for (const { url, headers, body } of sent) {
        expect(url).toBe('https://shop.example/webhook')
        const seconds = Number(/^t=(\d+)/.exec(headers['tonebank-signature'] ?? '')?.[1])
        expect(headers['tonebank-signature']).toBe(signatureOf(shop.signing, seconds, body))
        expect(JSON.parse(body)).toMatchObject({ type: 'payment.made', payment: { amount: 3_250, order: 'A-17' } })
        expect(body).not.toContain(world.vouchers.confirmed.number)
      }
      expect(await world.audited()).toEqual([])
      await webhooks.close()
    }))

  test('at once where another shop answers nobody, which is asked one thing at a time', () =>
    runtime.run(async () => {
      const other = await shopProgram(world, app, { name: 'Dead', webhook: 'https://dead.example/webhook' })
      const { number, password } = world.vouchers.confirmed
      const bought = { voucher: { number, password }, amount: 100, currency: 'CNY' }
      for (const name of ['1', '2', '3']) await other.post('/payments', name, bought)
      await shop.post('/payments', 'k', bought)
      const sent: string[] = []
      const giveUp: (() => void)[] = []
      let heard = () => {}
      const isHeard = new Promise<void>(resolve => {
        heard = resolve
      })
      const webhooks = new Webhooks({
        runtime,
        notices: world.lantern.notices,
        troubled: error => {
          throw error
        },
        send: ({ url }) => {
          sent.push(new URL(url).hostname)
          if (url.includes('shop.example')) heard()
          if (giveUp.length > 0 || !url.includes('dead')) return Promise.resolve(200)
          return new Promise((_, reject) => giveUp.push(() => reject(new Error('no answer'))))
        },
      })
      await isHeard
      expect(sent).toEqual(['dead.example', 'shop.example'])
      giveUp[0]?.()
      await runtime.sleep(60_000)
      expect(sent.filter(host => host.startsWith('dead'))).toHaveLength(4)
      await webhooks.close()
    }))

  test('until it is given up, with an alarm, and one for each shop is enough in a day', () =>
    runtime.run(async () => {
      const webhooks = new Webhooks({
        runtime,
        notices: world.lantern.notices,
        troubled: () => {},
        send: async () => 500,
      })
      const { number, password } = world.vouchers.confirmed
      for (const name of ['k', 'l', 'm'])
        await shop.post('/payments', name, { voucher: { number, password }, amount: 100, currency: 'CNY' })
      await runtime.sleep(4 * 86_400_000)
      const alarms = await world.lantern.store.read(tx =>
        tx.all<{ detail: string }>(`SELECT detail FROM clearing_alarm WHERE kind = 'shop-not-told'`),
      )
      expect(alarms.map(({ detail }) => detail)).toEqual([expect.stringContaining('was not told of payment')])
      await webhooks.close()
    }))
})
