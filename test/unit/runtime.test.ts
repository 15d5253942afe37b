import { createConnection } from 'node:net'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { DeadlineExceeded, orderedId, systemRuntime, withDeadline } from '../../src/runtime.ts'
import { VirtualRuntime } from '../support/virtual-runtime.ts'

/** More than one block holds, in draws that do not divide it. */
const lengths = [16, 32, 1, 4, 500, 0, 16, 511, 512, 513, 5_000, 12]

test('draws as many bytes as were asked for, and none of them twice', () => {
  const parts: string[] = []
  for (let round = 0; round < 50; round++) {
    for (const length of lengths) {
      const drawn = Buffer.from(systemRuntime.random(length))
      expect(drawn.length).toBe(length)
      for (let at = 0; at + 8 <= length; at += 8) parts.push(drawn.toString('hex', at, at + 8))
    }
  }
  expect(new Set(parts).size).toBe(parts.length)
})

test('what was drawn is its receiver’s alone', () => {
  const first = systemRuntime.random(16)
  const kept = Buffer.from(first).toString('hex')
  const second = systemRuntime.random(16)
  expect(first.buffer).not.toBe(second.buffer)
  expect(first.buffer.byteLength).toBe(16)
  second.fill(0)
  expect(Buffer.from(first).toString('hex')).toBe(kept)
})

test('in virtual time, what is done off the thread comes back in the order of its announcement, before time goes on', async () => {
  const order: string[] = []
  const runtime = new VirtualRuntime()
  await runtime.run(async () => {
    // The later ones are ready first.
    const works = [30, 10, 1].map(async (realMs, i) => {
      await runtime.offThread(systemRuntime.sleep(realMs))
      order.push(`work ${i}`)
    })
    await runtime.sleep(1)
    order.push('time')
    await Promise.all(works)
  })
  expect(order).toEqual(['work 0', 'work 1', 'work 2', 'time'])
})

test('ids in the order of time, of 32 hexadecimal digits, the same one never twice', () => {
  const at = (wallMs: number) => orderedId({ ...systemRuntime, wallNow: () => wallMs })
  // The last is the greatest time that fits, in the year 10889.
  const times = [0, 9.75, 10, 1_790_000_000_000, 1_790_000_000_001, 2 ** 48 - 1]
  const ids = times.map(at)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
  expect([...ids].sort()).toEqual(ids)
  expect(at(10)).not.toBe(at(10))
})

test('an answer that came while the process stood still is no deadline missed; none is one', async () => {
  const answering = `
    const { parentPort } = require('node:worker_threads')
    const server = require('node:net').createServer(socket => socket.on('data', bytes => socket.write(bytes)))
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))`
  const other = new Worker(answering, { eval: true })
  const port = await new Promise<number>(resolve => other.once('message', resolve))
  const socket = createConnection(port, '127.0.0.1')
  await new Promise(resolve => socket.once('connect', resolve))

  const standStill = (ms: number) => {
    const until = performance.now() + ms
    while (performance.now() < until);
  }
  const answer = new Promise<string>(resolve => socket.once('data', bytes => resolve(String(bytes))))
  socket.write('ping')
  const answered = withDeadline(systemRuntime, 'the echo', 100, answer)
  const unanswered = withDeadline(systemRuntime, 'nobody', 100, new Promise(() => {}))
  standStill(400)
  await Promise.all([
    expect(answered).resolves.toBe('ping'),
    expect(unanswered).rejects.toBeInstanceOf(DeadlineExceeded),
  ])
  socket.destroy()
  await other.terminate()
})
