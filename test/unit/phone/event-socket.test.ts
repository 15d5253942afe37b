/** The event socket, without Asterisk: what it survives, and how it comes back. */
import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { EventSocket } from '../../../src/phone/asterisk/event-socket.ts'
import type { AriEvent } from '../../../src/phone/asterisk/events.ts'
import type { RawSocket } from '../../../src/phone/asterisk/raw-socket.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

class FakeSocket extends EventEmitter implements RawSocket {
  readonly dialledAtMs: number
  answersPings = true
  readonly readyState = 1

  send(): void {}

  constructor(dialledAtMs: number) {
    super()
    this.dialledAtMs = dialledAtMs
  }

  ping(): void {
    if (this.answersPings) this.emit('pong')
  }

  close(): void {
    this.emit('close')
  }

  terminate(): void {
    this.emit('close')
  }
}

async function withSocket(
  behave: (socket: FakeSocket, runtime: VirtualRuntime, number: number) => unknown,
  forMs: number,
): Promise<{ sockets: FakeSocket[]; events: AriEvent[]; atMs: number[]; told: string[] }> {
  const runtime = new VirtualRuntime()
  const sockets: FakeSocket[] = []
  const events: AriEvent[] = []
  const times: number[] = []
  const told: string[] = []
  const at = (what: string) => told.push(`${what} ${Math.round(runtime.monotonicMs())}`)
  const dial = () => {
    const socket = new FakeSocket(runtime.monotonicMs())
    sockets.push(socket)
    queueMicrotask(() => behave(socket, runtime, sockets.length))
    return socket
  }
  const socket = new EventSocket(dial, runtime, {
    onOpen: () => void at('open'),
    onLost: () => void at('lost'),
    onReplaced: () => void at('replaced'),
    onEvent: (event, atMs) => {
      events.push(event)
      times.push(atMs)
    },
  })
  await runtime.run(async () => {
    const running = socket.run()
    await runtime.sleep(forMs)
    socket.close()
    await running
  })
  return { sockets, events, atMs: times, told }
}

const message = (event: object) => Buffer.from(JSON.stringify(event))

describe('events', () => {
  it('of unknown types, without their fields, or of bad JSON are passed over', async () => {
    const { events, told } = await withSocket(socket => {
      socket.emit('open')
      socket.emit('message', Buffer.from('{"type":'))
      socket.emit('message', message({ type: 'SomethingNewInAsterisk23', channel: 7 }))
      socket.emit('message', message({ type: 'ChannelDtmfReceived', digit: '1' }))
      socket.emit('message', message({ type: 'StasisEnd', channel: { id: 'a' } }))
    }, 1_000)
    expect(events).toEqual([{ type: 'StasisEnd', channel: { id: 'a' } }])
    expect(told).toEqual(['open 0'])
  })

  it('happened when Asterisk says, though they are read in one heap', async () => {
    const key = (timestamp: string) =>
      message({ type: 'ChannelDtmfReceived', channel: { id: 'a' }, digit: '7', duration_ms: 100, timestamp })
    const { atMs } = await withSocket(async (socket, runtime) => {
      socket.emit('open')
      socket.emit('message', key('2026-11-27T23:59:59.700+0000'))
      await runtime.sleep(900)
      for (const at of ['27T23:59:59.900', '28T00:00:00.100']) socket.emit('message', key(`2026-11-${at}+0000`))
    }, 1_000)
    expect(atMs.map(Math.round)).toEqual([0, 200, 400])
  })
})

describe('a lost socket', () => {
  it('is dialled again for ever, each pause between 0.1 and 5 s', async () => {
    const { sockets } = await withSocket(socket => socket.emit('error', new Error('ECONNREFUSED')), 10 * 60_000)
    const pausesMs = sockets.slice(1).map((socket, index) => socket.dialledAtMs - (sockets[index]?.dialledAtMs ?? 0))
    expect(Math.min(...pausesMs)).toBeGreaterThanOrEqual(100)
    expect(Math.max(...pausesMs)).toBeLessThanOrEqual(5_000)
    expect(pausesMs.length).toBeGreaterThan(120)
  })

  it('that died without a word is found within 3 s', async () => {
    const { told } = await withSocket((socket, _, number) => {
      socket.emit('open')
      socket.answersPings = number > 1
    }, 10_000)
    expect(told[0]).toBe('open 0')
    expect(told[1]).toMatch(/^lost /)
    expect(Number(told[1]?.split(' ')[1])).toBeLessThanOrEqual(3_000)
    expect(told[2]).toMatch(/^open /)
    expect(told).toHaveLength(3)
  })

  it('that never opens is given up after 3 s', async () => {
    const { sockets } = await withSocket(() => {}, 7_000)
    expect(sockets.length).toBeGreaterThanOrEqual(2)
    expect(sockets[1]?.dialledAtMs).toBeLessThanOrEqual(3_500)
  })

  it('that was replaced is not dialled again', async () => {
    const { sockets, told } = await withSocket(socket => {
      socket.emit('open')
      socket.emit('message', message({ type: 'ApplicationReplaced', application: 'harbour' }))
    }, 60_000)
    expect(told).toEqual(['open 0', 'replaced 0'])
    expect(sockets).toHaveLength(1)
  })
})
