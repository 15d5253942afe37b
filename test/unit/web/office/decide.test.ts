/** What two officers of a payee decide in its office: one proposes, another approves, each by their passkey, and the books prove it. */
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bothSign } from '../../../../demo/two-people.ts'
import { drawSigner } from '../../../../src/keys/person-key.ts'
import { yuan } from '../../../../src/money.ts'
import { type AtOffice, comeIn, officeSite } from '../../../support/at-office.ts'
import { payeeFiles, payWith, settleAll } from '../../../support/day-end.ts'
import { officeWebOf } from '../../../support/paper-browser.ts'
import { posted } from '../../../support/proof.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

let world: World
let runtime: VirtualRuntime
let app: FastifyInstance
let isCut = () => false

beforeEach(async () => {
  isCut = () => false
  runtime = new VirtualRuntime({ seed: 66 })
  const weather = { next: () => (isCut() ? { lost: 'there' as const } : {}) }
  world = await openWorld({ runtime, weather })
  app = await officeWebOf(world)
})
afterEach(async () => {
  await app.close()
  await world.close()
})

/** Ends a day. `meanwhile`: when its file is on its way. */
async function night(meanwhile?: string): Promise<void> {
  runtime.jumpWallClock(86_400_000)
  isCut = () => meanwhile !== undefined
  await world.lantern.nightly()
  await world.lantern.dayEnd.idle()
  if (meanwhile !== undefined) await world.lantern.store.execute(tx => tx.run(meanwhile))
  isCut = () => false
  await runtime.sleep(120_000)
  await settleAll(world)
}

const states = async () => (await payeeFiles(world.lantern.store)).map(({ state }) => state)
const officers = async () =>
  [await comeIn(app, world, world.shopStaff.maker), await comeIn(app, world, world.shopStaff.checker)] as const

async function propose({ browser, device }: AtOffice, fields: Readonly<Record<string, string>>) {
  await browser.send('/decide', { why: 'compared with the bank', ...fields })
  expect(browser.url, browser.text).toContain('/sign?')
  await browser.send('/sign', { response: device.get(browser.asked.challenge, officeSite) })
  return browser.url
}

async function approve({ browser, device }: AtOffice, url: string) {
  await browser.open(url)
  return browser.send('/proposal', { response: device.get(browser.asked.challenge, officeSite) })
}

test('a result that contradicts its file counts once two officers have signed, and not by one', () =>
  runtime.run(async () => {
    await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
    await night('UPDATE day_end_file SET breaks = 1 WHERE number = 2')
    expect(await states()).toEqual(['reconciled', 'result'])
    const [mei, peter] = await officers()
    const { browser } = mei
    await browser.open('/settlement')
    expect(browser.text).toContain('contradicts these books. Two officers decide. Settlement of ')
    await browser.open(browser.body.match(/href="(\/settlement\/date[^"]*)"/)?.[1] ?? '')
    await browser.open(browser.body.match(/href="(\/decide[^"]*)"/)?.[1]?.replaceAll('&amp;', '&') ?? '')
    expect(browser.text).toContain('0 breaks are counted, and 1 were told')
    await browser.send('/decide', { why: '', difference: '' })
    expect(browser.status).toBe(422)
    await browser.send('/decide', { why: 'w'.repeat(201) })
    expect(browser.status, 'more than the decision holds').toBe(422)
    const url = await propose(mei, {})
    expect(browser.text).toContain('somebody else has to approve it')
    expect(browser.text, 'what its maker signed').toContain('0 breaks are counted, and 1 were told')
    expect(browser.has('/proposal')).toBe(false)
    await peter.browser.open('/settlement')
    const listed = peter.browser.body.match(/href="(\/proposal[^"]*)"/)?.[1] ?? ''
    expect(listed).toBe(url)
    await peter.browser.open(url)
    expect(peter.browser.text, 'what the checker signs').toContain('0 breaks are counted, and 1 were told')
    expect(peter.browser.text).toContain('¥10.00')
    const { challenge } = peter.browser.asked
    await peter.browser.send('/proposal', { response: mei.device.get(challenge, officeSite) })
    expect(peter.browser.status, 'the maker’s passkey in the checker’s session').toBe(422)
    expect(await states()).toEqual(['reconciled', 'result'])
    await approve(peter, url)
    expect(peter.browser.text).toContain('Approved and done')
    await settleAll(world)
    expect(await states()).toEqual(['reconciled', 'reconciled'])
    expect(await posted(world.lantern.store, 'settled:harbour')).toBe(1_000n)
    await world.lantern.store.execute(tx => tx.run('UPDATE day_end_file SET breaks = 0'))
    expect((await world.audited()).filter(each => !each.includes('alarm'))).toEqual([])
    await world.lantern.store.execute(tx => tx.run("UPDATE day_end_file SET decision = 'x' WHERE number = 2"))
    expect((await world.audited()).join()).toContain('two people did not accept its result')
  }))

test('what is missing for a result is named, signed for by both, and booked as a loss', () =>
  runtime.run(async () => {
    await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
    await night("UPDATE balance SET posted = 100 WHERE account = 'due-from-bank:harbour'")
    const [mei, peter] = await officers()
    await mei.browser.open('/decide?kind=accept-result&bank=harbour&number=2')
    await mei.browser.send('/decide', { why: 'x', difference: 'nine' })
    expect(mei.browser.status).toBe(422)
    await propose(mei, { difference: '8' })
    expect(mei.browser.status, 'it could not be done, and is not proposed').toBe(422)
    expect(mei.browser.text).toContain('another amount is missing')
    expect(await world.lantern.decisions.waiting()).toEqual([])
    await mei.browser.open('/decide?kind=accept-result&bank=harbour&number=2')
    await approve(peter, await propose(mei, { difference: '9' }))
    expect(peter.browser.text).toContain('Approved and done')
    expect(peter.browser.text).toContain('¥9.00')
    expect(await states()).toEqual(['reconciled', 'reconciled'])
  }))

test('files that the bank holds of lost books are taken by two officers, and by no teller', () =>
  runtime.run(async () => {
    const { lantern, shopStaff, vouchers } = world
    const { signer } = drawSigner(runtime, 'Wang Fang')
    const { name, publicKey } = signer
    await bothSign(lantern, runtime, shopStaff, 'add-person', { name, role: 'teller', publicKey })
    const before = await lantern.store.snapshot()
    await payWith(world, vouchers.confirmed, 'lost', yuan(30n))
    await night()
    isCut = () => true
    await world.putBack('merchant', before)
    await world.lantern.recovery.open
    await payWith(world, vouchers.confirmed, 'spent again', yuan(40n))
    isCut = () => false
    await runtime.sleep(60_000)
    await settleAll(world)
    await night()
    await app.close()
    app = await officeWebOf(world)
    const wang = await comeIn(app, world, signer)
    await wang.browser.open('/settlement')
    expect(wang.browser.text).toContain('Files at harbour')
    expect(wang.browser.body).not.toContain('/decide?')
    await wang.browser.open('/decide?kind=take-held&bank=harbour')
    expect(wang.browser.url).toBe('/settlement')
    const [mei, peter] = await officers()
    await mei.browser.open('/settlement')
    await mei.browser.open('/decide?kind=take-held&bank=harbour')
    const url = await propose(mei, {})
    for (const { browser } of [mei, peter]) {
      await browser.open(url)
      expect(browser.text).toMatch(/Booked as a loss\s*¥30\.00/)
      expect(browser.text).toMatch(/2\/1\s*\S.*¥30\.00\s*\d{4}…\d{4}\s*recovery-loss → revenue:harbour/)
    }
    await approve(wang, url)
    expect(wang.browser.text).toContain('not for somebody of your role')
    await approve(peter, url)
    expect(peter.browser.text).toContain('Approved and done')
    await settleAll(world)
    await peter.browser.open('/settlement')
    expect(peter.browser.text).not.toContain('Files at harbour')
    expect(await posted(world.lantern.store, 'recovery-loss')).toBe(3_000n)
    await peter.browser.open('/decide?kind=take-held&bank=harbour')
    expect(peter.browser.url, 'nothing waits').toBe('/settlement')
  }))
