/** The bank's page as a conversation: signed in, looked at, and signed for with a passkey; nothing is done twice, whatever a browser does. */
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { Secret } from '../../../src/secret.ts'
import { bankSite, enrolAtBank, signInAtBank } from '../../support/at-bank.ts'
import { Authenticator } from '../../support/authenticator.ts'
import { aPhone, firstPinOf, intentId } from '../../support/ids.ts'
import { bankWebOf, PaperBrowser } from '../../support/paper-browser.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { type KnownCustomer, openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
let app: FastifyInstance
let browser: PaperBrowser
let device: Authenticator

beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 12 })
  world = await openWorld({ runtime })
  app = await bankWebOf(world)
  browser = newBrowser()
  device = new Authenticator('telephone')
})
afterEach(async () => {
  await app.close()
  await world.close()
})

const newBrowser = (headers = {}) => new PaperBrowser(app, { host: 'harbour.localhost', ...headers })

const signIn = (who: Pick<KnownCustomer, 'account' | 'pin'>, at = browser) => signInAtBank(at, who)

const enrolled = (customer: KnownCustomer = world.customers.cai) => enrolAtBank(world, { browser, device, customer })

const sign = (by = device) => browser.send('/confirm', { response: by.get(browser.asked.challenge, bankSite) })

async function readBackVoucher(amount = '2000') {
  await browser.open('/buy')
  await browser.send('/buy', { amount })
}

const balance = async ({ account }: KnownCustomer) => (await world.bank.balance(account)).minor

describe('signing in', () => {
  test('shares its tries with no telephone, closes the account to where it comes from, and says for how long', () =>
    runtime.run(async () => {
      const { cai } = world.customers
      for (const said of ['do not match.', 'One try is left.', 'Please come again in 5 min.']) {
        await signIn({ ...cai, pin: '905318' })
        expect(browser.status).toBe(422)
        expect(browser.text).toContain(said)
        expect(browser.body).not.toContain('905318')
      }
      await signIn(cai)
      expect(browser.text).toContain('Please come again in 5 min.')
      runtime.jumpWallClock(5 * 60_000)
      await signIn(cai)
      expect(browser.text).toContain('Hello Cai Wang.')
      expect(browser.text).toContain('¥5,000.00')
    }))

  test('takes the day’s tries from the telephone, too, and says one thing of wrong and of unknown accounts', () =>
    runtime.run(async () => {
      const { dora } = world.customers
      for (let stranger = 0; stranger < 5; stranger++) {
        for (let time = 0; time < 2; time++) {
          const origin = { channel: 'telephone', number: `3${stranger}` } as const
          await world.bank.signIn({ account: dora.account, pin: new Secret('905318'), origin })
        }
      }
      await signIn(dora)
      expect(browser.text).toContain('closed until tomorrow')
      await signIn({ account: world.unknownAccount, pin: '905318' })
      expect(browser.text).toContain('Account number and PIN do not match.')
      await browser.send('/', { account: '123456', pin: '1' })
      expect(browser.text).toContain('This account number has a mistake in it.')
      await browser.send('/', { account: '', pin: '1' })
      expect(browser.text).toContain('Enter your account number')
      await browser.send('/', { account: dora.account, pin: '' })
      expect(browser.text).toContain('Enter your PIN')
    }))

  test('takes another cookie, and is over after five idle minutes, or an hour', () =>
    runtime.run(async () => {
      await browser.open('/')
      const before = browser.cookie('visitor')
      await signIn(world.customers.cai)
      expect(browser.cookie('visitor')).not.toBe(before)
      for (let minutes = 0; minutes < 56; minutes += 4) {
        await runtime.sleep(240_000)
        await browser.open('/account')
        expect(browser.url).toBe('/account')
      }
      await runtime.sleep(240_000)
      await browser.open('/account')
      expect(browser.url).toBe('/?next=%2Faccount')
      await browser.send('/', { account: world.customers.cai.account, pin: world.customers.cai.pin })
      await runtime.sleep(300_000)
      await browser.open('/statement')
      expect(browser.url).toBe('/?next=%2Fstatement')
    }))

  test('is over wherever it was done with an earlier PIN, but where that was changed', () =>
    runtime.run(async () => {
      const { cai } = world.customers
      const elsewhere = newBrowser()
      await signIn(cai, elsewhere)
      await elsewhere.open('/lost')
      await enrolled()
      await browser.open('/pin')
      await browser.send('/pin', { next: '730281', again: '730281' })
      await sign()
      expect(browser.text).toContain('Your PIN is changed.')
      await browser.open('/account')
      expect(browser.url).toBe('/account')
      await browser.open('/buy')
      await browser.send('/buy', { amount: '2000' })
      await sign()
      expect(browser.url).toMatch(/^\/told/)

      // What they had on their screen is sent, and nothing comes of it.
      await elsewhere.send('/lost', { what: 'account' })
      expect(elsewhere.url).toBe('/?next=%2Flost&ended=1')
      expect(elsewhere.text).toContain('The PIN of this account was changed after you signed in.')
      await elsewhere.open('/account')
      expect(elsewhere.url).toBe('/?next=%2Faccount')
      await signIn(cai, elsewhere)
      expect(elsewhere.text).toContain('Account number and PIN do not match.')
      await signIn({ ...cai, pin: '730281' }, elsewhere)
      expect(elsewhere.status).toBe(200)
    }))

  test.each(['by telephone', 'at a branch'])('is over at once when the PIN is changed %s', where =>
    runtime.run(async () => {
      const { cai } = world.customers
      await signIn(cai)
      if (where === 'at a branch') {
        await bothSign(world.harbour, runtime, world.staff, 'reset-pin', { account: cai.account })
      } else {
        const change = { intent: intentId('1'), session: firstPinOf(cai.account), origin: aPhone }
        await world.bank.changePin({ ...change, next: new Secret('730281') })
      }
      await browser.open('/statement.csv')
      expect(browser.url).toBe('/?next=%2Fstatement.csv&ended=1')
      await browser.open('/')
      expect(browser.url).toBe('/')
    }),
  )

  test('comes to what waits to be written down before anything else', () =>
    runtime.run(async () => {
      await signIn(world.customers.ada)
      expect(browser.url).toMatch(/^\/confirm/)
      expect(browser.text).toContain('You have not written down its number and its password yet.')
      expect(browser.text).toContain('you need a passkey')
      expect(browser.body).not.toContain(world.vouchers.unconfirmed.password)
      await browser.open('/account')
      expect(browser.text).toContain('You have not written down a voucher worth ¥50.00 for Lantern Books yet.')
    }))
})

describe('a voucher', () => {
  test('is bought, shown until it is written down, and shown no more', () =>
    runtime.run(async () => {
      const { cai } = world.customers
      await enrolled()
      await readBackVoucher()
      expect(browser.text).toContain('Buy for ¥20.00, payable to Lantern Books')
      expect(await balance(cai)).toBe(500_000n)
      await sign()
      expect(browser.url).toMatch(/^\/told/)
      const [untold] = await world.bank.vouchers(cai.account)
      if (untold?.state !== 'unconfirmed') throw new Error('it was not sold')
      const groups = untold.password.reveal().replace(/(.{4})(?=.)/g, '$1 ')
      expect(browser.text).toContain(groups)
      await browser.open(browser.url)
      expect(browser.text).toContain(groups)
      expect(await balance(cai)).toBe(498_000n)

      // Abandoned: the next sign-in comes to it first, and it wants a signature of its own.
      const address = browser.url
      browser = newBrowser()
      await signIn(cai)
      expect(browser.text).not.toContain(groups)
      await sign()
      expect(browser.url).toBe(address)
      expect(browser.text).toContain(groups)
      await browser.send('/told')
      expect(browser.text).toContain('The password is now known to you alone.')
      expect((await world.bank.vouchers(cai.account))[0]?.state).toBe('confirmed')
      await browser.open(address)
      expect(browser.url).toBe('/vouchers')
      expect(browser.body).not.toContain(groups)
      for (const { addresses } of [browser]) {
        for (const each of addresses) expect(each).not.toContain(untold.password.reveal())
      }
      expect(await world.audited()).toEqual([])
    }))

  test('is bought once by a double click, a reload and the way back', () =>
    runtime.run(async () => {
      await enrolled()
      await readBackVoucher()
      const confirming = browser.url
      const response = device.get(browser.asked.challenge, bankSite)
      const sent = new URLSearchParams({ ...browser.hidden('/confirm'), response })
      const twice = [newTab(), newTab()]
      await Promise.all(twice.map(tab => tab.post('/confirm', sent)))
      expect(new Set(twice.map(({ url }) => url)).size).toBe(1)
      await browser.post('/confirm', sent)
      await browser.open(confirming)
      expect(browser.url).toBe(twice[0]?.url)
      expect(await balance(world.customers.cai)).toBe(498_000n)
    }))

  test('whose answer was lost with the process is found after signing in once more', () =>
    runtime.run(async () => {
      const { cai } = world.customers
      await enrolled()
      await readBackVoucher()
      const confirming = browser.url
      await sign()
      await world.restart('bank')
      await app.close()
      app = await bankWebOf(world)
      browser = newBrowser()
      await browser.open(confirming)
      expect(browser.url).toMatch(/^\/\?next=/)
      await browser.send('/', { account: cai.account, pin: cai.pin })
      expect(browser.text).toContain('You have not written down its number')
      await browser.open(confirming)
      expect(browser.url).toBe('/vouchers')
      expect(await balance(cai)).toBe(498_000n)
    }))

  test.each([
    ['without a signature', () => ''],
    ['with a signature of something else', () => device.get('c29tZXRoaW5nIGVsc2UgdGhhdCB3YXMgc2lnbmVk', bankSite)],
    ['for another site', () => device.get(browser.asked.challenge, { ...bankSite, origin: 'http://evil.localhost' })],
    ['with another device', () => new Authenticator('another').get(browser.asked.challenge, bankSite)],
  ])('is not bought %s', (_, response) =>
    runtime.run(async () => {
      await enrolled()
      await readBackVoucher()
      await browser.send('/confirm', { response: response() })
      expect(browser.status).toBe(422)
      expect(browser.text).toContain('Nothing was done')
      expect(await balance(world.customers.cai)).toBe(500_000n)
      await sign()
      expect(browser.url).toMatch(/^\/told/)
    }),
  )

  test('of one amount is not bought with the signature for another, nor after its device was removed', () =>
    runtime.run(async () => {
      await enrolled()
      await readBackVoucher('2000')
      const small = device.get(browser.asked.challenge, bankSite)
      await readBackVoucher('20000')
      await browser.send('/confirm', { response: small })
      expect(browser.text).toContain('not signed with one of your passkeys')
      const { asked, url } = browser
      const sent = browser.hidden('/confirm')
      await browser.open('/passkeys')
      await browser.send('/passkeys/remove')
      expect(browser.text).toContain('The passkey is removed.')
      await browser.open(url)
      expect(browser.text).toContain('you need a passkey')
      await browser.post('/confirm', new URLSearchParams({ ...sent, response: device.get(asked.challenge, bankSite) }))
      expect(browser.text).toContain('you need a passkey')
      expect(await balance(world.customers.cai)).toBe(500_000n)
    }))

  test('that cannot be sold says why, and offers what there is', () =>
    runtime.run(async () => {
      await enrolled()
      await readBackVoucher('50000')
      await sign()
      expect(browser.text).toContain('Vouchers worth ¥500.00 are sold out for the moment.')
      expect(browser.text).toContain('¥200.00')
      await browser.send('/buy', {})
      expect(browser.text).toContain('Choose an amount')
      await world.bank.block({
        ...{ intent: '0'.repeat(32) as never, account: world.customers.cai.account },
        ...{ what: 'account', channel: 'page' },
      })
      await readBackVoucher()
      await sign()
      expect(browser.text).toContain('You have blocked this account.')
    }))

  test('has a backup password, shown for a signature, for two minutes', () =>
    runtime.run(async () => {
      await enrolled(world.customers.ada)
      await browser.open(`/backup?voucher=${world.vouchers.confirmed.sale}`)
      expect(browser.url).toMatch(/^\/confirm/)
      await sign()
      const address = browser.url
      expect(browser.text).toMatch(/\d{4} \d{4} \d{4} With the backup password/)
      await runtime.sleep(120_000)
      await browser.open(address)
      expect(browser.url).toMatch(/^\/confirm/)
      await browser.open('/backup?voucher=nobody')
      expect(browser.url).toBe('/vouchers')
    }))
})

/** Another window of the same browser. */
function newTab(): PaperBrowser {
  return newBrowser({ cookie: `visitor=${browser.cookie('visitor')}` })
}

describe('money', () => {
  test('is sent to whoever was read back', () =>
    runtime.run(async () => {
      const { bo, cai } = world.customers
      await enrolled()
      await browser.open('/transfer')
      await browser.send('/transfer', { account: bo.account, amount: '12,50' })
      expect(browser.text).toContain('Send ¥12.50 to Bo Li')
      await sign()
      expect(browser.text).toContain('You have sent ¥12.50 to Bo Li.')
      const address = browser.url
      browser = newBrowser()
      await signIn(cai)
      await browser.open(address)
      expect(browser.text).toMatch(/Reference \d{6}/)
      expect(await balance(bo)).toBe(4_250n)
    }))

  test.each([
    ['', '5', 'Enter the account that you want to send money to'],
    ['123456', '5', 'This account number has a mistake in it.'],
    ['own', '5', 'That is your own account.'],
    ['unknown', '5', 'We have no account with the number'],
    ['bo', '', 'Enter the amount'],
    ['bo', '0', 'Please choose an amount above zero.'],
  ])('to %j, %j is asked for again', (to, amount, said) =>
    runtime.run(async () => {
      const { bo, cai } = world.customers
      const account = { own: cai.account, unknown: world.unknownAccount, bo: bo.account }[to] ?? to
      await signIn(cai)
      await browser.open('/transfer')
      await browser.send('/transfer', { account, amount })
      expect(browser.status).toBe(422)
      expect(browser.text).toContain(said)
    }),
  )

  test('is kept where there is too little, or above a limit', () =>
    runtime.run(async () => {
      await enrolled()
      for (const [amount, said] of [
        ['6000', 'is not enough for this. Nothing was sent.'],
        ['1200', 'above the limit of your account for this page'],
      ] as const) {
        await browser.open('/transfer')
        await browser.send('/transfer', { account: world.customers.bo.account, amount })
        await sign()
        expect(browser.text).toContain(said)
      }
    }))

  test('is listed, and in a file for a spreadsheet', () =>
    runtime.run(async () => {
      await signIn(world.customers.ada)
      await browser.open('/statement')
      expect(browser.text).toContain('Voucher for Lantern Books')
      await browser.open('/statement.csv')
      expect(browser.headers['content-type']).toBe('text/csv; charset=utf-8')
      expect(browser.headers['content-disposition']).toContain('attachment')
      expect(browser.headers['cache-control']).toBe('no-store')
      const [head, first] = browser.body.split('\r\n')
      expect(head).toBe('\uFEFFTime,What,Amount,Currency,Reference')
      expect(first).toMatch(/^2026-11-21 \d\d:\d\d:\d\d,Voucher for Lantern Books,-50\.00,CNY,\d{6}$/)
    }))
})

describe('the rest', () => {
  test('a new PIN is signed for, and signs in on the telephone', () =>
    runtime.run(async () => {
      const { cai } = world.customers
      await enrolled()
      await browser.open('/pin')
      for (const [next, again, said] of [
        ['', '', 'Enter a new PIN'],
        ['123456', '123456', 'too easy to guess'],
        ['730281', '730282', 'the two were different'],
      ] as const) {
        await browser.send('/pin', { next, again })
        expect(browser.text).toContain(said)
        if (next !== '') expect(browser.body).not.toContain(next)
      }
      await browser.send('/pin', { next: '730281', again: '730281' })
      await sign()
      expect(browser.text).toContain('Your PIN is changed.')
      const origin = { channel: 'telephone', number: '31' } as const
      const signed = await world.bank.signIn({ account: cai.account, pin: new Secret('730281'), origin })
      expect(signed.outcome).toBe('signed-in')
    }))

  test('what is lost is blocked at once, with the PIN alone', () =>
    runtime.run(async () => {
      const { cai } = world.customers
      await signIn(cai)
      await browser.open('/lost')
      await browser.send('/lost', {})
      expect(browser.text).toContain('Choose what is to be blocked')
      await browser.send('/lost', { what: 'vouchers' })
      await browser.send('/confirm')
      expect(browser.text).toContain('There is no voucher of yours that is not blocked already.')
      for (const what of ['account', 'telephone']) {
        await browser.open('/lost')
        await browser.send('/lost', { what })
        await browser.send('/confirm')
        expect(browser.text).toContain('Blocked')
      }
      const origin = { channel: 'telephone', number: '31' } as const
      const refused = await world.bank.signIn({ account: cai.account, pin: new Secret(cai.pin), origin })
      expect(refused.outcome).toBe('blocked')
      browser = newBrowser()
      await signIn(cai)
      expect(browser.url).toBe('/account')
    }))

  test('a code is tried three times', () =>
    runtime.run(async () => {
      const { cai } = world.customers
      await signIn(cai)
      const { code } = await world.bank.passkeyCode(cai.account)
      await browser.open('/passkeys')
      for (const said of ['not the code', 'not the code', 'not good any more']) {
        await browser.send('/passkeys', { code: '00000000' })
        expect(browser.text).toContain(said)
      }
      await browser.send('/passkeys', { code: code.reveal() })
      expect(browser.text).toContain('not good any more')
      await browser.open('/passkeys/new')
      expect(browser.url).toBe('/passkeys')
    }))

  test('every page says the same in Chinese, and a form of another visitor is not taken', () =>
    runtime.run(async () => {
      await enrolled(world.customers.ada)
      for (const path of ['/account', '/buy', '/transfer', '/vouchers', '/statement', '/pin', '/passkeys', '/lost']) {
        await browser.open(`${path}?lang=zh`)
        expect(browser.status, path).toBe(200)
        expect(browser.body, path).toContain('<html lang="zh-CN">')
        expect(await browser.weight(), path).toBeLessThan(60_000)
      }
      await browser.open('/lost?lang=en')
      const sent = new URLSearchParams({ ...browser.hidden('/lost'), what: 'account' })
      const other = newBrowser()
      await signIn(world.customers.cai, other)
      await other.post('/lost', sent)
      expect(other.status).toBe(403)
      await browser.open('/')
      expect(browser.url).toBe('/account')
      await browser.send('/leave')
      expect(browser.url).toBe('/')
      await browser.open('/account')
      expect(browser.title).toContain('Sign in')
    }))
})
