/** The edge with real sockets: telephones on this side, and on the other a program in Asterisk's place. */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemRuntime } from '../../../../src/runtime.ts'
import { freePort } from '../../../../src/switch/ports.ts'
import { openSipEdge, type SipEdge } from '../../../../src/switch/sip-edge/sip-edge.ts'

const loopback = '127.0.0.1'
let edge: SipEdge
let own = { address: loopback, port: 0 }
let asterisk = { address: loopback, port: 0 }
let nowMs = 0
let sweep: () => void = () => {}
let admits: (address: string) => boolean = () => true
const closing: (() => unknown)[] = []

/** Its clock stands until `later`, and so does its broom. */
const runtime = {
  ...systemRuntime,
  monotonicMs: () => nowMs,
  sleep: (_: number, signal?: { addEventListener(type: 'abort', work: () => void): void }) =>
    new Promise<void>((resolve, reject) => {
      sweep = resolve
      signal?.addEventListener('abort', () => reject(new Error('closed')))
    }),
}

async function later(ms: number): Promise<void> {
  nowMs += ms
  sweep()
  await systemRuntime.sleep(20)
}

beforeEach(async () => {
  own = { address: loopback, port: await freePort(systemRuntime, 'tcp', loopback) }
  asterisk = { address: loopback, port: await freePort(systemRuntime, 'tcp', loopback) }
  admits = () => true
  const options = { own, asterisk, userAgent: 'Tonebank test', admits: (address: string) => admits(address) }
  edge = await openSipEdge(options, runtime)
})

afterEach(() => {
  edge.close()
  for (const close of closing.splice(0)) close()
})

const request = (method: string, ...more: string[]) =>
  [
    `${method} sip:9001@127.0.0.1 SIP/2.0`,
    ...['Via: SIP/2.0/UDP phone;branch=z9hG4bK1;rport', 'From: <sip:a>;tag=1', 'To: <sip:9001>;tag=2'],
    ...['Call-ID: 7', `CSeq: 1 ${method}`, ...more, 'Content-Length: 0', '', ''],
  ].join('\r\n')
const answer = (method: string) =>
  [`SIP/2.0 200 OK`, 'Call-ID: 7', `CSeq: 1 ${method}`, 'Content-Length: 0', '', ''].join('\r\n')

/** What came, piece by piece, with a way to wait for it. */
class Inbox<T> {
  readonly all: T[] = []
  add = (item: T) => void this.all.push(item)

  async next(): Promise<T> {
    for (let wait = 0; wait < 200 && this.all.length === 0; wait++) await systemRuntime.sleep(10)
    const first = this.all.shift()
    if (first === undefined) throw new Error('nothing came')
    return first
  }
}

/** However: `once` would reject where it ends with an error. */
const closed = (socket: Socket) => new Promise(resolve => socket.on('close', resolve))

interface Came {
  readonly text: string
  readonly from: number
}

async function datagrams(port = 0): Promise<{ socket: DatagramSocket; inbox: Inbox<Came>; port: number }> {
  const socket = createSocket('udp4')
  closing.push(() => socket.close())
  const inbox = new Inbox<Came>()
  socket.on('message', (bytes, { port: from }) => inbox.add({ text: bytes.toString(), from }))
  await new Promise<void>(resolve => socket.bind(port, loopback, resolve))
  return { socket, inbox, port: socket.address().port }
}

async function phoneByTcp(): Promise<{ socket: Socket; inbox: Inbox<string>; ended: Promise<unknown> }> {
  const socket = connect(own.port, loopback)
  closing.push(() => socket.destroy())
  socket.on('error', () => {})
  const ended = closed(socket)
  const inbox = new Inbox<string>()
  socket.on('data', bytes => inbox.add(bytes.toString()))
  await Promise.race([once(socket, 'connect').catch(() => {}), ended])
  return { socket, inbox, ended }
}

async function asteriskByTcp(): Promise<{ connections: Inbox<Socket>; inbox: Inbox<string> }> {
  const connections = new Inbox<Socket>()
  const inbox = new Inbox<string>()
  const server = createServer(socket => {
    closing.push(() => socket.destroy())
    socket.on('error', () => {})
    socket.on('data', bytes => inbox.add(bytes.toString()))
    connections.add(socket)
  })
  closing.push(() => server.close())
  server.listen(asterisk.port, loopback)
  await once(server, 'listening')
  return { connections, inbox }
}

describe('over UDP', () => {
  test('each telephone has a way of its own, on which Asterisk finds it', async () => {
    const inside = await datagrams(asterisk.port)
    const phones = [await datagrams(), await datagrams()]
    for (const phone of phones) phone.socket.send(request('OPTIONS'), own.port, loopback)
    const came = [await inside.inbox.next(), await inside.inbox.next()]
    expect(new Set(came.map(({ from }) => from)).size).toBe(2)
    expect(came.map(({ text }) => text)).toEqual([request('OPTIONS'), request('OPTIONS')])

    for (const { from } of came) inside.socket.send(`BYE sip:a@127.0.0.1:${from} SIP/2.0\r\n\r\n`, from, loopback)
    for (const phone of phones) {
      const bye = { text: `BYE sip:a@127.0.0.1:${phone.port} SIP/2.0\r\n\r\n`, from: own.port }
      expect(await phone.inbox.next()).toEqual(bye)
    }
  })

  test('what Asterisk would not answer is answered here, and never reaches it', async () => {
    const inside = await datagrams(asterisk.port)
    const phone = await datagrams()
    phone.socket.send(request('FOOBAR'), own.port, loopback)
    expect((await phone.inbox.next()).text).toContain(`SIP/2.0 405 Method Not Allowed\r\n`)
    expect(inside.inbox.all).toEqual([])
  })

  test('nobody else can speak to a telephone in Asterisk’s place', async () => {
    const inside = await datagrams(asterisk.port)
    const phone = await datagrams()
    phone.socket.send(request('OPTIONS'), own.port, loopback)
    const { from } = await inside.inbox.next()
    const stranger = await datagrams()
    stranger.socket.send(answer('OPTIONS'), from, loopback)
    inside.socket.send(answer('INVITE'), from, loopback)
    expect((await phone.inbox.next()).text).toBe(answer('INVITE'))
  })

  test('a way is the same until it was silent for long, and for as long as a call lasts', async () => {
    const inside = await datagrams(asterisk.port)
    const phone = await datagrams()
    const wayOf = async (method: string) => {
      phone.socket.send(request(method), own.port, loopback)
      return (await inside.inbox.next()).from
    }
    const first = await wayOf('OPTIONS')
    await later(190_000)
    expect(await wayOf('INVITE')).toBe(first)
    inside.socket.send(answer('INVITE'), first, loopback)
    await phone.inbox.next()
    await later(3_000_000)
    expect(await wayOf('BYE')).toBe(first)
    await later(210_000)
    expect(await wayOf('OPTIONS')).not.toBe(first)
  })

  test('an Asterisk that is away is found again on the same way when it is back', async () => {
    const phone = await datagrams()
    for (let time = 0; time < 3; time++) {
      phone.socket.send(request('OPTIONS'), own.port, loopback)
      await systemRuntime.sleep(20)
    }
    const inside = await datagrams(asterisk.port)
    phone.socket.send(request('OPTIONS'), own.port, loopback)
    expect((await inside.inbox.next()).text).toBe(request('OPTIONS'))
  })
})

describe('over TCP', () => {
  test('messages pass whole both ways, however they were cut, and what Asterisk would not answer is answered here', async () => {
    const inside = await asteriskByTcp()
    const phone = await phoneByTcp()
    const stream = `\r\n\r\n${request('OPTIONS')}${request('FOOBAR')}${request('BYE')}`
    phone.socket.write(stream.slice(0, 50))
    await systemRuntime.sleep(20)
    phone.socket.write(stream.slice(50))
    expect(await phone.inbox.next()).toMatch(/^SIP\/2.0 405 .*\r\n\r\n$/s)
    const socket = await inside.connections.next()
    let came = await inside.inbox.next()
    while (came.length < request('OPTIONS').length + request('BYE').length) came += await inside.inbox.next()
    expect(came).toBe(request('OPTIONS') + request('BYE'))

    const allowing = answer('BYE').replace('\r\n', '\r\nAllow: INVITE, MESSAGE\r\n')
    socket.write(allowing)
    expect(await phone.inbox.next()).toBe(allowing.replace(', MESSAGE', ''))
  })

  test('both ends end together', async () => {
    const inside = await asteriskByTcp()
    for (const first of ['phone', 'asterisk']) {
      const phone = await phoneByTcp()
      phone.socket.write(request('OPTIONS'))
      const socket = await inside.connections.next()
      const gone = closed(socket)
      if (first === 'phone') phone.socket.destroy()
      else socket.destroy()
      await Promise.all([gone, phone.ended])
    }
  })

  test('who merely connects, or begins a message and does not end it, is cut off, and costs Asterisk nothing', async () => {
    const inside = await asteriskByTcp()
    const silent = await phoneByTcp()
    const slow = await phoneByTcp()
    slow.socket.write(request('OPTIONS').slice(0, 40))
    await systemRuntime.sleep(20)
    await later(9_000)
    slow.socket.write(request('OPTIONS').slice(40, 60))
    await systemRuntime.sleep(20)
    await later(2_000)
    await Promise.all([silent.ended, slow.ended])
    expect(inside.connections.all).toEqual([])
  })

  test('who sends what is no stream of messages, or too long a one, is cut off', async () => {
    for (const bytes of ['GET / HTTP/1.1\r\n\r\n', request('OPTIONS', 'l: 999999'), 'a'.repeat(70_000)]) {
      const phone = await phoneByTcp()
      phone.socket.write(bytes)
      await phone.ended
    }
  })

  test('who does not read is cut off before much of it waits here', async () => {
    const inside = await asteriskByTcp()
    const phone = await phoneByTcp()
    phone.socket.pause()
    phone.socket.write(request('OPTIONS'))
    const socket = await inside.connections.next()
    const gone = closed(socket)
    const large = answer('OPTIONS').replace('Content-Length: 0\r\n\r\n', `l: 60000\r\n\r\n${'a'.repeat(60_000)}`)
    // More than both kernels keep for the two.
    for (let time = 0; time < 400; time++) socket.write(large)
    await gone
  })

  test('while Asterisk is away, a connection ends as soon as somebody wants to call', async () => {
    const phone = await phoneByTcp()
    phone.socket.write(request('OPTIONS'))
    await phone.ended
  })
})

test('a foreign address is served by neither, before anything that it sent is read', async () => {
  const asked: string[] = []
  admits = address => {
    asked.push(address)
    return false
  }
  const inside = await asteriskByTcp()
  const byUdp = await datagrams()
  byUdp.socket.send(request('FOOBAR'), own.port, loopback)
  const byTcp = await phoneByTcp()
  byTcp.socket.write(request('FOOBAR'))
  await byTcp.ended
  expect(byUdp.inbox.all).toEqual([])
  expect(byTcp.inbox.all).toEqual([])
  expect(inside.connections.all).toEqual([])
  expect(asked).toEqual([loopback, loopback])
})

test('a port that is taken is an error, and leaves nothing open', async () => {
  const options = { own, asterisk, userAgent: 'Tonebank test', admits: () => true }
  await expect(openSipEdge(options, systemRuntime)).rejects.toThrow('EADDRINUSE')
  const taken = createServer().listen(asterisk.port, loopback)
  closing.push(() => taken.close())
  await once(taken, 'listening')
  await expect(openSipEdge({ ...options, own: asterisk }, systemRuntime)).rejects.toThrow('EADDRINUSE')
  await datagrams(asterisk.port)
})
