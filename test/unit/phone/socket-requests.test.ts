/** Requests over the event socket, without Asterisk: only over one that answers, each settled once, none for ever. */
import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { RawSocket } from '../../../src/phone/asterisk/raw-socket.ts'
import { SocketRequests } from '../../../src/phone/asterisk/socket-requests.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const deadlineMs = 2_000

class FakeSocket extends EventEmitter implements RawSocket {
  readonly readyState = 1
  readonly sent: { request_id: string; method: string; uri: string }[] = []

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  ping(): void {}
  close(): void {}
  terminate(): void {}
}

function opened(runtime: VirtualRuntime): { requests: SocketRequests; socket: FakeSocket } {
  const requests = new SocketRequests(runtime, deadlineMs)
  const socket = new FakeSocket()
  requests.use(socket)
  socket.emit('open')
  return { requests, socket }
}

/** Over a socket that has answered its first ping. */
async function proven(runtime: VirtualRuntime) {
  const { requests, socket } = opened(runtime)
  requests.onAnswer(socket.sent[0]?.request_id ?? '', 200)
  await Promise.resolve()
  return { requests, socket }
}

const stop = (requests: SocketRequests, id: string) => requests.send('playbacks stop', 'DELETE', `playbacks/${id}`)

describe('a request', () => {
  it('does not go over a socket on which Asterisk has not answered: an older one never does', async () => {
    const runtime = new VirtualRuntime()
    await runtime.run(async () => {
      const { requests, socket } = opened(runtime)
      expect(socket.sent).toMatchObject([{ method: 'GET', uri: 'asterisk/ping' }])
      expect(stop(requests, 'a')).toBeUndefined()
      await runtime.sleep(deadlineMs + 1)
      expect(stop(requests, 'a')).toBeUndefined()
      expect(socket.sent).toHaveLength(1)
    })
  })

  it('gets the answer with its own id, in whatever order they come', async () => {
    const runtime = new VirtualRuntime()
    await runtime.run(async () => {
      const { requests, socket } = await proven(runtime)
      const [first, second] = [stop(requests, 'a'), stop(requests, 'b')]
      requests.onAnswer(socket.sent[2]?.request_id ?? '', 404)
      requests.onAnswer(socket.sent[1]?.request_id ?? '', 204)
      requests.onAnswer('never sent', 500)
      expect([await first, await second]).toEqual([204, 404])
    })
  })

  it('that nobody answers ends at its own deadline, those after it at theirs', async () => {
    const runtime = new VirtualRuntime()
    await runtime.run(async () => {
      const { requests } = await proven(runtime)
      const endedAtMs = async (request: Promise<unknown> | undefined) => {
        await expect(request).rejects.toThrow('no answer within 2000 ms')
        return Math.round(runtime.monotonicMs())
      }
      const beganAtMs = Math.round(runtime.monotonicMs())
      const first = endedAtMs(stop(requests, 'a'))
      await runtime.sleep(700)
      const second = endedAtMs(stop(requests, 'b'))
      expect([await first, await second]).toEqual([beganAtMs + 2_000, beganAtMs + 2_700])
    })
  })

  it('under way when the socket is lost is told so, and later ones wait for the next socket', async () => {
    const runtime = new VirtualRuntime()
    await runtime.run(async () => {
      const { requests, socket } = await proven(runtime)
      const request = stop(requests, 'a')
      socket.emit('close')
      expect(await request).toBe('lost')
      expect(stop(requests, 'b')).toBeUndefined()
      const next = new FakeSocket()
      requests.use(next)
      next.emit('open')
      requests.onAnswer(next.sent[0]?.request_id ?? '', 200)
      await Promise.resolve()
      const later = stop(requests, 'c')
      expect(next.sent.at(-1)?.uri).toBe('playbacks/c')
      requests.onAnswer(next.sent.at(-1)?.request_id ?? '', 204)
      expect(await later).toBe(204)
    })
  })

  it('under way when another process takes over fails, and is not to be sent again', async () => {
    const runtime = new VirtualRuntime()
    await runtime.run(async () => {
      const { requests, socket } = await proven(runtime)
      const request = stop(requests, 'a')
      requests.close(what => new Error(`${what}: let go`))
      socket.emit('close')
      await expect(request).rejects.toThrow('playbacks stop: let go')
      expect(stop(requests, 'b')).toBeUndefined()
    })
  })
})
