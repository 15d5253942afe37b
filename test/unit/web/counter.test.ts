/** The counter's page: clerks come in by passkeys that their keys vouched for, one proposes, another approves, and nothing is done by one alone. */
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { parseAccountNumber } from '../../../src/ids.ts'
import { comparedDigits } from '../../../src/institution/person-passkeys.ts'
import { drawSigner, type Signer } from '../../../src/keys/person-key.ts'
import { signAboutTo, signMine, signNoMore } from '../../../src/keys/person-passkeys.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { Authenticator } from '../../support/authenticator.ts'
import { payWith, settleAll } from '../../support/day-end.ts'
import { aPhone, institutionId } from '../../support/ids.ts'
import { counterOrigin, counterWebOf, PaperBrowser } from '../../support/paper-browser.ts'
import { enrolPerson } from '../../support/people-by-passkey.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const site = { id: 'counter.harbour.localhost', origin: counterOrigin }
const tenant = institutionId('harbour')

let world: World
let runtime: VirtualRuntime
let app: FastifyInstance

beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 54 })
  world = await openWorld({ runtime })
  app = await counterWebOf(world)
})
afterEach(async () => {
  await app.close()
  await world.close()
})

const newBrowser = (headers = {}) => new PaperBrowser(app, { host: site.id, ...headers })

interface AtWork {
  readonly browser: PaperBrowser
  readonly device: Authenticator
  readonly signer: Signer
}

async function clerk(signer: Signer): Promise<AtWork> {
  const device = await enrolPerson(world.harbour, runtime, signer, site)
  const browser = newBrowser()
  await signIn(browser, device)
  expect(browser.text).toContain(signer.name)
  return { browser, device, signer }
}

async function signIn(browser: PaperBrowser, device: Authenticator) {
  await browser.open('/')
  return browser.send('/', { response: device.get(browser.asked.challenge, site) })
}

async function proposeBy({ browser, device }: AtWork, kind: string, fields: Readonly<Record<string, string>>) {
  await browser.open(`/propose?kind=${kind}`)
  await browser.send('/propose', { why: 'identity card seen', ...fields })
  expect(browser.url, browser.text).toContain('/sign?')
  await browser.send('/sign', { response: device.get(browser.asked.challenge, site) })
  return browser.url
}

async function approveBy({ browser, device }: AtWork, url: string) {
  await browser.open(url)
  return browser.send('/proposal', { response: device.get(browser.asked.challenge, site) })
}

const balance = async (account: string) => {
  const parsed = parseAccountNumber(account)
  return parsed && (await world.bank.balance(parsed)).minor
}

test('a passkey is set up with a command’s code, compared, and comes in once its person has signed for it', () =>
  runtime.run(async () => {
    const { harbour, staff } = world
    const signer = staff.maker
    const [at, person] = [runtime.wallNow(), signer.keyId]
    const asked = { person, at, signature: signAboutTo(signer, tenant, at) }
    const begun = await harbour.peoplePasskeys.begin(asked)
    if (begun.outcome !== 'begun') throw new Error(begun.outcome)
    const browser = newBrowser()
    await browser.open('/enrol')
    await browser.send('/enrol', { code: '000000000000' })
    expect(browser.status).toBe(422)
    await browser.send('/enrol', { code: begun.code.reveal() })
    expect(browser.text).toContain(signer.name)
    expect(browser.asked).toMatchObject({ what: 'create', rp: { id: site.id }, attestation: 'none' })
    const device = new Authenticator('mei')
    await browser.send('/enrol/new', { response: device.create('c3RhbGU', site) })
    expect(browser.status, 'made for something else').toBe(422)
    await browser.send('/enrol/new', { response: device.create(browser.asked.challenge, site) })
    const made = await begun.made
    if (made === 'over') throw new Error(made)
    const digits = comparedDigits(made)
    expect(browser.text).toContain(`${digits.slice(0, 4)} ${digits.slice(4)}`)
    const elsewhere = newBrowser()
    await signIn(elsewhere, device)
    expect(elsewhere.status, 'nobody has signed for it yet').toBe(422)
    const word = { person, at, signature: signMine(signer, tenant, made, at) }
    expect(await harbour.peoplePasskeys.vouch(begun.code, word)).toEqual({ outcome: 'enrolled' })
    await signIn(elsewhere, device)
    expect(elsewhere.url).toBe('/desk')
    expect([...browser.addresses, ...elsewhere.addresses].join()).not.toContain(begun.code.reveal())
  }))

test('one clerk proposes a deposit, cannot approve it, and another does: the customer has the money', () =>
  runtime.run(async () => {
    const { bo } = world.customers
    const [mei, peter] = [await clerk(world.staff.maker), await clerk(world.staff.checker)]
    const before = await balance(bo.account)
    const url = await proposeBy(mei, 'pay-in', { account: bo.account, amount: '250' })
    expect(mei.browser.text).toContain('somebody else has to approve it')
    expect(mei.browser.has('/proposal')).toBe(false)
    // Nor by a form of their own making.
    const digest = new URL(url, counterOrigin).searchParams.get('digest') ?? ''
    await peter.browser.open(url)
    const { challenge } = peter.browser.asked
    const forged = peter.browser.hidden('/proposal')
    const sent = new URLSearchParams({ ...forged, response: mei.device.get(challenge, site) })
    await peter.browser.post('/proposal', sent)
    expect(peter.browser.status, 'the maker’s passkey in the checker’s session').toBe(422)
    expect(await balance(bo.account)).toBe(before)
    await approveBy(peter, url)
    expect(peter.browser.text).toContain('Approved and done')
    expect(peter.browser.text).toContain(world.staff.maker.name)
    expect(await balance(bo.account)).toBe((before ?? 0n) + 25_000n)
    // Once more, by a second click: it is what it was.
    await peter.browser.open(`/proposal?digest=${digest}`)
    expect(peter.browser.has('/proposal')).toBe(false)
    await peter.browser.post('/proposal', sent)
    expect(await balance(bo.account)).toBe((before ?? 0n) + 25_000n)
    expect(await world.audited()).toEqual([])
  }))

test('a maker’s own word does not count as a checker’s, whatever their browser sends', () =>
  runtime.run(async () => {
    const { bo } = world.customers
    const [mei, peter] = [await clerk(world.staff.maker), await clerk(world.staff.checker)]
    const url = await proposeBy(peter, 'pay-in', { account: bo.account, amount: '250' })
    const own = await proposeBy(mei, 'pay-in', { account: bo.account, amount: '9' })
    // Their own form for another's proposal, with their own digest in it and the assertion that it takes.
    await mei.browser.open(own)
    await mei.browser.open(url)
    const digest = new URL(own, counterOrigin).searchParams.get('digest') ?? ''
    await peter.browser.open(own)
    const { challenge } = peter.browser.asked
    const sent = { ...mei.browser.hidden('/proposal'), digest, response: mei.device.get(challenge, site) }
    await mei.browser.post('/proposal', new URLSearchParams(sent))
    expect(mei.browser.status).toBe(422)
    expect(mei.browser.text).toContain('somebody else has to approve it')
  }))

test('an account is opened by two, its PIN is shown to the second, and it signs in', () =>
  runtime.run(async () => {
    const [mei, peter] = [await clerk(world.staff.maker), await clerk(world.staff.checker)]
    const url = await proposeBy(mei, 'open-account', { 'name-en': 'Eve Fox', 'name-zh': '狐伊娃' })
    const account = parseAccountNumber(mei.browser.text.match(/62[\d ]{10,14}\d/)?.[0]?.replaceAll(' ', '') ?? '')
    if (account === undefined) throw new Error(mei.browser.text)
    await approveBy(peter, url)
    const pin = peter.browser.body.match(/class="told"[^>]*>([\d ]+)</)?.[1]?.replaceAll(' ', '') ?? ''
    expect(pin).toMatch(/^\d{6}$/)
    const signedIn = await world.bank.signIn({ account, pin: new Secret(pin), origin: aPhone })
    expect(signedIn).toMatchObject({ outcome: 'signed-in', customer: { name: { en: 'Eve Fox', zh: '狐伊娃' } } })
    await mei.browser.open(url)
    expect(mei.browser.body, 'the maker never sees it').not.toContain(pin)
    await runtime.sleep(150_000)
    await peter.browser.open(url)
    expect(peter.browser.body, 'nor anybody after two minutes').not.toContain('class="told"')
    expect(await world.audited()).toEqual([])
  }))

test('what wrong PINs closed is opened, a PIN is given anew, a block is lifted', () =>
  runtime.run(async () => {
    const { dora } = world.customers
    const [mei, peter] = [await clerk(world.staff.maker), await clerk(world.staff.checker)]
    for (let i = 0; i < 3; i++)
      await world.bank.signIn({ account: dora.account, pin: new Secret('000000'), origin: aPhone })
    await mei.browser.open('/desk')
    await mei.browser.send('/desk', { account: dora.account })
    expect(mei.browser.text).toContain('Closed to some')
    await approveBy(peter, await proposeBy(mei, 'unblock', { account: dora.account }))
    const wanted = { account: dora.account, pin: new Secret(dora.pin), origin: aPhone }
    expect(await world.bank.signIn(wanted)).toMatchObject({ outcome: 'signed-in' })
    await approveBy(peter, await proposeBy(mei, 'reset-pin', { account: dora.account }))
    expect(await world.bank.signIn(wanted)).toMatchObject({ outcome: 'refused' })
    await proposeBy(mei, 'lift-block', { account: dora.account, what: 'account' })
    expect(mei.browser.status, 'there is no such block').toBe(422)
    expect(mei.browser.text).toContain('It is not proposed, as it could not be done')
    expect(await world.harbour.decisions.waiting()).toEqual([])
  }))

test('a role decides what is proposed, and a teller decides nothing that is for officers', () =>
  runtime.run(async () => {
    const { staff, harbour } = world
    const { signer } = drawSigner(runtime, 'Wang Fang')
    const { name, publicKey } = signer
    await bothSign(harbour, runtime, staff, 'add-person', { name, role: 'teller', publicKey })
    const [wang, mei] = [await clerk(signer), await clerk(staff.maker)]
    expect(wang.browser.text).not.toContain('Pay out to a payee')
    await wang.browser.open('/propose?kind=pay-out')
    expect(wang.browser.url).toBe('/desk')
    await payWith(world, world.vouchers.confirmed, 'paid', yuan(20n))
    runtime.jumpWallClock(86_400_000)
    await world.lantern.nightly()
    await settleAll(world)
    const account = world.customers.ada.account
    const url = await proposeBy(mei, 'pay-out', { payee: world.payee.id, account, amount: '1' })
    await approveBy(wang, url)
    expect(wang.browser.status).toBe(422)
    expect(wang.browser.text).toContain('not for somebody of your role')
    // Who is revoked is out at once.
    await bothSign(harbour, runtime, staff, 'revoke-person', { name })
    await wang.browser.open('/desk')
    expect(wang.browser.url).toContain('ended=1')
  }))

test('a session ends by itself, with its passkey, and takes no form of another page', () =>
  runtime.run(async () => {
    const { staff, harbour } = world
    const mei = await clerk(staff.maker)
    const { browser, device } = mei
    await browser.open('/desk')
    const forged = new URLSearchParams({ ...browser.hidden('/desk'), token: 'x', account: '1' })
    await browser.post('/desk', forged)
    expect(browser.status).toBe(403)
    await browser.open('/desk')
    await runtime.sleep(11 * 60_000)
    await browser.open('/desk')
    expect(browser.url).toContain('/?next=')
    await browser.open('/')
    const { challenge } = browser.asked
    const carried = browser.hidden('/')
    const answer = new URLSearchParams({ ...carried, response: device.get(challenge, site) })
    await browser.post('/', answer)
    expect(browser.url).toBe('/desk')
    const stranger = newBrowser()
    await stranger.open('/')
    const { token = '' } = stranger.hidden('/')
    await stranger.post('/', new URLSearchParams({ ...Object.fromEntries(answer), token }))
    expect(stranger.status, 'the same answer in another browser').toBe(422)
    const at = runtime.wallNow()
    const word = { person: staff.maker.keyId, at, signature: signNoMore(staff.maker, tenant, device.id, at) }
    expect(await harbour.peoplePasskeys.letGo(device.id, word)).toBe('let-go')
    await browser.open('/desk')
    expect(browser.url).toContain('ended=1')
    expect(browser.headers).toMatchObject({ 'cache-control': 'no-store' })
    expect(browser.headers['content-security-policy']).toContain("default-src 'none'")
  }))

test('both languages have every page', () =>
  runtime.run(async () => {
    const mei = await clerk(world.staff.maker)
    const { browser } = mei
    for (const url of ['/desk', '/propose?kind=pay-in', '/propose?kind=lift-block', '/propose?kind=pay-out']) {
      await browser.open(`${url}${url.includes('?') ? '&' : '?'}lang=zh`)
      expect(browser.status).toBe(200)
      expect(browser.body).toContain('lang="zh-CN"')
    }
    expect(await new PaperBrowser(app, { host: site.id }).open('/?lang=zh')).toMatchObject({ status: 200 })
  }))
