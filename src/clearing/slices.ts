/**
 * Long work in the writer's queue, cut so that nobody waits for it: a slice is one command of at most 2 ms. While others want
 * the writer, too, it is followed by a rest, and begins just after one of theirs was answered: the queue is empty then, and
 * its commit, which holds up whoever comes meanwhile, is over before the next as often as can be. Without others it goes on at
 * once.
 */
import { Cancellation, nextTurn, type Runtime } from '../runtime.ts'
import type { Store, Tx } from '../store/store.ts'

/** Handed to a command, which goes on with its next row only while `hasTime`. Its first row is always due. */
export interface Slice {
  /** `rows`: that were done since it was asked last. False, too, when as long a stretch again would be too long. */
  hasTime(rows?: number): boolean
}

const sliceMs = 2
/** Where time stands still, and for rows that cost next to nothing. */
const sliceRows = 256
/** While others want the writer: so much rest for the time of a slice, at least a millisecond. */
const restPerSlice = 4
/** Of what is counted as work between two breaths: the thread may have stood still. */
const longestStretchMs = 5
/** So long a slice waits for somebody's command to be answered. Beside 40 sales a second one is every 25 ms. */
const companyMs = 30
/** What an answer still needs of this thread: a password is opened after its sale was committed. */
const afterAnswerMs = 3

export class Slices {
  readonly #store: Store
  readonly #runtime: Runtime
  #closed = false
  #resting: Cancellation | undefined
  #lastMs: number

  constructor({ store, runtime }: { readonly store: Store; readonly runtime: Runtime }) {
    this.#store = store
    this.#runtime = runtime
    this.#lastMs = runtime.monotonicMs()
  }

  /** Runs one slice and rests when that is called for. */
  async execute<O>(command: (tx: Tx, slice: Slice) => Promise<O>): Promise<O> {
    if (this.#store.isAwaited()) await this.#afterOthers()
    if (this.#closed) throw new Error('closing')
    let tookMs = 0
    const outcome = await this.#store.execute(async tx => {
      const startedMs = this.#runtime.monotonicMs()
      let all = 0
      const hasTime = (rows = 1) => {
        all += rows
        const beforeMs = tookMs
        tookMs = this.#runtime.monotonicMs() - startedMs
        return all < sliceRows && 2 * tookMs - beforeMs < sliceMs
      }
      return command(tx, { hasTime })
    }, 'unhurried')
    await this.#yieldAfter(tookMs)
    return outcome
  }

  /** Between two stretches of work that is not the writer's, but this thread's: reading, decoding, hashing. */
  async breathe(): Promise<void> {
    await this.#yieldAfter(Math.min(longestStretchMs, this.#runtime.monotonicMs() - this.#lastMs))
    if (this.#closed) throw new Error('closing')
  }

  /** What is under way ends with its slice: the next one is refused. */
  close(): void {
    this.#closed = true
    this.#resting?.cancel('closing')
  }

  async #yieldAfter(workedMs: number): Promise<void> {
    if (this.#store.isAwaited()) await this.#rest(Math.max(1, restPerSlice * workedMs))
    else await nextTurn(this.#runtime)
    this.#lastMs = this.#runtime.monotonicMs()
  }

  async #afterOthers(): Promise<void> {
    let isAnswered = false
    const waiting = this.#rest(companyMs)
    const resting = this.#resting
    await Promise.race([
      waiting,
      this.#store.answered().then(() => {
        isAnswered = true
        resting?.cancel('answered')
      }),
    ])
    await waiting
    if (isAnswered) await this.#rest(afterAnswerMs)
  }

  async #rest(ms: number): Promise<void> {
    if (this.#closed) return
    this.#resting = new Cancellation()
    await this.#runtime.sleep(ms, this.#resting).catch(() => {})
    this.#resting = undefined
  }
}
