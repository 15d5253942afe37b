/** Bytes: the same ones, put together, and as hexadecimal there and back. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, joined, sameBytes, toHex } from '../../src/bytes.ts'

const seed = 20_261_126

test('as Buffer has them', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
      expect(toHex(a)).toBe(Buffer.from(a).toString('hex'))
      expect(fromHex(toHex(a))).toEqual(a)
      expect(sameBytes(a, a.slice())).toBe(true)
      expect(sameBytes(a, b)).toBe(Buffer.compare(a, b) === 0)
      expect(joined(a, b, a)).toEqual(new Uint8Array(Buffer.concat([a, b, a])))
    }),
    { seed, numRuns: 500 },
  )
})

test('what is no pair of digits ends a text', () => {
  for (const text of ['', '0', 'a1b', 'A1b2 c3', 'zz', '00fg11'])
    expect([...fromHex(text)]).toEqual([...Buffer.from(text, 'hex')])
})
