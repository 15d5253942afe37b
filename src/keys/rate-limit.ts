/**
 * How often something may be tried: a bucket per subject that fills steadily. Against guessing that spreads over many
 * numbers, where three tries each would be plenty; in memory only, as three tries are what survives a restart.
 */
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
  readonly #buckets = new Map<string, { level: number; atMs: number }>()

  constructor(runtime: Runtime, rate: Rate) {
    this.#runtime = runtime
    this.#rate = rate
  }

  /** Takes one from the subject's bucket. False when it is empty. */
  take(subject: string): boolean {
    const nowMs = this.#runtime.monotonicMs()
    const { burst, perMinute } = this.#rate
    const before = this.#buckets.get(subject) ?? { level: burst, atMs: nowMs }
    const level = Math.min(burst, before.level + ((nowMs - before.atMs) / 60_000) * perMinute)
    // The order of a Map is the order of insertion: taking it out first makes the least recently used the first.
    this.#buckets.delete(subject)
    this.#buckets.set(subject, { level: level >= 1 ? level - 1 : level, atMs: nowMs })
    if (this.#buckets.size > mostSubjects) {
      const [oldest] = this.#buckets.keys()
      if (oldest !== undefined) this.#buckets.delete(oldest)
    }
    return level >= 1
  }
}
