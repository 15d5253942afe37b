/**
 * Lets the one conversation of a call wait for whichever comes first: a key, the end of a prompt, a hang-up, a timer.
 * Whoever changes something rings; the waiter looks for itself what has changed, so nothing can be missed in between.
 */
import { Cancellation, type Runtime } from '../runtime.ts'

export class Wakeup {
  readonly #runtime: Runtime
  #waiter: Cancellation | undefined

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  ring(): void {
    this.#waiter?.cancel('rung')
  }

  /** Resolves at the next `ring`, or after `ms`. One waiter at a time. */
  async waitAtMost(ms: number): Promise<void> {
    if (this.#waiter) throw new Error('two waits on one call: a script has forgotten an await')
    const waiter = new Cancellation()
    this.#waiter = waiter
    try {
      await this.#runtime.sleep(ms, waiter)
    } catch {
      // Rung: not an error.
    } finally {
      this.#waiter = undefined
    }
  }
}
