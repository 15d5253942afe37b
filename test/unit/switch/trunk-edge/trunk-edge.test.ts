/** The edge of a trunk with real sockets, in front of a provider that says what it likes. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { systemRuntime } from '../../../../src/runtime.ts'
import { Secret } from '../../../../src/secret.ts'
import { readSipMessage } from '../../../../src/sip-message.ts'
import { freePort } from '../../../../src/switch/ports.ts'
import type { Trunk } from '../../../../src/switch/trunk-edge/trunk.ts'
import { openTrunkEdge, type TrunkEdge } from '../../../../src/switch/trunk-edge/trunk-edge.ts'

const loopback = '127.0.0.1'
const sockets: Socket[] = []
const edges: TrunkEdge[] = []

afterEach(async () => {
  await Promise.all(edges.splice(0).map(edge => edge.close()))
  for (const socket of sockets.splice(0)) socket.close()
})

async function at(address: string, port = 0): Promise<Socket> {
  const socket = createSocket('udp4').bind(port, address)
  sockets.push(socket)
  await once(socket, 'listening')
  return socket
}

async function trunkTo(host: string, port: number, isRegistering: boolean): Promise<Trunk> {
  return {
    ...{ name: 'carrier', addresses: [], numbers: { 4711: '9001' }, attested: false, key: 'KEY' },
    register: isRegistering ? { account: { user: 'a', password: new Secret('b') }, seconds: 600 } : undefined,
    provider: { host, port, transport: 'udp' },
    own: { address: loopback, port: await freePort(systemRuntime, 'udp', loopback) },
    calls: { mostAtOnce: 1, rate: { burst: 1, perMinute: 1 } },
  }
}

async function open(trunk: Trunk, lookUp?: (host: string) => Promise<readonly string[]>): Promise<TrunkEdge> {
  const options = {
    ...{ trunk, userAgent: 'Tonebank test', asteriskSays: { address: loopback, port: 5060 }, onChanged: () => {} },
    asterisk: { address: loopback, port: 9, from: '127.0.1.1' },
    ...(lookUp && { lookUp }),
  }
  const edge = await openTrunkEdge(options, systemRuntime)
  edges.push(edge)
  return edge
}

test('is closed when its port is free, however silent the provider', async () => {
  const silent = await at('127.0.0.21')
  const trunk = await trunkTo('127.0.0.21', silent.address().port, true)
  const edge = await open(trunk)
  await once(silent, 'message')
  const beganAtMs = performance.now()
  await edge.close()
  expect(performance.now() - beganAtMs).toBeLessThan(500)
  await open(trunk)
})

test('gives its registration back first, and waits for a second at most', async () => {
  const provider = await at('127.0.0.21')
  const heard: string[] = []
  provider.on('message', (bytes, { port, address }) => {
    const request = readSipMessage(bytes)
    if (request?.kind !== 'request') return
    const expires = request.fields.find(({ name }) => name === 'expires')?.value ?? ''
    heard.push(`${request.method} ${expires}`)
    const copied = request.fields.filter(({ name }) => ['via', 'from', 'to', 'call-id', 'cseq'].includes(name))
    const answer = ['SIP/2.0 200 OK', ...copied.map(({ raw }) => raw), '', ''].join('\r\n')
    if (expires !== '0') provider.send(answer, port, address)
  })
  const trunk = await trunkTo('127.0.0.21', provider.address().port, true)
  const edge = await open(trunk)
  for (let wait = 0; wait < 100 && edge.standing().state !== 'registered'; wait++) await systemRuntime.sleep(20)
  const beganAtMs = performance.now()
  await Promise.all([edge.close(), edge.close()])
  expect(performance.now() - beganAtMs).toBeLessThan(1_500)
  expect(heard.slice(0, 2)).toEqual(['REGISTER 600', 'REGISTER 0'])
  await open(trunk)
})

test('serves all addresses of the provider’s name, which is looked up once', async () => {
  const first = await at('127.0.0.21')
  const [port, names] = [first.address().port, [] as string[]]
  const [second, stranger] = [await at('127.0.0.22'), await at('127.0.0.23')]
  const trunk = await trunkTo('sip.provider.example', port, false)
  await open(trunk, async host => {
    names.push(host)
    return ['127.0.0.21', '127.0.0.22']
  })
  await once(first, 'message')
  const answers: string[] = []
  for (const [name, socket] of Object.entries({ second, stranger })) {
    socket.on('message', () => answers.push(name))
    socket.send(['OPTIONS sip:a SIP/2.0', 'Via: SIP/2.0/UDP a', '', ''].join('\r\n'), trunk.own.port, loopback)
  }
  for (let wait = 0; wait < 50 && answers.length === 0; wait++) await systemRuntime.sleep(20)
  await systemRuntime.sleep(100)
  expect([answers, names]).toEqual([['second'], ['sip.provider.example']])
})
