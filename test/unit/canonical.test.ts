import { encode, rfc8949EncodeOptions } from 'cborg'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCanonical, decodeCanonicalMaps, encodeCanonical } from '../../src/canonical.ts'

const seed = 20_260_331

/** Of every alphabet: beyond ASCII the lengths differ, and U+FFFF comes after an emoji in UTF-16, before it in UTF-8. */
const names = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('￿￿￿￿', '😀😀😀', 'é', 'zz', 'z', ''),
)
const values = fc.letrec(tie => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: 'binary' }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array(),
    fc.array(tie('any')),
    fc.dictionary(names, tie('any')),
  ),
})).any

test('keys are in the order of their encoding', () => {
  fc.assert(
    fc.property(values, value => {
      expect(Buffer.from(encodeCanonical(value)).toString('hex')).toBe(
        Buffer.from(encode(value, rfc8949EncodeOptions)).toString('hex'),
      )
    }),
    { seed, numRuns: 500 },
  )
})

test.each([
  ['keys out of order', 'a2616201616102'],
  ['a longer key before a shorter one', 'a262616101616202'],
  ['a length in more bytes than it needs', '7801 61'.replace(' ', '')],
  ['a key twice', 'a2616101616102'],
  ['an indefinite length', '9f01ff'],
])('refuses %s', (_what, bytes) => {
  expect(() => decodeCanonical(Buffer.from(bytes, 'hex'))).toThrow()
})

test('numbers as keys come before texts: from 0 up, then from −1 down', () => {
  const map = new Map<unknown, unknown>([
    ['b', 1],
    [-4, 2],
    [24, 3],
    [-1, 4],
    ['aa', 5],
    [4, 6],
    [-300, 7],
  ])
  const bytes = encodeCanonical(map)
  expect(Buffer.from(bytes).toString('hex')).toBe('a704061818032004230239012b076162016261610 5'.replace(' ', ''))
  expect(decodeCanonicalMaps(bytes)).toEqual(map)
  expect(() => decodeCanonical(bytes)).toThrow()
  expect(() =>
    encodeCanonical(
      new Map([
        [true, 1],
        [false, 2],
      ]),
    ),
  ).toThrow(TypeError)
})

test('a map of numbers in another order is refused', () => {
  expect(() => decodeCanonicalMaps(Buffer.from('a220010402', 'hex'))).toThrow()
})
