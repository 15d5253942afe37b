/** What comes down after an answer, and what goes up instead of one. */
import { describe, expect, it } from 'vitest'
import {
  encodeDecline,
  encodeInquiry,
  inquiryLayout,
  parseDecline,
  parseInquiry,
} from '../../../src/card/messages/inquiry.ts'
import { bytesOf } from '../../../src/card/messages/layout.ts'
import { type CardResult, encodeResult, parseResult } from '../../../src/card/messages/result.ts'
import { card } from './cast.ts'

const results: readonly CardResult[] = [
  { outcome: 'paid', reference: 'H-0000123' },
  { outcome: 'on-its-way', reference: '' },
  { outcome: 'refused', reason: 'wrong-password', triesLeft: 0 },
  { outcome: 'refused', reason: 'not-now' },
  { outcome: 'unknown' },
  { outcome: 'not-accepted' },
]

describe('a result', () => {
  it.each(results)('is read as it was written: $outcome', result => {
    expect(parseResult(encodeResult(result))).toEqual(result)
  })

  it('has the numbers that the protocol lists', () => {
    expect([...encodeResult({ outcome: 'refused', reason: 'wrong-password', triesLeft: 2 })]).toEqual([3, 18, 2])
    expect([...encodeResult({ outcome: 'refused', reason: 'insufficient-funds' })]).toEqual([3, 19, 255])
    expect([...encodeResult({ outcome: 'paid', reference: 'A1' })]).toEqual([1, 0, 255, 65, 49])
  })

  it('is none when it is cut short, unknown, or not ASCII', () => {
    for (const bytes of [
      [],
      [1, 0],
      [6, 0, 255],
      [0, 0, 255],
      [3, 0, 255],
      [3, 99, 255],
      [5, 0, 255, 65],
      [1, 0, 255, 7],
    ])
      expect(parseResult(Uint8Array.from(bytes)), bytes.join()).toBeUndefined()
    expect(() => encodeResult({ outcome: 'paid', reference: '荷' })).toThrow(RangeError)
    expect(() => encodeResult({ outcome: 'paid', reference: 'x'.repeat(33) })).toThrow(RangeError)
  })
})

it('an inquiry is 17 bytes, and of another length it is none', () => {
  const inquiry = { card, counter: 4_000_000_000, nonce: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }
  expect(bytesOf(inquiryLayout)).toBe(17)
  expect(parseInquiry(encodeInquiry(inquiry))).toEqual(inquiry)
  expect(parseInquiry(encodeInquiry(inquiry).slice(1))).toBeUndefined()
})

it('a decline is one byte; one that nobody knows is the terminal’s own', () => {
  for (const reason of ['by-holder', 'no-card', 'card-blocked', 'unfit'] as const)
    expect(parseDecline(encodeDecline(reason))).toBe(reason)
  expect([...encodeDecline('card-blocked')]).toEqual([3])
  expect(parseDecline(Uint8Array.of(200))).toBe('unfit')
  expect(parseDecline(Uint8Array.of())).toBeUndefined()
})
