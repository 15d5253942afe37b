/**
 * What a command or query holds while it runs: statements on one connection, prepared once. It ends with the command;
 * after a statement failed it does nothing more, as in PostgreSQL, so that no command goes on with half of its work.
 */
import type { Sqlite, Statement } from './connection.ts'
import { CommandFault, type ReadTx, type Row, type SqlValue, type Tx } from './store.ts'

/** Statements of one connection by their text. The texts are constants of the program, so there are few. */
export class Statements {
  readonly #database: Sqlite
  readonly #prepared = new Map<string, Statement>()

  constructor(database: Sqlite) {
    this.#database = database
  }

  of(sql: string): Statement {
    const known = this.#prepared.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare<unknown[], Record<string, unknown>>(sql)
    this.#prepared.set(sql, statement)
    return statement
  }
}

export class Transaction implements Tx {
  readonly #statements: Statements
  readonly #writes: boolean
  #ended = false
  /** The first error of a statement. */
  failure: unknown

  constructor(statements: Statements, access: 'read' | 'write') {
    this.#statements = statements
    this.#writes = access === 'write'
  }

  end(): void {
    this.#ended = true
  }

  // Each of the three is written out: a closure per statement was a tenth of what a sale costs this thread.

  async all<R extends Row>(sql: string, ...values: SqlValue[]): Promise<R[]> {
    try {
      return this.#statement(sql, values).all(...values) as R[]
    } catch (error) {
      return this.#fail(error)
    }
  }

  async one<R extends Row>(sql: string, ...values: SqlValue[]): Promise<R | undefined> {
    try {
      const rows = this.#statement(sql, values).all(...values) as R[]
      if (rows.length > 1) throw new CommandFault(`at most one row was expected, there are ${rows.length}: ${sql}`)
      return rows[0]
    } catch (error) {
      return this.#fail(error)
    }
  }

  async run(sql: string, ...values: SqlValue[]): Promise<bigint> {
    try {
      return BigInt(this.#statement(sql, values).run(...values).changes)
    } catch (error) {
      return this.#fail(error)
    }
  }

  #statement(sql: string, values: readonly SqlValue[]): Statement {
    if (this.#ended) throw new CommandFault(`a statement came after its transaction had ended: ${sql}`)
    if (this.failure !== undefined) throw this.failure
    assertExact(values, sql)
    const statement = this.#statements.of(sql)
    if (!this.#writes && !statement.readonly) throw new CommandFault(`a query may not write: ${sql}`)
    return statement
  }

  #fail(error: unknown): never {
    this.failure ??= error
    throw error
  }
}

/** Runs `query` and refuses it when one of its statements failed, even if it looked away. */
export async function settled<T extends ReadTx, O>(
  tx: T & { readonly failure: unknown; end(): void },
  query: (tx: T) => Promise<O>,
): Promise<O> {
  try {
    const outcome = await query(tx)
    if (tx.failure !== undefined) throw tx.failure
    return outcome
  } finally {
    tx.end()
  }
}

function assertExact(values: readonly SqlValue[], sql: string): void {
  for (const value of values as readonly unknown[]) {
    const exact =
      typeof value === 'string' || typeof value === 'bigint' || value === null || value instanceof Uint8Array
    if (!exact) throw new CommandFault(`a ${typeof value} cannot be bound exactly: ${sql}`)
  }
}
