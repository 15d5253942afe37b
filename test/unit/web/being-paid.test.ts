/** A customer becomes a payee at the bank's page, sees by which number, and is one no more: each signed for, each done once. */
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bankSite, enrolAtBank, signInAtBank } from '../../support/at-bank.ts'
import { Authenticator } from '../../support/authenticator.ts'
import { intentId } from '../../support/ids.ts'
import { bankWebOf, PaperBrowser } from '../../support/paper-browser.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
let app: FastifyInstance
let browser: PaperBrowser
let device: Authenticator

async function openWith(options: { readonly hosted: boolean }) {
  runtime = new VirtualRuntime({ seed: 62 })
  world = await runtime.run(() => openWorld({ runtime, ...options }))
  app = await bankWebOf(world)
  browser = new PaperBrowser(app, { host: 'harbour.localhost' })
  device = new Authenticator('telephone')
}
beforeEach(() => openWith({ hosted: true }))
afterEach(async () => {
  await app.close()
  await runtime.run(() => world.close())
})

async function signedIn({ withPasskey = true } = {}) {
  const customer = world.customers.cai
  await (withPasskey ? enrolAtBank(world, { browser, device, customer }) : signInAtBank(browser, customer))
}

const sign = () => browser.send('/confirm', { response: device.get(browser.asked.challenge, bankSite) })

async function readBack() {
  await browser.open('/paid')
  await browser.send('/paid')
  expect(browser.url).toContain('/confirm?intent=')
}

const being = () => world.bank.beingPaid(world.customers.cai.account)

test('whoever signs for it is told the number by which payers choose them, whoever signs again is paid no more', () =>
  runtime.run(async () => {
    await signedIn()
    await browser.open('/account')
    expect(browser.body).toContain('href="/paid"')
    await readBack()
    expect(await being()).toMatchObject({ outcome: 'no-payee' })
    await sign()
    expect(browser.url).toBe('/paid')
    const now = await being()
    if (now.outcome !== 'payee') throw new Error(now.outcome)
    expect(browser.text.replaceAll(' ', '')).toContain(now.number)
    expect(browser.text).toContain(now.host.en)
    expect(browser.text).toContain(now.phone)
    expect(await world.bank.findPayee(now.number)).toBeDefined()

    await readBack()
    expect(browser.text).toContain('Vouchers that were bought before stay good')
    await sign()
    expect(browser.url).toBe('/paid')
    expect(browser.text).toContain('Anybody can pay you')
    expect(await being()).toMatchObject({ outcome: 'no-payee' })
    expect(await world.bank.findPayee(now.number)).toBeUndefined()
  }))

test('nothing is done unsigned, nor by a signature for the other way', () =>
  runtime.run(async () => {
    await signedIn()
    await readBack()
    const becoming = device.get(browser.asked.challenge, bankSite)
    await browser.send('/confirm', { response: '' })
    expect(browser.status).toBe(422)
    expect(await being()).toMatchObject({ outcome: 'no-payee' })
    await browser.send('/confirm', { response: becoming })
    expect(await being()).toMatchObject({ outcome: 'payee' })
    await readBack()
    await browser.send('/confirm', { response: becoming })
    expect(browser.status).toBe(422)
    expect(await being()).toMatchObject({ outcome: 'payee' })
  }))

test('without a passkey the page only says what there is', () =>
  runtime.run(async () => {
    await signedIn({ withPasskey: false })
    await readBack()
    expect(browser.body).toContain('href="/passkeys"')
    expect(browser.has('/confirm')).toBe(false)
    expect(await being()).toMatchObject({ outcome: 'no-payee' })
  }))

test('a host that has not answered yet: the number is on its way, and there when one looks again', () =>
  runtime.run(async () => {
    await signedIn()
    await world.neighbours().close()
    await readBack()
    await sign()
    expect(browser.url).toBe('/paid')
    expect(browser.text).toContain('it is on its way')
    expect(browser.has('/paid')).toBe(false)
  }))

test('a blocked account becomes no payee', () =>
  runtime.run(async () => {
    await signedIn()
    await readBack()
    const { account } = world.customers.cai
    const response = device.get(browser.asked.challenge, bankSite)
    await world.bank.block({ intent: intentId('blocked'), account, what: 'account', channel: 'page' })
    await browser.send('/confirm', { response })
    expect(browser.status).toBe(422)
    expect(browser.text).toContain('blocked')
    expect(await being()).toMatchObject({ outcome: 'no-payee' })
  }))

test('a bank without a host says so', async () => {
  await app.close()
  await runtime.run(() => world.close())
  await openWith({ hosted: false })
  await runtime.run(async () => {
    await signedIn()
    await browser.open('/paid')
    expect(browser.text).toContain('Our bank does not offer this at the moment.')
    expect(browser.has('/paid')).toBe(false)
  })
})
