/** A certificate that is renewed in its files: new connections are shown it, and none that stands is cut. */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { selfSigned } from '../../../src/keys/certificate.ts'
import { type Runtime, systemRuntime } from '../../../src/runtime.ts'
import { bareServer, listen, type OpenServer } from '../../../src/web/server.ts'

/** A minute takes 30 ms. */
const hasty: Runtime = { ...systemRuntime, sleep: (ms, signal) => systemRuntime.sleep(ms / 2_000, signal) }
const day = 86_400_000

let folder: string
let files: { readonly certificate: string; readonly key: string }
let server: OpenServer
let goOn = () => {}
let isSlow = false
const complaints: string[] = []
const ends: [string, number][] = []
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-certificate-'))
  files = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') }
  complaints.length = 0
  ends.length = 0
  renew()
  const rate = { burst: 1_000, perMinute: 1_000 }
  const place = {
    ...{ host: '127.0.0.1', port: 0, names: ['bank.example'], https: files, proxies: [], isHttps: true },
    rates: { caller: rate, withheld: rate },
  }
  const app = bareServer(place, hasty)
  app.get('/', async () => 'quick')
  app.get('/slow', async () => {
    isSlow = true
    await new Promise<void>(resolve => {
      goOn = resolve
    })
    return 'slow'
  })
  server = await listen(app, place, {
    runtime: hasty,
    troubled: error => complaints.push(String(error)),
    certificateEnds: async (file, end) => {
      ends.push([file, end])
    },
  })
})
afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

/** Writes both files, of a new key, and returns the certificate's fingerprint. */
function renew(validDays?: number, also: 'certificate' | 'both' = 'both'): string {
  const now = systemRuntime.wallNow()
  const { privateKey } = generateKeyPairSync('ed25519')
  const made = selfSigned(privateKey, { from: now - day, until: now + (validDays ?? 90) * day })
  writeFileSync(files.certificate, made.certificate)
  if (also === 'both') writeFileSync(files.key, made.privateKey)
  return new X509Certificate(made.certificate).fingerprint256
}

function shown(): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname: host, port } = { hostname: '127.0.0.1', port: Number(new URL(server.url).port) }
    const socket = connect({ host, port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '')
      socket.destroy()
    }).once('error', reject)
  })
}

function ask(agent: Agent, path: string): Promise<{ body: string; socket: TLSSocket }> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(server.url)
    const options = {
      agent,
      host: '127.0.0.1',
      port,
      path,
      headers: { host: 'bank.example' },
      rejectUnauthorized: false,
    }
    request(options, answer => {
      let body = ''
      const socket = answer.socket as TLSSocket
      answer.on('data', data => {
        body += data
      })
      answer.on('end', () => resolve({ body, socket }))
    })
      .once('error', reject)
      .end()
  })
}

test('is shown to new connections, while those that stand go on', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const first = await shown()
  const underWay = ask(agent, '/slow')
  await expect.poll(() => isSlow).toBe(true)
  const next = renew()
  expect(next).not.toBe(first)
  await expect.poll(shown).toBe(next)
  goOn()
  const slow = await underWay
  expect(slow.body).toBe('slow')
  const again = await ask(agent, '/')
  expect(again.body).toBe('quick')
  expect(again.socket, 'the same connection goes on').toBe(slow.socket)
  expect(again.socket.getPeerX509Certificate()?.fingerprint256).toBe(first)
  expect([complaints, ends]).toEqual([[], []])
  agent.destroy()
})

test('that does not fit its key is not shown, and said once', async () => {
  const first = await shown()
  renew(90, 'certificate')
  await expect.poll(() => complaints.length).toBe(1)
  await systemRuntime.sleep(200)
  expect(complaints).toEqual([expect.stringContaining('does not hold the key of')])
  expect(await shown()).toBe(first)
  const next = renew()
  await expect.poll(shown).toBe(next)
})

test('that ends within two weeks is told of', async () => {
  renew(15)
  await systemRuntime.sleep(200)
  expect(ends).toEqual([])
  renew(13)
  await expect.poll(() => ends.length).toBeGreaterThan(0)
  const [file, end] = ends[0] ?? ['', 0]
  expect(file).toBe(files.certificate)
  expect(Math.abs(end - systemRuntime.wallNow() - 13 * day)).toBeLessThan(60_000)
})
