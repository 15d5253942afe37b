/**
 * What comes down at the end: what became of an answer, in the clear. It moves nothing and proves nothing: a terminal shows it, and
 * whoever doubts it asks the bank.
 */
import { joined } from '../../bytes.ts'

/** Reason n has number n + 1 on the line. More may follow; none is taken away. The first are those of the judgement. */
const reasons = [
  'unreadable',
  'other-receiver',
  'foreign-nonce',
  'used-nonce',
  'changed-field',
  'late',
  'early',
  'unknown-card',
  'old-counter',
  'bad-signature',
  'blocked',
  'revoked',
  'expired',
  'unknown-payee',
  'payee-name',
  'not-its-payee',
  'password-unopenable',
  'wrong-password',
  'insufficient-funds',
  'limit-exceeded',
  'account-blocked',
  'not-now',
] as const
export type ResultReason = (typeof reasons)[number]

/** Undefined for a reason that nothing is refused for. */
export function parseResultReason(text: string): ResultReason | undefined {
  return reasons.find(reason => reason === text)
}

export type CardResult =
  /** `on-its-way`: it has left the account, and the payee's bank has not taken it yet. */
  | { readonly outcome: 'paid' | 'on-its-way'; readonly reference: string }
  /** Nothing was moved. `triesLeft`: of the personal password, where that was wrong. */
  | { readonly outcome: 'refused'; readonly reason: ResultReason; readonly triesLeft?: number }
  /** Not known yet: to be asked again later, and never signed again. */
  | { readonly outcome: 'unknown' }
  /** To an inquiry: nothing was accepted under this counter, and nothing will be. */
  | { readonly outcome: 'not-accepted' }

const outcomes = ['paid', 'on-its-way', 'refused', 'unknown', 'not-accepted'] as const
const headerBytes = 3
const noTries = 255
/** The longest reference, in ASCII. */
const longestReference = 32
const isReference = (text: string) => text.length <= longestReference && /^[ -~]*$/.test(text)

/** @throws RangeError for a reference that does not fit. */
export function encodeResult(result: CardResult): Uint8Array {
  const reference = 'reference' in result ? result.reference : ''
  if (!isReference(reference)) throw new RangeError('a reference of a result')
  const reason = result.outcome === 'refused' ? reasons.indexOf(result.reason) + 1 : 0
  const triesLeft = result.outcome === 'refused' ? (result.triesLeft ?? noTries) : noTries
  const header = Uint8Array.of(outcomes.indexOf(result.outcome) + 1, reason, Math.min(triesLeft, noTries))
  return joined(header, new TextEncoder().encode(reference))
}

/** Undefined when it is no result. */
export function parseResult(message: Uint8Array): CardResult | undefined {
  const [first, second, tries] = message
  const outcome = outcomes[(first ?? 0) - 1]
  const reference = String.fromCharCode(...message.slice(headerBytes))
  if (outcome === undefined || tries === undefined || !isReference(reference)) return undefined
  if (outcome === 'paid' || outcome === 'on-its-way') return { outcome, reference }
  if (reference !== '') return undefined
  if (outcome !== 'refused') return { outcome }
  const reason = reasons[(second ?? 0) - 1]
  if (reason === undefined) return undefined
  return { outcome, reason, ...(tries !== noTries && { triesLeft: tries }) }
}
