/**
 * Pauses before the next try at something that is away: each twice as long as the last, up to a limit, and a third more or
 * less by chance, so that many who lost the same thing do not come back all at once.
 */
import { type Cancelled, type Runtime, randomBelow } from './runtime.ts'

export class BackOff {
  readonly #runtime: Runtime
  readonly #firstMs: number
  readonly #mostMs: number
  #nextMs: number

  constructor(runtime: Runtime, { firstMs, mostMs }: { readonly firstMs: number; readonly mostMs: number }) {
    this.#runtime = runtime
    this.#firstMs = firstMs
    this.#mostMs = mostMs
    this.#nextMs = firstMs
  }

  /** It went well: the next pause is the shortest again. */
  forget(): void {
    this.#nextMs = this.#firstMs
  }

  /** False when it was cancelled meanwhile. */
  pause(cancelled: Cancelled): Promise<boolean> {
    const ms = this.#nextMs
    this.#nextMs = Math.min(ms * 2, this.#mostMs)
    return pauseAbout(this.#runtime, ms, cancelled)
  }
}

/** A third more or less than `ms`. False when it was cancelled meanwhile. */
export async function pauseAbout(runtime: Runtime, ms: number, cancelled: Cancelled): Promise<boolean> {
  const leastMs = (ms * 2) / 3
  try {
    await runtime.sleep(leastMs + randomBelow(runtime, Math.ceil(leastMs)), cancelled)
    return true
  } catch {
    return false
  }
}
