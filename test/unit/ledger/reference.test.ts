import { expect, test } from 'vitest'
import { referenceOf } from '../../../src/ledger/reference.ts'

test('a reference has six digits, does not count up, and comes again only after a million', () => {
  const seen = new Uint8Array(1_000_000)
  for (let n = 0n; n < 1_000_000n; n++) seen[Number(referenceOf(n))] = 1
  expect(seen.every(times => times === 1)).toBe(true)
  expect(referenceOf(1_000_001n)).toBe(referenceOf(1n))
  expect(referenceOf(1n)).toMatch(/^\d{6}$/)
  expect(Number(referenceOf(2n)) - Number(referenceOf(1n))).not.toBe(1)
})
