/** The edge of the network with real sockets: telephones on this side, and on the other a program in Asterisk's place. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectTcp, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemRuntime } from '../../../../src/runtime.ts'
import { freePort } from '../../../../src/switch/ports.ts'
import type { Block } from '../../../../src/switch/tls-edge/blocks.ts'
import { openTlsEdge, type TlsEdge } from '../../../../src/switch/tls-edge/tls-edge.ts'

const loopback = '127.0.0.1'
const folder = mkdtempSync(join(tmpdir(), 'tonebank-tls-edge-'))
const certificate = {
  ...{ certificateFile: join(folder, 'c.pem'), privateKeyFile: join(folder, 'k.pem'), fingerprint: '' },
}
let edge: TlsEdge
let port: number
let asteriskPort: number
let blocked: Block[]
/** Connections that came to where Asterisk would be. */
let came: Socket[]
const closing: (() => unknown)[] = []

beforeAll(() => {
  const files = ['-keyout', certificate.privateKeyFile, '-out', certificate.certificateFile]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=x']
  execFileSync('openssl', ['req', '-x509', ...kind, ...files], { stdio: 'ignore' })
})
afterAll(() => rmSync(folder, { recursive: true }))

beforeEach(async () => {
  ;[blocked, came] = [[], []]
  asteriskPort = await freePort(systemRuntime, 'tcp', loopback)
  const asterisk = createServer(socket => void came.push(socket.on('error', () => {})))
  asterisk.listen(asteriskPort, loopback)
  port = await freePort(systemRuntime, 'tcp', loopback)
  edge = await openTlsEdge(
    {
      own: { address: loopback, port },
      asterisk: { address: loopback, port: asteriskPort, from: '127.0.0.3' },
      ...{ userAgent: 'Tonebank test', certificate, onBlocked: block => blocked.push(block) },
    },
    systemRuntime,
  )
  closing.push(() => asterisk.close())
})
afterEach(() => {
  edge.close()
  for (const socket of came) socket.destroy()
  for (const close of closing.splice(0)) close()
})

const secured = (localAddress: string) =>
  connect({ socket: connectTcp({ host: loopback, port, localAddress }), rejectUnauthorized: false })

/** However it ends. */
const closed = (socket: Socket) => new Promise<void>(resolve => socket.once('close', () => resolve()))

async function telephone(localAddress = '127.0.0.9'): Promise<TLSSocket> {
  const socket = secured(localAddress)
  closing.push(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket.on('error', () => {})
}

const isRefused = (localAddress: string) =>
  new Promise<boolean>(resolve => {
    const socket = secured(localAddress)
    socket.on('secureConnect', () => {
      resolve(false)
      socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(true))
  })

const ask = (method: string, sequence: number) =>
  [
    `${method} sip:9001@${loopback} SIP/2.0`,
    ...['Via: SIP/2.0/TLS phone;branch=z9hG4bK1;rport', 'From: <sip:a>;tag=1', 'To: <sip:9001>', 'Call-ID: 7'],
    ...[`CSeq: ${sequence} ${method}`, 'Content-Length: 0', '', ''],
  ].join('\r\n')

async function next(socket: Socket): Promise<string> {
  const [bytes] = await once(socket, 'data')
  return String(bytes)
}

const asteriskHas = (count: number) => expect.poll(() => came.length).toBe(count)

test('a request reaches Asterisk from the loopback of the network, and what comes back names TLS and the telephone', async () => {
  const phone = await telephone()
  phone.write(ask('REGISTER', 1))
  await asteriskHas(1)
  const [inner] = came
  if (!inner) throw new Error('nobody came')
  expect(inner.remoteAddress).toBe('127.0.0.3')
  expect(await next(inner)).toBe(ask('REGISTER', 1))

  const heard = next(phone)
  const contact = `Contact: <sip:room1@127.0.0.3:${inner.remotePort};transport=TCP>;expires=60`
  inner.write(`SIP/2.0 200 OK\r\nCall-ID: 7\r\nCSeq: 1 REGISTER\r\n${contact}\r\nContent-Length: 0\r\n\r\n`)
  expect(await heard).toContain(`Contact: <sip:room1@127.0.0.9:${phone.localPort};transport=tls>;expires=60`)

  // Asterisk calls the telephone: both say how they were reached, each in its own words.
  const called = next(phone)
  const via = 'Via: SIP/2.0/TCP 127.0.0.1:5061;branch=z9hG4bK2'
  inner.write(
    `OPTIONS sip:room1@127.0.0.3:${inner.remotePort};transport=TCP SIP/2.0\r\n${via}\r\nContent-Length: 0\r\n\r\n`,
  )
  expect(await called).toContain('Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bK2')
  const answered = next(inner)
  phone.write(`SIP/2.0 200 OK\r\n${via.replace('TCP', 'TLS')}\r\nContent-Length: 0\r\n\r\n`)
  expect(await answered).toContain(via)
})

test('whoever asks and never says who they are is shut out, and a telephone from elsewhere goes on', async () => {
  const scanner = await telephone('127.0.0.8')
  const phone = await telephone()
  const gone = closed(scanner)
  for (let sequence = 1; sequence <= 12; sequence++) {
    scanner.write(ask('INVITE', sequence))
    await asteriskHas(1)
    const [inner] = came
    if (!inner || sequence === 12) continue
    await next(inner)
    inner.write(`SIP/2.0 401 Unauthorized\r\nCall-ID: 7\r\nCSeq: ${sequence} INVITE\r\nContent-Length: 0\r\n\r\n`)
    await next(scanner)
  }
  const [inner] = came
  inner?.write('SIP/2.0 401 Unauthorized\r\nCall-ID: 7\r\nCSeq: 12 INVITE\r\nContent-Length: 0\r\n\r\n')
  await gone
  expect(blocked).toMatchObject([{ address: '127.0.0.8', why: 'stranger', seconds: 60 }])
  expect(await isRefused('127.0.0.8')).toBe(true)
  phone.write(ask('REGISTER', 1))
  await asteriskHas(2)
  expect(edge.security()).toMatchObject({ blocks: [{ address: '127.0.0.8' }] })
  // The last of them for leaving.
  expect(edge.security().offences.get('stranger')).toBe(12)
})

test('what is no TLS, and what in it is no SIP, counts against its address', async () => {
  for (let time = 0; time < 11; time++) {
    const socket = connectTcp({ host: loopback, port, localAddress: '127.0.0.7' })
    socket.on('error', () => {}).write('GET / HTTP/1.0\r\n\r\n')
    await closed(socket)
  }
  await expect.poll(() => blocked).toMatchObject([{ address: '127.0.0.7', why: 'no-tls' }])
  const phone = await telephone()
  phone.write('GET / HTTP/1.0\r\n\r\n')
  await closed(phone)
  expect(edge.security().offences.get('no-sip')).toBe(1)
  expect(came).toEqual([])
})

test('an address has sixteen handshakes at once, each for five seconds', async () => {
  const open = Array.from({ length: 20 }, () => connectTcp({ host: loopback, port, localAddress: '127.0.0.6' }))
  const beganAtMs = performance.now()
  const lasted = open.map(async socket => {
    socket.on('error', () => {}).resume()
    await closed(socket)
    return performance.now() - beganAtMs
  })
  const all = await Promise.all(lasted)
  expect(all.filter(ms => ms < 2_000)).toHaveLength(4)
  expect(all.filter(ms => ms > 4_500 && ms < 8_000)).toHaveLength(16)
  expect(blocked).toMatchObject([{ address: '127.0.0.6', why: 'no-tls' }])
})
