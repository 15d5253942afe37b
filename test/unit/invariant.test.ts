import { expect, test } from 'vitest'
import { InvariantBroken, invariant, steppedOnce } from '../../src/invariant.ts'

test('what holds passes; what does not is a fault that says what, and of which', () => {
  invariant(true, 'nothing')
  expect(() => invariant(false, 'a head did not advance', 7n)).toThrow(
    new InvariantBroken('a head did not advance', 7n),
  )
  expect(() => invariant(false, 'a head did not advance', 7n)).toThrow('a head did not advance: 7')
  expect(() => invariant(false, 'a stack is not balanced')).toThrow(/^a stack is not balanced$/)
})

test('a step changes one row, neither none nor two', () => {
  steppedOnce(1n, 'taken from stock')
  for (const rows of [0n, 2n]) expect(() => steppedOnce(rows, 'not in stock', 'b1')).toThrow('not in stock: b1')
})
