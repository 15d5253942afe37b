import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BrokenStream, Framing, mostBytes } from '../../src/sip-framing.ts'

const seed = { seed: 20261127 }

const message = (body: string, length = `Content-Length: ${Buffer.byteLength(body)}`) =>
  Buffer.from(`INFO sip:a SIP/2.0\r\n${length}\r\n\r\n${body}`)

test('messages come out as they went in, wherever the stream was cut and whatever empty lines stand between them', () => {
  const bodies = fc.array(fc.string({ maxLength: 30 }), { minLength: 1, maxLength: 5 })
  const cuts = fc.array(fc.nat(400), { maxLength: 30 })
  fc.assert(
    fc.property(bodies, cuts, fc.constantFrom('', '\r\n', '\r\n\r\n'), (bodies, cuts, between) => {
      const messages = bodies.map(body => message(body))
      const stream = Buffer.concat(messages.flatMap(each => [Buffer.from(between), each]))
      const framing = new Framing()
      const ends = [...new Set([0, ...cuts.map(cut => Math.min(cut, stream.length)), stream.length])].toSorted(
        (a, b) => a - b,
      )
      const out = ends.flatMap((end, index) => framing.push(stream.subarray(ends[index - 1] ?? 0, end)))
      expect(out.map(String)).toEqual(messages.map(String))
      expect(framing.isWithinMessage).toBe(false)
    }),
    { ...seed, numRuns: 500 },
  )
})

describe('a stream is broken', () => {
  test.each([
    ['that is no SIP', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
    ['without a length', message('', 'To: <sip:a>')],
    ['with two lengths', message('', 'Content-Length: 0\r\nl: 7')],
    ['with a length that is no number', message('', 'Content-Length: -1')],
    ['with a length beyond what a message may have', message('', `Content-Length: ${mostBytes}`)],
    ['whose head never ends', Buffer.alloc(mostBytes + 1, 'a')],
  ])('%s', (_, bytes) => {
    expect(() => new Framing().push(bytes)).toThrow(BrokenStream)
  })
})

test('a length may be said twice if it is the same, and be written short', () => {
  expect(new Framing().push(message('four', 'l: 4\r\nContent-Length: 4'))).toHaveLength(1)
})

test('the longest message that comes byte by byte costs little', () => {
  const longest = message(
    'a'.repeat(mostBytes - message('', 'l: 65000').length),
    `l: ${mostBytes - message('', 'l: 65000').length}`,
  )
  const framing = new Framing()
  const began = process.cpuUsage()
  let out: Buffer[] = []
  for (let at = 0; at < longest.length; at += 1) out = framing.push(longest.subarray(at, at + 1))
  expect(out).toEqual([longest])
  const { user, system } = process.cpuUsage(began)
  expect((user + system) / 1000).toBeLessThan(1_000)
})

test('any bytes are messages, a message that has begun, or a broken stream', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 5 }), pieces => {
      const framing = new Framing()
      try {
        for (const piece of pieces) framing.push(Buffer.from(piece))
      } catch (error) {
        expect(error).toBeInstanceOf(BrokenStream)
      }
    }),
    { ...seed, numRuns: 2_000 },
  )
})
