import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Secret } from '../../../src/secret.ts'
import { decodePlain, encodePlain } from '../../../src/store/plain.ts'

const plain = fc.letrec(tie => ({
  value: fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.string({ unit: 'binary' }),
    fc.maxSafeInteger(),
    fc.bigInt(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter(key => !key.startsWith('$') && key !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).value

test('what is written is read back the same', () => {
  fc.assert(
    fc.property(plain, value => {
      // JSON has one zero.
      fc.pre(!Object.is(value, -0))
      expect(encodePlain(decodePlain(encodePlain(value)))).toBe(encodePlain(value))
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('the order of keys does not matter; bigint and number are told apart', () => {
  expect(encodePlain({ b: 1, a: 2n, c: undefined })).toBe(encodePlain({ a: 2n, b: 1 }))
  expect(encodePlain(5n)).not.toBe(encodePlain(5))
  expect(decodePlain(encodePlain({ a: [5n, 5] }))).toEqual({ a: [5n, 5] })
})

test.each([[new Secret('1')], [new Map()], [() => 1], [0.5], [undefined], [{ $int: '5' }], [new Uint8Array(1)]])(
  '%s is not plain',
  value => {
    expect(() => encodePlain(value)).toThrow(TypeError)
  },
)
