/** Makes a database what an institution's log in PostgreSQL says, record after record as they come. */
import { sameBytes } from '../../bytes.ts'
import { type LogHead, noHead } from '../change-log/head.ts'
import { Replay } from '../change-log/replay.ts'
import { busyTimeoutMs, type Sqlite } from '../connection.ts'
import type { KeptLog } from './kept-log.ts'
import { Refused } from './session.ts'

/** The books of this folder and those in PostgreSQL are not the same: nothing may be written to either. */
export class BooksDiffer extends Error {
  constructor(what: string) {
    super(`the books of this folder are not those that PostgreSQL keeps: ${what}`)
    this.name = 'BooksDiffer'
  }
}

/** A record of 128 sales has 400 kB. */
const recordsAtOnce = 16

/** Records. */
const far = 256n

/** Of the write-ahead log: the disk takes a twentieth of a second for so much. */
const pagesAtOnce = 4_096n

export class Following {
  readonly #database: Sqlite
  readonly #log: KeptLog
  readonly #replay: Replay

  constructor(database: Sqlite, log: KeptLog) {
    this.#database = database
    this.#log = log
    this.#replay = new Replay(database)
  }

  get head(): LogHead {
    return this.#replay.head
  }

  /** Whether running what is new may take as long as a start may. @throws Refused, Unanswered */
  async isFarBehind(): Promise<boolean> {
    const kept = await this.#log.head()
    return kept !== undefined && kept.sequence > this.head.sequence + far
  }

  /** Runs what is new. @throws ReplayFault, BooksDiffer, Refused, Unanswered */
  async catchUp(): Promise<void> {
    for (;;) {
      this.#writeBack()
      const records = await this.#log.after(this.head.sequence, recordsAtOnce)
      const [first] = records
      if (first === undefined) return
      if (first.sequence > this.head.sequence + 1n)
        throw new BooksDiffer(
          `they end at record ${this.head.sequence}, and the log there begins with ${first.sequence}; move institution.db away, and it is made anew from the checkpoint there`,
        )
      for (const record of records) this.#replay.run(record)
      this.#replay.settle()
    }
  }

  /** While nobody has a lease yet: closing the database would write back all that has come in days or weeks, under it. */
  #writeBack(): void {
    const [{ log }] = this.#database.pragma('wal_checkpoint(NOOP)') as [{ log: bigint }]
    if (log <= pagesAtOnce) return
    // Without waiting for a reader.
    this.#database.pragma('busy_timeout = 0')
    try {
      this.#database.pragma('wal_checkpoint(TRUNCATE)')
    } finally {
      this.#database.pragma(`busy_timeout = ${busyTimeoutMs}`)
    }
  }

  /**
   * That it has come to the end of what is kept under the lease of this epoch, and to the same, by the word of a server whose standby confirms it.
   * @throws BooksDiffer, Refused, Unanswered
   */
  async prove(epoch: bigint): Promise<LogHead> {
    const found = await this.#log.confirmed()
    if (found.epoch !== epoch) throw new Refused(`the lease there has epoch ${found.epoch}, not ${epoch}`)
    const kept = found.head ?? noHead
    const { sequence, hash } = this.head
    if (sequence !== kept.sequence)
      throw new BooksDiffer(`they end at record ${sequence}, those there at record ${kept.sequence}`)
    if (!sameBytes(hash, kept.hash)) throw new BooksDiffer(`their record ${sequence} is another`)
    return kept
  }
}
