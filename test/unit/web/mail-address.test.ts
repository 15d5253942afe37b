/** Where a customer is written to, on pages: taken down at the counter by two people, and shown to its customer alone, masked. */
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Signer } from '../../../src/keys/person-key.ts'
import { signInAtBank } from '../../support/at-bank.ts'
import type { Authenticator } from '../../support/authenticator.ts'
import { confirmations } from '../../support/confirmations.ts'
import { bankWebOf, counterOrigin, counterWebOf, PaperBrowser } from '../../support/paper-browser.ts'
import { enrolPerson } from '../../support/people-by-passkey.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const site = { id: 'counter.harbour.localhost', origin: counterOrigin }

let world: World
let runtime: VirtualRuntime
let opened: FastifyInstance[]

beforeEach(() => {
  runtime = new VirtualRuntime({ seed: 790 })
  opened = []
})
afterEach(async () => {
  for (const app of opened) await app.close()
  await world.close()
})

async function browserAt(which: 'bank' | 'counter'): Promise<PaperBrowser> {
  const app = which === 'bank' ? await bankWebOf(world) : await counterWebOf(world)
  opened.push(app)
  return new PaperBrowser(app, { host: which === 'bank' ? 'harbour.localhost' : site.id })
}

async function clerk(signer: Signer): Promise<{ browser: PaperBrowser; device: Authenticator }> {
  const device = await enrolPerson(world.harbour, runtime, signer, site)
  const browser = await browserAt('counter')
  await browser.open('/')
  await browser.send('/', { response: device.get(browser.asked.challenge, site) })
  return { browser, device }
}

test('one clerk takes it down, another approves, and its customer sees it masked; empty is none any more', () =>
  runtime.run(async () => {
    world = await openWorld({ runtime, bank: { confirmations } })
    const { ada } = world.customers
    const { account } = ada
    const [mei, peter] = [await clerk(world.staff.maker), await clerk(world.staff.checker)]
    const take = async (address: string) => {
      await mei.browser.open(`/propose?kind=set-address&account=${account}`)
      await mei.browser.send('/propose', { account, address, why: 'identity card seen' })
      if (mei.browser.status === 422) return
      await mei.browser.send('/sign', { response: mei.device.get(mei.browser.asked.challenge, site) })
      await peter.browser.open(mei.browser.url)
      expect(peter.browser.text).toContain(address === '' ? 'none' : 'Ada.Chen@example.org')
      await peter.browser.send('/proposal', { response: peter.device.get(peter.browser.asked.challenge, site) })
    }
    await take('ada@example.org, eve@example.net')
    expect(mei.browser.text).toContain('Type an address of mail')
    const own = await browserAt('bank')
    await signInAtBank(own, ada)
    await own.open('/account')
    expect(own.text).toContain('you may leave an address of mail')
    await take('Ada.Chen@EXAMPLE.org')
    expect(peter.browser.text).toContain('Approved and done')
    await own.open('/account')
    expect(own.text).toContain('is written to A•••@example.org')
    expect(own.body).not.toContain('Ada.Chen')
    await mei.browser.open(`/customer?account=${account}`)
    expect(mei.browser.text).toContain('A•••@example.org')
    expect(mei.browser.body).not.toContain('Ada.Chen')
    await take('')
    await own.open('/account')
    expect(own.text).toContain('you may leave an address of mail')
    expect(await world.audited()).toEqual([])
  }))

test('a bank that writes to nobody asks for none, and shows none', () =>
  runtime.run(async () => {
    world = await openWorld({ runtime })
    const mei = await clerk(world.staff.maker)
    expect(mei.browser.text).not.toContain('where a customer is written to')
    await mei.browser.open('/propose?kind=set-address')
    expect(mei.browser.url).toBe('/desk')
    const own = await browserAt('bank')
    await signInAtBank(own, world.customers.ada)
    await own.open('/account')
    expect(own.text).toContain('Hello Ada Chen.')
    expect(own.text).not.toContain('address of mail')
  }))
