/**
 * What the books say when a decision is proposed, as a part of what two people sign. Where the books say something else by the time that
 * the second of them approves, nothing is done: an old proposal is no leave for what came since.
 */
import { sameBytes } from '../bytes.ts'
import { encodeCanonical } from '../canonical.ts'
import type { Kind } from './decisions.ts'

type Look = NonNullable<Kind['facts']>

/** Of a decision whose facts are read, and not found by doing it. What refuses it by itself says so first. */
export function onFacts(kind: Kind & { readonly facts: Look }): Kind {
  return {
    ...kind,
    carryOut: async (tx, approved, at, prepared) => {
      const facts = await kind.facts(tx, approved.request, at)
      const carried = await kind.carryOut(tx, approved, at, prepared)
      if (!carried.done || isSame(factsIn(approved.request), facts)) return carried
      // What it wrote is undone.
      return { done: false, outcome: 'other-facts' }
    },
  }
}

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
