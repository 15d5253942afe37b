/**
 * Queries between a BEGIN and a COMMIT of their own, one after another, on a consistent snapshot. Those that wait when one
 * begins share its transaction, which then is newer than each of their requests.
 */
import type { Sqlite, Statement } from './connection.ts'
import type { ReadTx } from './store.ts'
import { Statements, settled, Transaction } from './transaction.ts'
import { endOfTurn, withinTurn } from './turn.ts'

interface Waiting {
  run(tx: Transaction): Promise<void>
  refuse(error: unknown): void
}

/** Runs work when its connection is in no transaction. Rejects when that time will not come. */
type WhenFree = (work: () => Promise<void>) => Promise<void>

export class Reader {
  readonly #database: Sqlite
  readonly #whenFree: WhenFree
  readonly #statements: Statements
  readonly #begin: Statement
  readonly #end: Statement
  #waiting: Waiting[] = []
  #draining: Promise<void> | undefined

  /** `whenFree`: for a connection that has another use than queries. */
  constructor(database: Sqlite, whenFree: WhenFree = work => Promise.resolve().then(work)) {
    this.#database = database
    this.#whenFree = whenFree
    this.#statements = new Statements(database)
    this.#begin = database.prepare<unknown[], Record<string, unknown>>('BEGIN')
    this.#end = database.prepare<unknown[], Record<string, unknown>>('COMMIT')
  }

  query<O>(query: (tx: ReadTx) => Promise<O>): Promise<O> {
    const result = new Promise<O>((resolve, reject) =>
      this.#waiting.push({ run: async tx => resolve(await settled(tx, query)), refuse: reject }),
    )
    this.#draining ??= this.#drain()
    return result
  }

  /** Resolves when no query is under way. */
  async idle(): Promise<void> {
    await this.#draining
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      let sharing: readonly Waiting[] = []
      try {
        await this.#whenFree(async () => {
          sharing = this.#waiting.splice(0)
          await this.#share(sharing)
        })
      } catch (error) {
        for (const waiting of [...sharing, ...this.#waiting.splice(0)]) waiting.refuse(error)
      }
    }
    this.#draining = undefined
  }

  async #share(sharing: readonly Waiting[]): Promise<void> {
    this.#begin.run()
    try {
      let turn = endOfTurn()
      for (const waiting of sharing) {
        const tx = new Transaction(this.#statements, 'read')
        try {
          await withinTurn(turn, waiting.run(tx))
        } catch (error) {
          tx.end()
          waiting.refuse(error)
          turn = endOfTurn()
        }
      }
    } finally {
      if (this.#database.inTransaction) this.#end.run()
    }
  }
}
