/**
 * What the books say when a decision is proposed, as a part of what two people sign. Where the books say something else by the time that
 * the second of them approves, nothing is done: an old proposal is no leave for what came since.
 */
import { z } from 'zod'
import { sameBytes } from '../bytes.ts'
import { encodeCanonical } from '../canonical.ts'

/** In the shape of a request. What a proposal says there is compared with the books, member by member. */
export const signedFacts = z.record(z.string(), z.unknown()).optional()

/** Undefined: none were signed. */
export function factsIn(request: unknown): unknown {
  return typeof request === 'object' && request !== null && 'facts' in request ? request.facts : undefined
}

/** What is asked for, without what the books said of it. */
export function withoutFacts(request: unknown): Readonly<Record<string, unknown>> {
  const { facts: _, ...asked } = (request ?? {}) as Readonly<Record<string, unknown>>
  return asked
}

/** Number by number: whether one was read from a signed proposal does not matter. Without any at either end nothing was signed. */
export function isSame(signed: unknown, now: unknown): boolean {
  if (signed === undefined || now === undefined) return false
  return sameBytes(encodeCanonical(signed), encodeCanonical(now))
}
