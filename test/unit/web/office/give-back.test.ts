/** Payments that are given back in the office: by a passkey, once, never more than was paid, and proved by the audit. */
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bothSign } from '../../../../demo/two-people.ts'
import { drawSigner } from '../../../../src/keys/person-key.ts'
import { type AtOffice, comeIn, officeSite, payAtLantern } from '../../../support/at-office.ts'
import { settleAll } from '../../../support/day-end.ts'
import { officeWebOf } from '../../../support/paper-browser.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

let world: World
let runtime: VirtualRuntime
let app: FastifyInstance

beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 67 })
  world = await openWorld({ runtime })
  app = await officeWebOf(world)
})
afterEach(async () => {
  await app.close()
  await world.close()
})

/** Of the latest payment. */
async function begin({ browser }: AtOffice, fields: Readonly<Record<string, string>>) {
  await browser.open('/payments')
  await browser.open(browser.body.match(/href="(\/payment\?row=\d+)"/)?.[1] ?? '')
  return browser.send('/payment', { why: 'damaged copy', ...fields })
}

const sign = ({ browser, device }: AtOffice) =>
  browser.send('/give-back', { response: device.get(browser.asked.challenge, officeSite) })

const returned = () =>
  world.lantern.store.read(tx =>
    tx.all<{ kind: string; clerk: string; reason: string; minor: bigint }>(
      `SELECT kind, clerk, reason, entry.minor FROM (SELECT posting, clerk, reason FROM reversal UNION ALL SELECT posting, clerk, reason FROM refund) AS back
       JOIN journal ON journal.seq = posting JOIN entry ON entry.seq = journal.seq AND side = 'debit' ORDER BY posting`,
    ),
  )

const acts = () =>
  world.lantern.store.read(tx => tx.all<{ passkey: string; person: string }>('SELECT passkey, person FROM office_act'))

test('a payment of today goes back to its voucher once it is confirmed and signed, and once however often it is sent', () =>
  runtime.run(async () => {
    const mei = await comeIn(app, world, world.shopStaff.maker)
    const { browser, device, signer } = mei
    await payAtLantern(world, 'p', 12n)
    await begin(mei, { amount: '5' })
    expect(browser.url).toContain('/give-back?intent=')
    expect(browser.text).toContain('¥5.00')
    expect(browser.text).toContain('damaged copy')
    expect(await returned(), 'nothing before it is signed').toEqual([])
    const sent = new URLSearchParams({
      ...browser.hidden('/give-back'),
      response: device.get(browser.asked.challenge, officeSite),
    })
    await browser.post('/give-back', sent)
    expect(browser.text).toContain('¥5.00 given back')
    expect(await returned()).toEqual([{ kind: 'reversal', clerk: signer.name, reason: 'damaged copy', minor: 500n }])
    expect(await acts()).toEqual([{ passkey: device.id, person: signer.keyId }])
    await browser.post('/give-back', sent)
    expect(browser.text, 'a second click').toContain('¥5.00 given back')
    expect(await returned()).toHaveLength(1)
    await browser.open('/payments')
    expect(browser.text).toContain('¥5.00 given back')
    expect(browser.text).toContain('−¥5.00')
    expect(browser.addresses.join(), 'nothing of it stands in an address').not.toContain('damaged')
    expect(await world.audited()).toEqual([])
  }))

test('no more goes back than was paid, by the page and by the edge behind it', () =>
  runtime.run(async () => {
    const [mei, peter] = [
      await comeIn(app, world, world.shopStaff.maker),
      await comeIn(app, world, world.shopStaff.checker),
    ]
    await payAtLantern(world, 'p', 12n)
    await begin(mei, { amount: '12.01' })
    expect(mei.browser.status).toBe(422)
    expect(mei.browser.text).toContain('No more than ¥12.00')
    // Both had it read back before either signed.
    await begin(mei, { amount: '8' })
    await begin(peter, { amount: '8' })
    await sign(mei)
    await sign(peter)
    expect(peter.browser.status).toBe(422)
    expect(peter.browser.text).toContain('No more than ¥4.00')
    expect(await returned()).toHaveLength(1)
    expect(await acts()).toHaveLength(1)
  }))

test('after its date is closed it is refunded to the buyer, and settled', () =>
  runtime.run(async () => {
    await payAtLantern(world, 'p', 12n)
    await runtime.sleep(14 * 3_600_000)
    await world.lantern.nightly()
    await settleAll(world)
    const mei = await comeIn(app, world, world.shopStaff.maker)
    await begin(mei, { amount: '12' })
    expect(mei.browser.text).toContain('account that bought the voucher')
    await sign(mei)
    expect(mei.browser.text).toContain('¥12.00 given back')
    expect(await returned()).toMatchObject([{ kind: 'refund', minor: 1_200n }])
    await runtime.sleep(24 * 3_600_000)
    await world.lantern.nightly()
    await settleAll(world)
    expect(await world.lantern.clerk.refunds(1)).toMatchObject([{ standing: 'paid' }])
    expect(await world.audited()).toEqual([])
  }))

test('another’s passkey, none, and somebody who was revoked give nothing back', () =>
  runtime.run(async () => {
    const { lantern, shopStaff } = world
    const { signer } = drawSigner(runtime, 'Wang Fang')
    const { name, publicKey } = signer
    await bothSign(lantern, runtime, shopStaff, 'add-person', { name, role: 'teller', publicKey })
    const [wang, mei] = [await comeIn(app, world, signer), await comeIn(app, world, shopStaff.maker)]
    await payAtLantern(world, 'p', 12n)
    await begin(wang, { amount: '5' })
    const { challenge } = wang.browser.asked
    await wang.browser.send('/give-back', { response: mei.device.get(challenge, officeSite) })
    expect(wang.browser.status).toBe(422)
    await wang.browser.send('/give-back', { response: '' })
    expect(wang.browser.text).toContain('does not sign with passkeys')
    await begin(mei, { amount: '5' })
    const other = mei.browser.asked.challenge
    await wang.browser.send('/give-back', { response: wang.device.get(other, officeSite) })
    expect(wang.browser.status, 'of another act').toBe(422)
    await bothSign(lantern, runtime, shopStaff, 'revoke-person', { name })
    await sign(wang)
    expect(wang.browser.url).toContain('ended=1')
    expect(await returned()).toEqual([])
  }))

test('the audit finds an act that nobody signed so, and one whose return is another', () =>
  runtime.run(async () => {
    const mei = await comeIn(app, world, world.shopStaff.maker)
    await payAtLantern(world, 'p', 12n)
    await begin(mei, { amount: '5' })
    await sign(mei)
    const change = (sql: string) => world.lantern.store.execute(tx => tx.run(sql))
    await change(`UPDATE reversal SET reason = 'a gift'`)
    expect((await world.audited()).join()).toContain('something else than was signed')
    await change(`UPDATE reversal SET reason = 'damaged copy'`)
    expect(await world.audited()).toEqual([])
    await change(`UPDATE person_passkey SET origin = 'http://elsewhere.localhost'`)
    expect((await world.audited()).join()).toContain('did not sign it')
  }))
