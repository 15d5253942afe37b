/**
 * Refusals that come later and later: whoever goes on guessing is slowed long before anything locks. How much later depends
 * on how often the subject (a number, a caller) was refused before, and on nothing else: what does not exist is slowed like
 * what does. In memory only, as the tries themselves are what survives a restart.
 */
import type { Runtime } from '../runtime.ts'

export interface Delay {
  /** Of the third refusal; each further one waits twice as long as the one before. Zero: none ever waits. */
  readonly firstMs: number
  readonly mostMs: number
}

const refusalsWithoutDelay = 2
const forgottenAfterMs = 3_600_000
/** Subjects remembered at most. A forgotten one is delayed no more, so the rates must hold by themselves. */
const mostSubjects = 10_000

interface Refusals {
  readonly times: number
  readonly lastMs: number
  /** Until when the last one is kept back. */
  readonly untilMs: number
}

export class GrowingDelay {
  readonly #runtime: Runtime
  readonly #delay: Delay
  readonly #refusals = new Map<string, Refusals>()

  constructor(runtime: Runtime, delay: Delay) {
    this.#runtime = runtime
    this.#delay = delay
  }

  /** By how much a refusal of now has to be delayed. */
  msOf(subject: string): number {
    // More doublings than any delay needs, and few enough that twice nothing stays nothing.
    const doublings = Math.min(this.#timesOf(subject) - refusalsWithoutDelay, 30)
    const { firstMs, mostMs } = this.#delay
    return doublings < 0 ? 0 : Math.min(mostMs, firstMs * 2 ** doublings)
  }

  /** Whether its last refusal is still kept back. */
  isWaiting(subject: string): boolean {
    return this.#runtime.monotonicMs() < (this.#refusals.get(subject)?.untilMs ?? 0)
  }

  /** A refusal that is kept back until `untilMs` of the monotonic clock. */
  count(subject: string, untilMs: number): void {
    const times = this.#timesOf(subject) + 1
    // The order of a Map is the order of insertion: taking it out first makes the least recently refused the first.
    this.#refusals.delete(subject)
    this.#refusals.set(subject, { times, lastMs: this.#runtime.monotonicMs(), untilMs })
    if (this.#refusals.size <= mostSubjects) return
    const [oldest] = this.#refusals.keys()
    if (oldest !== undefined) this.#refusals.delete(oldest)
  }

  #timesOf(subject: string): number {
    const known = this.#refusals.get(subject)
    if (known === undefined || this.#runtime.monotonicMs() - known.lastMs >= forgottenAfterMs) return 0
    return known.times
  }
}
