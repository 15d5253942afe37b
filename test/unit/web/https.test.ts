/** Pages that browsers reach by HTTPS, at the institution itself or at a proxy in front of it. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { selfSigned } from '../../../src/keys/certificate.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { loadCatalogue } from '../../../src/speech/speech.ts'
import { openBankWeb } from '../../../src/web/web.ts'
import { Authenticator } from '../../support/authenticator.ts'
import { bankWebOf, PaperBrowser, unhurried } from '../../support/paper-browser.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const name = 'bank.example'
let world: World
afterEach(() => world.close())

test('at a proxy: cookies are this host’s alone, and the proxy’s word for where somebody comes from counts', async () => {
  const runtime = new VirtualRuntime({ seed: 31 })
  world = await openWorld({ runtime })
  const app = await bankWebOf(world, { names: [name], isHttps: true, proxies: ['127.0.0.1'] }, `https://${name}`)
  await runtime.run(async () => {
    const { cai } = world.customers
    const from = (address: string) =>
      new PaperBrowser(app, { host: name, 'x-forwarded-proto': 'https', 'x-forwarded-for': address })
    const browser = from('203.0.113.5')
    await browser.open('/')
    expect(browser.headers['strict-transport-security']).toBe('max-age=31536000')
    expect(browser.headers['set-cookie']).toMatch(
      /^__Host-visitor=[0-9a-f]{32}; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    )
    await browser.send('/', { account: cai.account, pin: cai.pin })
    expect(browser.url).toBe('/account')
    // A cookie that another host could have set is none.
    const planted = new PaperBrowser(app, { host: name, cookie: `visitor=${browser.cookie('__Host-visitor')}` })
    await planted.open('/account')
    expect(planted.title).toContain('Sign in')

    const guesser = from('203.0.113.9')
    for (let time = 0; time < 3; time++) {
      await guesser.open('/')
      await guesser.send('/', { account: cai.account, pin: '905318' })
    }
    expect(guesser.text).toContain('closed to where you are')
    const owner = from('203.0.113.6')
    await owner.open('/')
    await owner.send('/', { account: cai.account, pin: cai.pin })
    expect(owner.url).toBe('/account')

    // The passkey signs for the name that browsers see, by HTTPS and without a port.
    const { code } = await world.bank.passkeyCode(cai.account)
    await owner.open('/passkeys')
    await owner.send('/passkeys', { code: code.reveal(), name: 'x' })
    const device = new Authenticator('x')
    const { challenge } = owner.asked
    await owner.send('/passkeys/new', { response: device.create(challenge, { id: name, origin: `http://${name}` }) })
    expect(owner.text).toContain('not signed with one of your passkeys')
    await owner.send('/passkeys/new', { response: device.create(challenge, { id: name, origin: `https://${name}` }) })
    expect(owner.text).toContain('The passkey is set up.')
  })
  await app.close()
})

test('who is no proxy of ours is not believed where somebody comes from', async () => {
  const runtime = new VirtualRuntime({ seed: 32 })
  world = await openWorld({ runtime })
  const app = await bankWebOf(world, { names: [name] }, `http://${name}`)
  await runtime.run(async () => {
    const { cai } = world.customers
    for (let time = 0; time < 3; time++) {
      const guesser = new PaperBrowser(app, { host: name, 'x-forwarded-for': `203.0.113.${time}` })
      await guesser.open('/')
      await guesser.send('/', { account: cai.account, pin: '905318' })
      if (time === 2) expect(guesser.text).toContain('closed to where you are')
    }
    const forwarded = await app.inject({ url: '/', headers: { host: 'evil.example', 'x-forwarded-host': name } })
    expect(forwarded.statusCode).toBe(421)
  })
  await app.close()
})

test('at the institution itself: TLS 1.2 and later, with the files that are configured', async () => {
  world = await openWorld({ runtime: systemRuntime })
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-https-'))
  const { privateKey } = generateKeyPairSync('ed25519')
  const identity = selfSigned(privateKey)
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
  writeFileSync(certificate, identity.certificate)
  writeFileSync(key, identity.privateKey, { mode: 0o600 })
  const { harbour } = world
  const server = await openBankWeb(
    { ...unhurried, names: [name], isHttps: true, https: { certificate, key } },
    {
      ...harbour,
      url: `https://${name}`,
      runtime: systemRuntime,
      catalogue: loadCatalogue('prompts'),
      formKey: await harbour.keyFor('forms'),
      troubled: () => {},
    },
  )
  const { port } = new URL(server.url)
  const asked = {
    host: '127.0.0.1',
    port,
    headers: { host: name },
    ca: identity.certificate,
    checkServerIdentity: () => undefined,
  }
  const answer = await new Promise<{ status: number | undefined; cookie: string }>((resolve, reject) => {
    request(asked, response => {
      response.resume()
      resolve({ status: response.statusCode, cookie: `${response.headers['set-cookie']}` })
    })
      .once('error', reject)
      .end()
  })
  expect(answer.status).toBe(200)
  expect(answer.cookie).toContain('__Host-visitor=')
  expect(server.url).toMatch(/^https:\/\/bank\.example:\d+$/)
  const old = { ...asked, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' } as const
  await expect(
    new Promise((resolve, reject) => {
      request(old, resolve).once('error', reject).end()
    }),
  ).rejects.toThrow()
  await server.close()
  rmSync(folder, { recursive: true })
})
