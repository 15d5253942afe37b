/**
 * Takes step after step while there may be something to do, such as of the day end: woken at start, at night and by letters, asleep
 * otherwise, and without a timer. What there is to do is known by the database alone, so a process that dies goes on where it was.
 */
import { Cancellation, type Runtime } from '../runtime.ts'

interface Parts {
  readonly runtime: Runtime
  /** One step of whatever is due next. False: nothing is. */
  readonly step: () => Promise<boolean>
  readonly troubled: (error: unknown) => void
}

const pauseAfterTroubleMs = 5_000

export class StepWorker {
  readonly #parts: Parts
  #woken = false
  #closed = false
  #pause: Cancellation | undefined
  #round: Promise<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  wake(): void {
    this.#woken = true
    if (this.#closed) return
    this.#round ??= this.#work().finally(() => {
      this.#round = undefined
      if (this.#woken && !this.#closed) this.wake()
    })
  }

  /** Resolves when nothing is due: what is left waits for letters. */
  async idle(): Promise<void> {
    while (this.#round !== undefined) await this.#round
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#pause?.cancel('closing')
    await this.#round
  }

  async #work(): Promise<void> {
    while (!this.#closed) {
      this.#woken = false
      try {
        if (!(await this.#parts.step()) && !this.#woken) return
      } catch (error) {
        if (this.#closed) return
        this.#parts.troubled(error)
        this.#pause = new Cancellation()
        await this.#parts.runtime.sleep(pauseAfterTroubleMs, this.#pause).catch(() => {})
      }
    }
  }
}
