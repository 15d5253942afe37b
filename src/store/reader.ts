/** Queries on a connection of their own, one after another, each in a transaction: a consistent snapshot. */
import type { Sqlite, Statement } from './connection.ts'
import type { ReadTx } from './store.ts'
import { Statements, settled, Transaction } from './transaction.ts'
import { nextTurn, withinTurn } from './turn.ts'

export class Reader {
  readonly #database: Sqlite
  readonly #statements: Statements
  readonly #begin: Statement
  readonly #end: Statement
  #last: Promise<unknown> = Promise.resolve()

  constructor(database: Sqlite) {
    this.#database = database
    this.#statements = new Statements(database)
    this.#begin = this.#statements.of('BEGIN')
    this.#end = this.#statements.of('COMMIT')
  }

  query<O>(query: (tx: ReadTx) => Promise<O>): Promise<O> {
    const result = this.#last.then(() => this.#perform(query))
    this.#last = result.catch(() => {})
    return result
  }

  /** Resolves when no query is under way. */
  async idle(): Promise<void> {
    await this.#last
  }

  async #perform<O>(query: (tx: ReadTx) => Promise<O>): Promise<O> {
    const tx = new Transaction(this.#statements, 'read')
    this.#begin.run()
    try {
      return await withinTurn(nextTurn(), settled(tx, query))
    } finally {
      tx.end()
      if (this.#database.inTransaction) this.#end.run()
    }
  }
}
