/** Keys of shops' programs that people make and revoke in the office, and what a shop is told again: by a passkey, once, and proved by the audit. */
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bothSign } from '../../../../demo/two-people.ts'
import { challengeOf } from '../../../../src/keys/passkey-assertion.ts'
import { drawSigner } from '../../../../src/keys/person-key.ts'
import { unsignedAct } from '../../../../src/merchant/office/act.ts'
import { signRevocation } from '../../../../src/merchant/till/api-keys.ts'
import { yuan } from '../../../../src/money.ts'
import { now } from '../../../../src/runtime.ts'
import { Secret } from '../../../../src/secret.ts'
import { addKey } from '../../../support/api-client.ts'
import { type AtOffice, comeIn, officeSite, payAtLantern } from '../../../support/at-office.ts'
import type { Authenticator } from '../../../support/authenticator.ts'
import { intentId } from '../../../support/ids.ts'
import { officeWebOf } from '../../../support/paper-browser.ts'
import { enrolPerson } from '../../../support/people-by-passkey.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

let world: World
let runtime: VirtualRuntime
let app: FastifyInstance

beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 65 })
  world = await openWorld({ runtime })
  app = await officeWebOf(world)
})
afterEach(async () => {
  await app.close()
  await world.close()
})

async function sign({ browser, device }: AtOffice) {
  expect(browser.url, browser.text).toContain('/shops/sign?')
  const response = device.get(browser.asked.challenge, officeSite)
  const sent = new URLSearchParams({ ...browser.hidden('/shops/sign'), response })
  await browser.post('/shops/sign', sent)
  return sent
}

async function askForKey({ browser }: AtOffice, fields: Readonly<Record<string, string>> = {}) {
  await browser.open('/shops/new')
  return browser.send('/shops/new', { name: 'Corner shop', webhook: '', why: 'a new till', ...fields })
}

async function act(person: AtOffice, kind: string, key: string) {
  await person.browser.open(`/shops/act?kind=${kind}&key=${key}`)
  await person.browser.send('/shops/act', { why: 'it was stolen' })
  return sign(person)
}

const shownKey = ({ browser }: AtOffice) => /tb_[0-9a-f]{16}_[\w-]{43}/.exec(browser.body)?.[0]
const change = (sql: string) => world.lantern.store.execute(tx => tx.run(sql))
const faults = async () => (await world.audited()).join()

test('a key is made by one who signs, is shown once and for a moment, opens the API, and is revoked', () =>
  runtime.run(async () => {
    const mei = await comeIn(app, world, world.shopStaff.maker)
    const { browser } = mei
    await askForKey(mei, { webhook: 'https://shop.example/hear' })
    expect(shownKey(mei), 'nothing is shown before it counts').toBeUndefined()
    expect(await world.lantern.apiKeys.list()).toEqual([])
    const sent = await sign(mei)
    const presented = shownKey(mei) ?? ''
    const known = await world.lantern.till.identify(new Secret(presented))
    expect(known).toMatchObject({ name: 'Corner shop', webhook: 'https://shop.example/hear' })
    const signing = (await world.lantern.notices.signingSecret(known?.id ?? '')).reveal()
    expect(browser.body).toContain(signing)
    expect(browser.addresses.join()).not.toContain(presented)
    await browser.post('/shops/sign', sent)
    expect(await world.lantern.apiKeys.list(), 'a second click').toHaveLength(1)
    const books = Buffer.from(await world.lantern.store.snapshot())
    expect(books.includes(presented.slice(-43)), 'the books have a hash alone').toBe(false)
    await runtime.sleep(121_000)
    await browser.open(browser.url)
    expect(shownKey(mei), 'after a moment').toBeUndefined()
    expect(browser.text).toContain('is not shown again')
    await act(mei, 'revoke-key', known?.id ?? '')
    expect(browser.text).toContain('The key is revoked')
    expect(await world.lantern.till.identify(new Secret(presented))).toBeUndefined()
    await browser.open('/shops')
    expect(browser.text).toContain('revoked')
    expect(browser.body).not.toContain('/shops/act?kind=revoke-key')
    expect(await world.audited()).toEqual([])
  }))

test('another session never sees the key, and a key of a command is revoked on the page', () =>
  runtime.run(async () => {
    const [mei, peter] = [
      await comeIn(app, world, world.shopStaff.maker),
      await comeIn(app, world, world.shopStaff.checker),
    ]
    await askForKey(mei)
    await sign(mei)
    await peter.browser.open(mei.browser.url)
    expect(peter.browser.url).toBe('/shops')
    const { key, presented } = await addKey(world)
    await act(peter, 'revoke-key', key.id)
    expect(await world.lantern.till.identify(presented)).toBeUndefined()
    await peter.browser.open(`/shops/act?kind=revoke-key&key=${key.id}`)
    expect(peter.browser.url, 'there is nothing to revoke').toBe('/shops')
    expect(await world.audited()).toEqual([])
  }))

test.each([
  ['http://127.0.0.1:8090/hear', 'https://'],
  ['https://name:word@shop.example/', 'https://'],
  ['shop.example', 'https://'],
])('no shop is told at %s', (webhook, why) =>
  runtime.run(async () => {
    const mei = await comeIn(app, world, world.shopStaff.maker)
    await askForKey(mei, { webhook })
    expect(mei.browser.status).toBe(422)
    expect(mei.browser.text).toContain(why)
    await askForKey(mei, { name: '', why: '' })
    expect(mei.browser.status).toBe(422)
    expect(mei.browser.text).toContain('Type a name')
    expect(mei.browser.text).toContain('Say why')
  }),
)

test('what a shop was never told is due again, once somebody has signed for it', () =>
  runtime.run(async () => {
    const { key } = await addKey(world, { webhook: 'https://shop.example/hear' })
    const { number, password } = world.vouchers.confirmed
    const { till, notices } = world.lantern
    await till.pay({
      ...{ key, intent: intentId('p'), number, password: new Secret(password), amount: yuan(1n), order: 'A-1' },
    })
    const notice = await notices.next()
    if (notice === undefined) throw new Error('nothing is due')
    for (let tries = 0; tries < 25; tries++) await notices.failed({ ...notice, tries }, 'it answered 500')
    expect(await notices.next()).toBeUndefined()
    const alarms = () =>
      world.lantern.store.read(tx => tx.all("SELECT detail FROM clearing_alarm WHERE kind = 'shop-not-told'"))
    expect(await alarms()).toHaveLength(1)
    let isWoken = false
    notices.onWritten(() => {
      isWoken = true
    })
    const mei = await comeIn(app, world, world.shopStaff.maker)
    await mei.browser.open('/shops')
    expect(mei.browser.text).toContain('1 given up')
    await act(mei, 'tell-again', key.id)
    expect(mei.browser.text).toContain('Its shop is being told')
    const due = await notices.next()
    expect(due, 'as if it had never been tried').toMatchObject({ id: notice.id, dueAt: now({ runtime }), tries: 0 })
    expect(isWoken).toBe(true)
    if (due !== undefined) await notices.delivered(due)
    await act(mei, 'tell-again', key.id)
    expect(mei.browser.status).toBe(422)
    expect(mei.browser.text).toContain('heard everything')
    expect(await world.lantern.store.read(tx => tx.all('SELECT 1 FROM office_act'))).toHaveLength(1)
  }))

test('what was read back before the passkey was there is not signed by it, nor a payment of another date', () =>
  runtime.run(async () => {
    const { lantern, payee, shopStaff } = world
    const mei = await comeIn(app, world, shopStaff.maker)
    const reference = await payAtLantern(world, 'one', 10n)
    const signed = async (device: Authenticator, date: string, at: number) => {
      const request = { intent: intentId('back'), reference, date, minor: 1_000n }
      const whose = { why: 'x', tenant: payee.id, person: mei.signer.keyId, at }
      const { content, message } = unsignedAct({ kind: 'reverse', request, ...whose })
      const challenge = challengeOf(message)
      const response = device.get(challenge, officeSite)
      const proven = await lantern.peoplePasskeys.prove({ response, challenge, site: officeSite })
      if (proven.outcome !== 'proven') throw new Error(proven.outcome)
      return { content, ...proven.signature }
    }
    const date = await lantern.office.date()
    const readBackAt = now({ runtime })
    await runtime.sleep(60_000)
    const second = await enrolPerson(lantern, runtime, mei.signer, officeSite)
    const notSigned = { outcome: 'not-signed' }
    expect(await lantern.office.giveBack(await signed(second, date, readBackAt))).toEqual(notSigned)
    expect(await lantern.office.giveBack(await signed(mei.device, '2020-01-01', readBackAt))).toEqual(notSigned)
    expect(await lantern.office.giveBack(await signed(mei.device, date, readBackAt))).toMatchObject({
      outcome: 'reversed',
    })
    expect(await world.audited()).toEqual([])
  }))

test('from when a key is revoked nothing is done in its name, whoever was identified before, and its shop hears nothing more', () =>
  runtime.run(async () => {
    const { till, apiKeys, notices, card } = world.lantern
    const { presented, key: known } = await addKey(world, { webhook: 'https://shop.example/hear' })
    const key = await till.identify(presented)
    if (key === undefined) throw new Error('it is not known')
    const { number, password } = world.vouchers.confirmed
    const redemption = (name: string) => ({
      ...{ key, intent: intentId(name), number, password: new Secret(password), amount: yuan(1n) },
    })
    const paid = await till.pay({ ...redemption('before'), order: 'A-1' })
    const held = await till.authorise({ ...redemption('held'), holdMs: 600_000 })
    if (paid.outcome !== 'paid' || held.outcome !== 'authorised') throw new Error('it was not paid')
    const onItsWay = await notices.next()
    const by = signRevocation(world.shopStaff.maker, card.institution, known.id, now({ runtime }))
    expect(await apiKeys.revoke(known.id, by)).toEqual({ outcome: 'revoked' })
    expect(await notices.next()).toBeUndefined()
    // It was on its way when the key was revoked.
    if (onItsWay !== undefined) await notices.failed(onItsWay, 'it answered 500')
    expect(await notices.next()).toBeUndefined()
    if (onItsWay !== undefined) await notices.delivered(onItsWay)
    expect(await till.pay({ ...redemption('before'), order: 'A-1' }), 'as it was answered').toMatchObject({
      outcome: 'paid',
    })
    for (const asked of [
      () => till.pay(redemption('after')),
      () => till.authorise({ ...redemption('after, held'), holdMs: 600_000 }),
      () => till.capture({ key, intent: intentId('c'), id: held.id, isLast: true }),
      () => till.giveBack({ key, intent: intentId('g'), event: paid.event, amount: undefined, reason: 'x' }),
      () => till.end({ key, intent: intentId('e'), number, password: new Secret(password) }),
    ])
      await expect(asked()).rejects.toThrow('is revoked')
    const mei = await comeIn(app, world, world.shopStaff.maker)
    await mei.browser.open(`/shops/act?kind=tell-again&key=${known.id}`)
    expect(mei.browser.url, 'nobody has it told again').toBe('/shops')
    expect(await world.audited()).toEqual([])
  }))

test('another’s passkey, none, somebody who was revoked, and what nobody signed make no key', () =>
  runtime.run(async () => {
    const { lantern, shopStaff, payee } = world
    const { signer } = drawSigner(runtime, 'Wang Fang')
    const { name, publicKey } = signer
    await bothSign(lantern, runtime, shopStaff, 'add-person', { name, role: 'teller', publicKey })
    const [wang, mei] = [await comeIn(app, world, signer), await comeIn(app, world, shopStaff.maker)]
    await askForKey(wang)
    const { challenge } = wang.browser.asked
    await wang.browser.send('/shops/sign', { response: mei.device.get(challenge, officeSite) })
    expect(wang.browser.status).toBe(422)
    await wang.browser.send('/shops/sign', { response: '' })
    expect(wang.browser.text).toContain('does not sign with passkeys')
    const request = {
      intent: intentId('k'),
      id: '0123456789abcdef',
      name: 'Evil',
      verifier: new Uint8Array(32),
      webhook: null,
    }
    const made = { kind: 'add-key', request, why: 'x', tenant: payee.id, person: signer.keyId } as const
    const { content } = unsignedAct({ ...made, at: now({ runtime }) })
    expect(await lantern.office.aboutKey({ content, signature: new Uint8Array(64) })).toEqual({ outcome: 'not-signed' })
    expect(await lantern.office.giveBack({ content, signature: new Uint8Array(64) })).toEqual({ outcome: 'not-signed' })
    await bothSign(lantern, runtime, shopStaff, 'revoke-person', { name })
    await wang.browser.send('/shops/sign', { response: wang.device.get(challenge, officeSite) })
    expect(wang.browser.url).toContain('ended=1')
    expect(await lantern.apiKeys.list()).toEqual([])
  }))

test('the audit finds a key that is another than was signed for, and one that names another’s act', () =>
  runtime.run(async () => {
    const mei = await comeIn(app, world, world.shopStaff.maker)
    await askForKey(mei)
    await sign(mei)
    const [made] = await world.lantern.apiKeys.list()
    await change(`UPDATE api_key SET webhook = 'https://evil.example/'`)
    expect(await faults()).toContain('something else than was signed')
    await change('UPDATE api_key SET webhook = NULL')
    expect(await faults()).toBe('')
    await askForKey(mei, { name: 'Other' })
    await sign(mei)
    await change(
      `UPDATE api_key SET revoked_at = added_at, revoked_by = added_by, revoked_act = added_act WHERE name = 'Other'`,
    )
    expect(await faults()).toContain('nobody signed that it was revoked')
    await change(`UPDATE api_key SET revoked_at = NULL, revoked_by = NULL, revoked_act = NULL`)
    await act(mei, 'revoke-key', made?.id ?? '')
    await change(`UPDATE api_key SET revoked_at = NULL, revoked_by = NULL, revoked_act = NULL`)
    expect(await faults(), 'in use again').toContain('something else than was signed')
  }))
