/** Why what two people signed could not be done, in words: the books and commands say it by a code. */
import type { Words } from '../words.ts'

const codes = [
  'unknown-account',
  'refused-amount',
  'insufficient-funds',
  'unknown-payee',
  'not-its-account',
  'no-way-to-its-bank',
  'waits-in-suspense',
  'day-end-under-way',
  'unknown-card',
  'not-in-use',
  'not-blocked',
  'already-revoked',
  'replaces-another',
  'already-enrolled',
  'nothing-to-block',
  'not-sold-here',
  'payee-out-of-reach',
  'taken',
  'no-result-waits',
  'another-waits-before',
  'other-facts',
  'no-such-file',
  'nothing-contradicts',
  'another-difference',
  'nothing-waits',
  'not-told-yet',
  'cannot-be-booked',
  'busy',
] as const

/** A code that has no words yet stands for itself: it can be looked up. */
export function whyNot(words: Words, outcome: string): string {
  const known = codes.find(code => code === outcome)
  return known === undefined ? outcome : words.say(`page.why-not.${known}`)
}
