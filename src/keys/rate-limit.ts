/**
 * How often something may be tried: a bucket per subject that fills steadily. Against guessing that spreads over many
 * numbers, where three tries each would be plenty; in memory only, as three tries are what survives a restart.
 */
import { type Origin, originKey, whoOf } from '../origin.ts'
import type { Runtime } from '../runtime.ts'

export interface Rate {
  /** As many may come at once. */
  readonly burst: number
  readonly perMinute: number
}

/** Subjects remembered at most. A forgotten one starts with a full bucket, so the overall rate must hold by itself. */
const mostSubjects = 10_000

export class RateLimit {
  readonly #runtime: Runtime
  readonly #rate: Rate
  /** How long a bucket has been filling, in ms, less what was taken from it: whole milliseconds add up without rounding. */
  readonly #buckets = new Map<string, { filledMs: number; atMs: number }>()

  constructor(runtime: Runtime, rate: Rate) {
    this.#runtime = runtime
    this.#rate = rate
  }

  /** Whether `take` would find one now. */
  has(subject: string): boolean {
    return this.#filled(subject).filledMs >= this.#oneMs
  }

  /** Takes one from the subject's bucket. False when it is empty. */
  take(subject: string): boolean {
    const oneMs = this.#oneMs
    const { filledMs, nowMs } = this.#filled(subject)
    const isTaken = filledMs >= oneMs
    // The order of a Map is the order of insertion: taking it out first makes the least recently used the first.
    this.#buckets.delete(subject)
    this.#buckets.set(subject, { filledMs: isTaken ? filledMs - oneMs : filledMs, atMs: nowMs })
    if (this.#buckets.size > mostSubjects) {
      const [oldest] = this.#buckets.keys()
      if (oldest !== undefined) this.#buckets.delete(oldest)
    }
    return isTaken
  }

  get #oneMs(): number {
    return Math.round(60_000 / this.#rate.perMinute)
  }

  #filled(subject: string): { readonly filledMs: number; readonly nowMs: number } {
    const nowMs = this.#runtime.monotonicMs()
    const fullMs = this.#rate.burst * this.#oneMs
    const before = this.#buckets.get(subject) ?? { filledMs: fullMs, atMs: nowMs }
    return { filledMs: Math.min(fullMs, before.filledMs + nowMs - before.atMs), nowMs }
  }
}

/**
 * How often one origin may try, such as a caller by the number that the network tells. It can be forged, and is proof of
 * nothing: a guesser who forges ever new ones is left to the overall rate. Those who withhold theirs share one bucket, of a
 * rate between an origin's and everybody's: with none, withholding would be the way around this limit; with a single
 * origin's, whoever guesses would silence the rest of them.
 */
export class OriginLimit {
  readonly #known: RateLimit
  readonly #withheld: RateLimit
  readonly #shops: RateLimit

  /** `shop`: of a program that asks for many; without it that of a caller. */
  constructor(
    runtime: Runtime,
    rates: { readonly caller: Rate; readonly withheld: Rate; readonly shop?: Rate | undefined },
  ) {
    this.#known = new RateLimit(runtime, rates.caller)
    this.#withheld = new RateLimit(runtime, rates.withheld)
    this.#shops = new RateLimit(runtime, rates.shop ?? rates.caller)
  }

  /** For `takeFromAll`. */
  bucketOf(origin: Origin): readonly [limit: RateLimit, subject: string] {
    const known = origin.channel === 'shop' ? this.#shops : this.#known
    return [whoOf(origin) === undefined ? this.#withheld : known, originKey(origin)]
  }
}

/**
 * Takes one from each bucket, the narrowest first, until one is empty: what a single number is refused must not use up
 * what is there for all, or whoever hammers at one number would shut everybody out.
 */
export function takeFromAll(...buckets: readonly (readonly [limit: RateLimit, subject: string])[]): boolean {
  return buckets.every(([limit, subject]) => limit.take(subject))
}
