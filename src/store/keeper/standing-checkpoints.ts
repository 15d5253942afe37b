/**
 * The checkpoints of a machine that stands by. After whoever serves has kept one, it takes one of its own books, in a thread, so that it
 * has what an audit starts from when it serves, and lets go of the log before the older of its last two, as whoever serves does.
 */
import type { Runtime } from '../../runtime.ts'
import { checkpointFolder, checkpointsIn } from '../change-log/checkpoint.ts'
import { keepLastTwo, takeInThread } from '../change-log/checkpoints.ts'
import { type LetGo, lettingGo } from '../change-log/let-go.ts'
import { databaseIn, type Sqlite } from '../connection.ts'
import { type KeptCheckpoints, type Vouching, vouchedFor } from './kept-checkpoints.ts'

/** In looks: PostgreSQL is asked so seldom what it has. */
const looksBetween = 50

/** One that failed, as on a full disk, has read all of the books. */
const afterFailureMs = 600_000

export class StandingCheckpoints {
  readonly #runtime: Runtime
  /** The institution's folder. */
  readonly #books: string
  readonly #folder: string
  readonly #vouching: Vouching
  #looks = 0
  #notBeforeMs = 0
  #taking: Promise<void> | undefined
  /** The log up to here may go. */
  #upTo: bigint | undefined
  #letGo: LetGo | undefined

  constructor(runtime: Runtime, folder: string, vouching: Vouching) {
    this.#runtime = runtime
    this.#books = folder
    this.#folder = checkpointFolder(folder)
    this.#vouching = vouching
  }

  /** Begins one where one is due, or lets go of a little; neither is waited for. @throws Refused, Unanswered */
  async step(database: Sqlite, there: KeptCheckpoints): Promise<void> {
    if (this.#taking !== undefined) return
    if (this.#upTo !== undefined) {
      this.#letGo ??= lettingGo(database)
      if (this.#letGo(this.#upTo) === 0n) this.#upTo = undefined
      return
    }
    if (this.#looks++ % looksBetween !== 0 || this.#runtime.monotonicMs() < this.#notBeforeMs) return
    const latest = await there.latest()
    const own = checkpointsIn(this.#folder).at(-1)?.head.sequence ?? 0n
    if (latest === undefined || latest <= own) return
    this.#taking = this.#take()
      .catch(() => {
        this.#notBeforeMs = this.#runtime.monotonicMs() + afterFailureMs
      })
      .finally(() => {
        this.#taking = undefined
      })
  }

  /** Resolves when none is being taken: two at once would take each other's files for what a process left that died. */
  async idle(): Promise<void> {
    await this.#taking
  }

  async #take(): Promise<void> {
    await this.#runtime.work(takeInThread({ file: databaseIn(this.#books), folder: this.#folder }))
    const taken = checkpointsIn(this.#folder).at(-1)
    if (taken === undefined) return
    await vouchedFor(this.#folder, taken, this.#vouching)
    this.#upTo = keepLastTwo(this.#folder)
  }
}
