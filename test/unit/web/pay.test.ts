/** The payer's page as a conversation: opened, read back, paid once, whatever a browser does meanwhile. */
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, intentId, toldVoucher } from '../../support/ids.ts'
import { PaperBrowser, webOf } from '../../support/paper-browser.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
let app: FastifyInstance
let browser: PaperBrowser

beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 11 })
  world = await openWorld({ runtime })
  app = await webOf(world)
  browser = new PaperBrowser(app)
})
afterEach(async () => {
  await app.close()
  await world.close()
})

async function openedWith(number: string, password: string) {
  await browser.open('/')
  return browser.send('/', { number, secret: password })
}

const opened = () => openedWith(world.vouchers.confirmed.number, world.vouchers.confirmed.password)

/** What the payee has earned, in its books. */
async function earned(): Promise<bigint> {
  const rows = await world.lantern.store.read(tx =>
    tx.all<{ posted: bigint }>(`SELECT posted FROM balance WHERE account = 'revenue:harbour'`),
  )
  return rows[0]?.posted ?? 0n
}

describe('a payment', () => {
  test('is read back, made, and shown with its reference', () =>
    runtime.run(async () => {
      await opened()
      expect(browser.url).toBe('/voucher')
      expect(browser.text).toContain('Left on your voucher ¥50.00')
      await browser.open('/pay')
      await browser.send('/pay/confirm', { amount: '32.5' })
      expect(browser.text).toContain('Amount ¥32.50')
      expect(browser.text).toContain('Left afterwards ¥17.50')
      expect(browser.text).toContain('Pay ¥32.50 to Lantern Books')
      expect(await earned()).toBe(0n)
      await browser.send('/pay/confirm')
      expect(browser.url).toMatch(/^\/paid\?reference=\d{6}$/)
      expect(browser.text).toContain('You have paid ¥32.50 to Lantern Books.')
      expect(browser.text).toContain('Left on your voucher ¥17.50')
      expect(browser.text).toMatch(/22 Nov 2026, 10:0\d China Standard Time/)
      expect(await earned()).toBe(3_250n)
      expect(await world.audited()).toEqual([])
    }))

  test('made twice by a double click, a reload or the way back, is made once and shown again', () =>
    runtime.run(async () => {
      await opened()
      await browser.open('/pay')
      await browser.send('/pay/confirm', { amount: '12' })
      const confirming = browser.url
      const sent = new URLSearchParams(browser.hidden('/pay/confirm'))
      await browser.post('/pay/confirm', sent)
      const outcome = browser.url
      await browser.post('/pay/confirm', sent)
      expect(browser.url).toBe(outcome)
      await browser.open(confirming)
      expect(browser.url).toBe(outcome)
      expect(await earned()).toBe(1_200n)
    }))

  test('whose answer was lost when the payee went down is found again after opening once more', () =>
    runtime.run(async () => {
      await opened()
      await browser.open('/pay')
      await browser.send('/pay/confirm', { amount: '12' })
      const sent = new URLSearchParams(browser.hidden('/pay/confirm'))
      await browser.post('/pay/confirm', sent)
      const outcome = browser.url
      await world.restart('merchant')
      await app.close()
      app = await webOf(world)
      const after = new PaperBrowser(app)
      await after.open(`/pay/confirm?${new URLSearchParams({ intent: sent.get('intent') ?? '', amount: '12' })}`)
      expect(after.url).toMatch(/^\/\?next=/)
      const { number, password } = world.vouchers.confirmed
      await after.send('/', { number, secret: password })
      expect(after.url).toBe(outcome)
      expect(await earned()).toBe(1_200n)
    }))

  test('of more than is left is not made, and what was typed stays', () =>
    runtime.run(async () => {
      await opened()
      await browser.open('/pay')
      await browser.send('/pay/confirm', { amount: '50.01' })
      expect(browser.status).toBe(422)
      expect(browser.text).toContain('Your voucher has only ¥50.00 left. Nothing was paid.')
      expect(browser.body).toContain('value="50.01"')
      expect(browser.body).toContain('href="#amount"')
      // The voucher is paid with elsewhere while this page is open.
      await browser.send('/pay/confirm', { amount: '50' })
      const session = await openedElsewhere()
      const intent = new URLSearchParams(browser.hidden('/pay/confirm'))
      await world.merchant.pay({ intent: '0'.repeat(32) as never, session, amount: yuan(1n) })
      await browser.post('/pay/confirm', intent)
      expect(browser.text).toContain('Your voucher has only ¥49.00 left. Nothing was paid.')
    }))

  test.each([
    ['', 'Enter the amount that you want to pay'],
    ['0', 'Please choose an amount above zero.'],
    ['12.345', 'Enter an amount in yuan, such as 12.50'],
    ['twelve', 'Enter an amount in yuan, such as 12.50'],
    ['<b>', 'Enter an amount in yuan, such as 12.50'],
  ])('of %j is asked for again', (amount, said) =>
    runtime.run(async () => {
      await opened()
      await browser.open('/pay')
      await browser.send('/pay/confirm', { amount })
      expect(browser.status).toBe(422)
      expect(browser.text).toContain(said)
      expect(browser.body).not.toContain('<b>')
    }),
  )

  test('is not made with a session that is over: opened once more, the same payment goes on', () =>
    runtime.run(async () => {
      await opened()
      await browser.open('/pay')
      await browser.send('/pay/confirm', { amount: '7' })
      const sent = new URLSearchParams(browser.hidden('/pay/confirm'))
      await runtime.sleep(601_000)
      await browser.post('/pay/confirm', sent)
      expect(browser.title).toContain('Pay with a voucher')
      const { number, password } = world.vouchers.confirmed
      await browser.send('/', { number, secret: password })
      expect(browser.text).toContain('Pay ¥7.00 to Lantern Books')
      expect(browser.hidden('/pay/confirm')['intent']).toBe(sent.get('intent'))
      expect(await earned()).toBe(0n)
    }))
})

describe('opening a voucher', () => {
  test('takes a number in groups, with spaces, dashes or full-width digits', () =>
    runtime.run(async () => {
      const { number, password } = world.vouchers.confirmed
      const wide = [...number].map(digit => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)).join('')
      for (const typed of [number.replace(/(.{4})/g, '$1 '), number.replace(/(.{4})/g, '$1-'), wide]) {
        const one = new PaperBrowser(app)
        await one.open('/')
        await one.send('/', { number: typed, secret: password })
        expect(one.url).toBe('/voucher')
      }
    }))

  test('a slip of the finger is said at the number; everything else is one sentence, and no secret comes back', () =>
    runtime.run(async () => {
      const { confirmed, locked } = world.vouchers
      const slipped = confirmed.number.replace(/.$/, last => `${(Number(last) + 1) % 10}`)
      await openedWith(slipped, confirmed.password)
      expect(browser.text).toContain('This voucher number has a mistake in it.')
      const pages = new Set<string>()
      for (const [number, password] of [
        [confirmed.number, '73916405'],
        [locked.number, locked.password],
        [world.unsoldNumber, '73916405'],
        [world.unknownNumber, '73916405'],
      ] as const) {
        await openedWith(number, password)
        expect(browser.status).toBe(422)
        expect(browser.body).not.toContain(password)
        pages.add(browser.text.replace(/\d/g, ''))
      }
      expect(pages.size).toBe(1)
    }))

  test('counts wrong passwords with those of the telephone', () =>
    runtime.run(async () => {
      const { number, password } = world.vouchers.confirmed
      for (let tries = 0; tries < 3; tries++) await openedWith(number, '73916405')
      await openedWith(number, password)
      expect(browser.text).toContain('We cannot accept this voucher number with this password.')
    }))
})

describe('a page', () => {
  test('puts no secret, and no voucher number, into an address', () =>
    runtime.run(async () => {
      await opened()
      await browser.open('/pay')
      await browser.send('/pay/confirm', { amount: '5' })
      await browser.send('/pay/confirm')
      const { number, password } = world.vouchers.confirmed
      for (const address of browser.addresses) {
        expect(address).not.toContain(number)
        expect(address).not.toContain(password)
      }
    }))

  test('is kept by nobody, runs nothing inline, and stands in no frame', () =>
    runtime.run(async () => {
      for (const url of ['/', '/voucher', '/nothing-here']) {
        await browser.open(url)
        expect(browser.headers['cache-control']).toBe('no-store')
        expect(browser.headers['content-security-policy']).toContain("default-src 'none'")
        expect(browser.headers['content-security-policy']).toContain("frame-ancestors 'none'")
        expect(browser.body).not.toMatch(/<script(?![^>]* src=)| style=| on[a-z]+=/)
      }
    }))

  test('takes only forms of its own, each by its token', () =>
    runtime.run(async () => {
      await opened()
      await browser.open('/pay')
      await browser.send('/pay/confirm', { amount: '5' })
      const right = browser.hidden('/pay/confirm')
      for (const token of ['', 'x'.repeat(43), right['token']?.toUpperCase() ?? '']) {
        await browser.post('/pay/confirm', new URLSearchParams({ ...right, token }))
        expect(browser.status).toBe(403)
      }
      const other = new PaperBrowser(app)
      await other.open('/')
      const theirs = other.hidden('/')['token'] ?? ''
      await browser.post('/pay/confirm', new URLSearchParams({ ...right, token: theirs }))
      expect(browser.status).toBe(403)
      const followed = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
      const elsewhere = new PaperBrowser(app, { 'sec-fetch-site': 'cross-site', ...followed })
      await elsewhere.open('/')
      await elsewhere.send('/', { number: '1', secret: '2' })
      expect(elsewhere.status).toBe(403)
      expect(await earned()).toBe(0n)
    }))

  test('gives an opened voucher an id that nobody knew before', () =>
    runtime.run(async () => {
      await browser.open('/')
      const before = browser.cookie('visitor')
      await opened()
      expect(browser.cookie('visitor')).not.toBe(before)
    }))

  test.each(['changed on another page', 'changed by telephone', 'ended by telephone'])(
    'of a voucher whose password was %s since has to be opened again',
    what =>
      runtime.run(async () => {
        const { number, password } = world.vouchers.confirmed
        const paths = ['/pay', '/password', '/voucher']
        const stale = paths.map(() => new PaperBrowser(app))
        for (const each of [...stale, browser]) {
          await each.open('/')
          await each.send('/', { number, secret: password })
        }
        await browser.open('/pay')
        await browser.send('/pay/confirm', { amount: '5' })
        const other = new PaperBrowser(app)
        if (what === 'changed on another page') {
          await other.open('/')
          await other.send('/', { number, secret: password })
          await other.open('/password')
          await other.send('/password', { next: '49038215', again: '49038215' })
          expect(other.url).toBe('/voucher?done=password')
        } else {
          const opening = await world.merchant.openVoucher({
            ...{ number: toldVoucher(number), password: new Secret(password), origin: aPhone },
          })
          if (opening.outcome !== 'open') throw new Error(opening.outcome)
          const { session } = opening
          const intent = intentId('1')
          if (what === 'ended by telephone') await world.merchant.endVoucher({ intent, session })
          else await world.merchant.changePassword({ intent, session, next: new Secret('49038215') })
        }
        for (const [i, each] of stale.entries()) {
          const path = paths[i] ?? ''
          await each.open(path)
          expect(each.url).toBe(`/?${new URLSearchParams({ next: path, ended: '1' })}`)
          expect(each.text).toContain('Your voucher has to be opened once more')
          if (what !== 'changed on another page') continue
          await other.open(path)
          expect(other.url).toBe(path)
        }
        // Read back before, and sent now.
        await browser.send('/pay/confirm')
        expect(browser.url).toMatch(/^\/\?next=/)
        expect(await earned()).toBe(0n)
      }),
  )

  test('goes on nowhere but here', () =>
    runtime.run(async () => {
      await opened()
      for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', '/\tevil']) {
        await browser.open(`/?${new URLSearchParams({ next })}`)
        expect(browser.url).toBe('/voucher')
      }
    }))

  test('is the same place in Chinese, and stays Chinese', () =>
    runtime.run(async () => {
      await opened()
      await browser.open('/pay')
      await browser.send('/pay/confirm', { amount: '5' })
      const href = /<a href="([^"]*)" lang="zh-CN"/.exec(browser.body)?.[1]?.replace(/&amp;/g, '&') ?? ''
      await browser.open(href)
      expect(browser.body).toContain('<html lang="zh-CN">')
      expect(browser.text).toContain('付款¥5.00给灯笼书店')
      await browser.send('/pay/confirm')
      expect(browser.text).toContain('您已付款¥5.00给灯笼书店。')
    }))

  test('is refused under a name that is not ours', () =>
    runtime.run(async () => {
      const rebound = new PaperBrowser(app, { host: 'evil.example' })
      await rebound.open('/')
      expect(rebound.status).toBe(421)
    }))

  test('comes too often from one address', () =>
    runtime.run(async () => {
      const rate = { burst: 5, perMinute: 60 }
      const small = await webOf(world, { rates: { caller: rate, withheld: rate } })
      const hasty = new PaperBrowser(small)
      for (let i = 0; i < 6; i++) await hasty.open('/')
      expect(hasty.status).toBe(429)
      expect(hasty.text).toContain('Too many requests')
      await small.close()
    }))

  test('says the language that the browser prefers, and fits in 60 KB with all it loads', () =>
    runtime.run(async () => {
      const chinese = new PaperBrowser(app, { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' })
      await chinese.open('/')
      expect(chinese.body).toContain('<html lang="zh-CN">')
      for (const [, url = ''] of chinese.body.matchAll(/(?:href|src)="(\/files\/[^"]*)"/g)) {
        const file = await app.inject({ url, headers: { host: 'lantern.localhost' } })
        expect(file.headers['cache-control']).toContain('immutable')
      }
      expect(await chinese.weight()).toBeLessThan(60_000)
    }))
})

async function openedElsewhere() {
  const { number, password } = world.vouchers.confirmed
  const { Secret } = await import('../../../src/secret.ts')
  const opening = await world.merchant.openVoucher({
    number,
    password: new Secret(password),
    origin: { channel: 'telephone', number: undefined },
  })
  if (opening.outcome !== 'open') throw new Error(opening.outcome)
  return opening.session
}
