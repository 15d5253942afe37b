/** Several rows to a statement: all of them, in their order, by few texts. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forHandfuls, inHandfuls, times } from '../../../src/clearing/handfuls.ts'

test('every row is in one handful, in its order, and each handful has a statement', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 70 }), rows => {
      const handfuls = [...inHandfuls(rows)]
      expect(handfuls.flatMap(({ some }) => some)).toEqual(rows)
      for (const { size, some } of handfuls) expect(some).toHaveLength(size)
      // No more statements than the sizes need: at most three of four and three of one after the large ones.
      expect(handfuls.length).toBeLessThanOrEqual(Math.floor(rows.length / 16) + 6)
    }),
  )
})

test('a text has as many places as rows', () => {
  const texts = forHandfuls(size => times(size, '(?, ?)'))
  expect(texts[4]).toBe('(?, ?), (?, ?), (?, ?), (?, ?)')
  expect(texts[16].split('?')).toHaveLength(33)
})
