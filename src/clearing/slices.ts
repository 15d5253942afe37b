/**
 * Long work in the writer's queue, cut so that nobody waits for it: a slice is one command of at most 2 ms, and while others
 * want the writer, too, it is followed by a rest. Without others it goes on at once.
 */
import { Cancellation, nextTurn, type Runtime } from '../runtime.ts'
import type { Store, Tx } from '../store/store.ts'

/** Handed to a command, which goes on with its next row only while `hasTime`. Its first row is always due. */
export interface Slice {
  hasTime(): boolean
}

const sliceMs = 2
/** Where time stands still, and for rows that cost next to nothing. */
const sliceRows = 256
/** While others want the writer: so much rest for the time of a slice, at least a millisecond. */
const restPerSlice = 4
/** Others have wanted it, as long as this is not over. */
const busyForMs = 1_000

export class Slices {
  readonly #store: Store
  readonly #runtime: Runtime
  readonly #always: boolean
  #seen: number
  #closed = false
  #resting: Cancellation | undefined
  #busyUntilMs = Number.NEGATIVE_INFINITY

  /** `always`: rests whether or not others want the writer, for measurements. */
  constructor({ store, runtime }: { readonly store: Store; readonly runtime: Runtime }, always = false) {
    this.#store = store
    this.#runtime = runtime
    this.#always = always
    this.#seen = store.carriedOut()
  }

  /** Runs one slice and rests when that is called for. */
  async execute<O>(command: (tx: Tx, slice: Slice) => Promise<O>): Promise<O> {
    if (this.#closed) throw new Error('closing')
    let tookMs = 0
    this.#look()
    const outcome = await this.#store.execute(async tx => {
      const startedMs = this.#runtime.monotonicMs()
      let rows = 0
      const hasTime = () => {
        rows++
        tookMs = this.#runtime.monotonicMs() - startedMs
        return rows < sliceRows && tookMs < sliceMs
      }
      return command(tx, { hasTime })
    })
    // Its own.
    this.#seen++
    this.#look()
    if (this.#always || this.#runtime.monotonicMs() < this.#busyUntilMs) {
      await this.#rest(Math.max(1, restPerSlice * tookMs))
    } else await nextTurn()
    return outcome
  }

  /** What is under way ends with its slice: the next one is refused. */
  close(): void {
    this.#closed = true
    this.#resting?.cancel('closing')
  }

  async #rest(ms: number): Promise<void> {
    this.#resting = new Cancellation()
    await this.#runtime.sleep(ms, this.#resting).catch(() => {})
    this.#resting = undefined
  }

  #look(): void {
    const carriedOut = this.#store.carriedOut()
    if (carriedOut > this.#seen) this.#busyUntilMs = this.#runtime.monotonicMs() + busyForMs
    this.#seen = carriedOut
  }
}
