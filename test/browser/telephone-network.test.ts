/// <reference lib="dom" />
/**
 * The telephone off the machine: `--lan` serves the page by HTTPS at an address of the network, and a call from it reaches nothing but
 * the lines. What passes there is captured and compared, packet by packet, with what the browser heard. What the address of a
 * network card receives from this very machine is not told from what others send: the same sockets take both.
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { aLaw } from '../../src/g711.ts'
import { parseRtp } from '../../src/rtp/packet.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { needsCapture, startCapture } from '../calls/harness/capture.ts'
import { type Network, startNetwork } from '../calls/harness/network.ts'
import { call, encryption, framesHeard, openPage } from './page-calls.ts'
import { openChromium } from './web.ts'

let network: Network
let browser: Browser
let url: URL
let certificate: Buffer
/** Of Asterisk and of the edges. */
let kept: {
  ports: Record<string, number>
  phonePasswords: Record<string, string>
  ariPasswords: Record<string, string>
}

beforeAll(async () => {
  network = await startNetwork(['--lan'])
  url = new URL(/certificate above: (\S+)/.exec(network.printed())?.[1] ?? '')
  certificate = readFileSync(join(network.dataFolder, 'switch/certificate/network-certificate.pem'))
  kept = JSON.parse(readFileSync(join(network.dataFolder, 'switch/installation.json'), 'utf8'))
  browser = await openChromium()
}, 240_000)
afterAll(async () => {
  await browser?.close()
  await network?.stop()
  network?.remove()
})

/** By a client that trusts this certificate alone and compares the address with it. */
function ask(path: string, how: { method?: string; headers?: Record<string, string>; ca?: Buffer | undefined } = {}) {
  const { method = 'GET', headers = {}, ca = certificate } = how
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const asked = request(new URL(path, url), { method, headers, ca, agent: false }, response => {
      let body = ''
      response.on('data', text => (body += text))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

test('the page comes by HTTPS with the certificate that was printed, and without secrets', async () => {
  expect(url.protocol).toBe('https:')
  expect(url.hostname).not.toMatch(/^127\.|localhost/)
  const { fingerprint256 } = new X509Certificate(certificate)
  expect(network.printed()).toContain(fingerprint256)
  await expect(ask('/', { ca: Buffer.alloc(0) })).rejects.toThrow(/self-signed/)
  const { status, body } = await ask('/')
  expect(status).toBe(200)
  for (const { account, pin, card } of network.customers) {
    expect(body.replace(/ /g, '')).toContain(account)
    for (const secret of [pin, card?.pin, card?.password]) if (secret) expect(body).not.toContain(`<strong>${secret}<`)
  }
  for (const password of Object.values(kept.phonePasswords)) expect(body).not.toContain(password)
  expect((await ask('/', { headers: { host: 'localhost' } })).status).toBe(421)
})

test('ARI, AMI, SIP and the pages of this machine do not answer there', async () => {
  const answers = (port: number) =>
    new Promise<boolean>(resolve => {
      const socket = connect({ host: url.hostname, port })
      socket.on('connect', () => resolve(true))
      socket.on('error', () => resolve(false))
      socket.on('close', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
  const own = Number(/Begin at \S+:(\d+)\. /.exec(network.printed())?.[1])
  const operators = Number(/Operators look at \S+:(\d+)/.exec(network.printed())?.[1])
  expect(operators).toBeGreaterThan(0)
  for (const port of [
    operators,
    kept.ports['ari'],
    kept.ports['manager'],
    kept.ports['sip'],
    kept.ports['asteriskSip'],
    own,
  ])
    expect(await answers(port ?? 0), `${port}`).toBe(false)
  expect(await answers(Number(url.port))).toBe(true)

  // With an institution's own password, and by the names that Asterisk has.
  const authorization = `Basic ${Buffer.from(`harbour:${kept.ariPasswords['harbour']}`).toString('base64')}`
  const asterisk = await fetch(`http://127.0.0.1:${kept.ports['ari']}/ari/asterisk/info`, {
    headers: { authorization },
  })
  expect(asterisk.status).toBe(200)
  for (const path of ['/ari/asterisk/info', '/ari/channels', '/ari/api-docs/resources.json', '/httpstatus', '/ws'])
    expect((await ask(path, { headers: { authorization } })).status, path).toBe(404)
})

/** Resolves with the socket, or the status that refused it. */
function socketAt(path: string, protocols: string[], origin: string) {
  const socket = new WebSocket(new URL(path, url.href.replace('https', 'wss')), protocols, { origin, ca: certificate })
  return new Promise<WebSocket | number | undefined>(resolve => {
    socket.on('open', () => resolve(socket))
    socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode))
    socket.on('error', () => {})
  })
}

async function lent(): Promise<{ account: string; ticket: string }> {
  const { status, body } = await ask('/telephone/line', { method: 'POST', headers: { origin: url.origin } })
  expect(status).toBe(200)
  return JSON.parse(body)
}

const sip = (method: string, user: string, number: string, headers: readonly string[] = []) =>
  [
    `${method} sip:${number}@${url.hostname} SIP/2.0`,
    'Via: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks',
    `From: <sip:${user}@${url.hostname}>;tag=ours`,
    `To: <sip:${number}@${url.hostname}>`,
    ...[`Call-ID: ${method}-${user}`, `CSeq: 1 ${method}`, 'Contact: <sip:x@df7jal23ls0d.invalid;transport=ws>'],
    ...[...headers, 'Content-Length: 0', '', ''],
  ].join('\r\n')

test('only the page’s origin passes, by its ticket, and only with the account that it was lent', async () => {
  const { account, ticket } = await lent()
  for (const origin of ['https://evil.example', url.origin.replace('https', 'http'), 'http://localhost:8400'])
    expect(await socketAt('/ws', ['sip', `ticket.${ticket}`], origin), origin).toBe(403)
  const refused = await ask('/telephone/line', { method: 'POST', headers: { origin: 'https://evil.example' } })
  expect(refused.status).toBe(403)
  expect(await socketAt('/ws', ['sip'], url.origin)).toBe(403)
  expect(await socketAt('/ari/events?app=harbour', ['sip', `ticket.${ticket}`], url.origin)).toBe(403)
  const socket = await socketAt('/ws', ['sip', `ticket.${ticket}`], url.origin)
  if (!(socket instanceof WebSocket)) throw new Error(`refused: ${socket}`)
  const answers: string[] = []
  socket.on('message', data => answers.push(`${data}`.split('\r\n')[0] ?? ''))
  const authorization = 'Authorization: Digest username="phone1",realm="asterisk",nonce="n",uri="sip:9001",response="r"'
  for (const [method, user, number] of [
    ['INVITE', 'phone1', '9001'],
    ['INVITE', 'lan1', '9001'],
    ['REGISTER', 'phone1', '9001'],
    ['OPTIONS', account, '9001'],
    ['MESSAGE', account, '9001'],
    ['INVITE', account, 'phone1'],
  ] as const)
    socket.send(sip(method, user, number, [authorization]))
  await expect.poll(() => answers.map(line => line.split(' ')[1])).toEqual(['403', '403', '405', '405', '405', '404'])
  socket.close()
})

test('one address of the network has four telephones, and this machine’s own page has one then still', async () => {
  for (let count = 0; count < 4; count++) await lent()
  const fifth = await ask('/telephone/line', { method: 'POST', headers: { origin: url.origin } })
  expect(fifth.status).toBe(429)
  const here = /Begin at (\S+?)\. /.exec(network.printed())?.[1] ?? ''
  const own = await fetch(`${here}/telephone/line`, { method: 'POST', headers: { origin: here } })
  expect(own.status).toBe(200)
  // A ticket that nobody uses is none after 10 s.
  await systemRuntime.sleep(11_000)
  await lent()
})

test('a call from there asks for a balance, and nothing of it passes in clear', async context => {
  needsCapture(context)
  const [owner] = network.customers
  const capture = await startCapture(url.hostname)
  const page = await openPage(browser, url.href, { ignoreHTTPSErrors: true })
  expect(await page.evaluate('isSecureContext')).toBe(true)
  const bank = await call(network, page, '9001', 'harbour')
  await bank.answer('language.choose', '1')
  await bank.answer('sign-in.account', `${owner?.account}#`)
  await bank.answer('sign-in.pin', `${owner?.pin}`)
  await bank.answer('bank.menu', '1')
  await bank.hears('balance.told')
  await page.waitForTimeout(3_000)
  expect(await encryption(page)).toEqual(['connected', expect.stringContaining('AES')])
  const candidates: string = await page.evaluate(
    `connections.at(-1).remoteDescription.sdp.match(/a=candidate:.*/g).join()`,
  )
  expect(candidates).toMatch(new RegExp(`^a=candidate:1 1 udp \\d+ ${url.hostname} \\d+ typ host( generation 0)?\\s*$`))
  const heard = await framesHeard(page)
  await page.context().close()
  await bank.ended()
  const packets = await capture.end()

  // RFC 9443, section 2: the first byte tells a handshake from RTP.
  const handshake = packets.filter(({ payload }) => (payload[0] ?? 0) >= 20 && (payload[0] ?? 0) <= 63)
  expect(new Set(handshake.map(({ sourcePort }) => sourcePort)).size).toBeGreaterThanOrEqual(2)
  const sound = packets.flatMap(({ payload }) => parseRtp(payload) ?? []).filter(({ payloadType }) => payloadType === 8)
  const clear = sound.flatMap(({ timestamp, payload }) => {
    const codes = heard.get(timestamp)
    return codes ? [{ codes, payload }] : []
  })
  expect(clear.length).toBeGreaterThan(300)
  // Of two rows of bytes that know nothing of each other one in 256 agrees. Silence, which the page sends, would agree in all.
  const agreeing = (one: Uint8Array, other: (at: number) => number | undefined) =>
    one.reduce((sum, byte, at) => sum + (byte === other(at) ? 1 : 0), 0)
  const ofHeard = clear.reduce((sum, { codes, payload }) => sum + agreeing(codes, at => payload[at]), 0)
  const ofSilence = sound.reduce((sum, { payload }) => sum + agreeing(payload, () => aLaw.silence), 0)
  const octets = sound.reduce((sum, { payload }) => sum + payload.length, 0)
  const shares = [ofHeard / clear.reduce((sum, { codes }) => sum + codes.length, 0), ofSilence / octets]
  console.log(
    `${packets.length} packets, ${handshake.length} of handshakes, ${sound.length} of sound, ${clear.length} of them heard in the browser: ` +
      `${shares.map(share => `${(share * 100).toFixed(2)} %`).join(' and ')} of bytes agree with what was heard, and with silence (1/256 = 0.39 %)`,
  )
  for (const share of shares) expect(share).toBeLessThan(0.01)
  // Behind the sound of each stands the proof that it is whole (RFC 3711, section 4.2; RFC 7714, section 13).
  expect([...new Set(clear.map(({ codes, payload }) => payload.length - codes.length))]).toEqual([
    expect.toSatisfy((more: number) => more === 10 || more === 16),
  ])
}, 180_000)
