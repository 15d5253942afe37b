/**
 * What a command or query holds while it runs: statements on one connection, prepared once. It ends with the command;
 * after a statement failed it does nothing more, as in PostgreSQL, so that no command goes on with half of its work.
 */

import type { TraceId, TraceOf } from '../trace.ts'
import type { ChangeLog, Logged } from './change-log/change-log.ts'
import type { Sqlite, Statement } from './connection.ts'
import { CommandFault, type ReadTx, type Row, type SqlValue, type Tx } from './store.ts'

interface Prepared {
  readonly statement: Statement
  readonly writes: boolean
  /** By which the change log knows it. */
  readonly logged: Logged | undefined
}

/** Statements of one connection by their text. The texts are constants of the program, so there are few. */
export class Statements {
  readonly #database: Sqlite
  readonly #prepared = new Map<string, Prepared>()
  /** Where writes are logged. */
  readonly changes: ChangeLog | undefined

  constructor(database: Sqlite, changes?: ChangeLog) {
    this.#database = database
    this.changes = changes
  }

  of(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare<unknown[], Record<string, unknown>>(sql)
    const writes = !statement.readonly
    const prepared = { statement, writes, logged: writes ? this.changes?.statement(sql) : undefined }
    this.#prepared.set(sql, prepared)
    return prepared
  }
}

export class Transaction implements Tx {
  readonly #statements: Statements
  readonly #writes: boolean
  #ended = false
  /** The first error of a statement. */
  failure: unknown
  trace: TraceId | undefined
  readonly traceOf: TraceOf | undefined

  constructor(statements: Statements, access: 'read' | 'write', traceOf?: TraceOf) {
    this.#statements = statements
    this.#writes = access === 'write'
    this.traceOf = traceOf
  }

  end(): void {
    this.#ended = true
  }

  // Each of the three is written out: a closure per statement was a tenth of what a sale costs this thread.

  async all<R extends Row>(sql: string, ...values: SqlValue[]): Promise<R[]> {
    try {
      return this.#rows(sql, values) as R[]
    } catch (error) {
      return this.#fail(error)
    }
  }

  async one<R extends Row>(sql: string, ...values: SqlValue[]): Promise<R | undefined> {
    try {
      const rows = this.#rows(sql, values) as R[]
      if (rows.length > 1) throw new CommandFault(`at most one row was expected, there are ${rows.length}: ${sql}`)
      return rows[0]
    } catch (error) {
      return this.#fail(error)
    }
  }

  async run(sql: string, ...values: SqlValue[]): Promise<bigint> {
    try {
      const { statement, logged } = this.#statement(sql, values)
      const { changes } = statement.run(...values)
      if (logged !== undefined && changes > 0) this.#statements.changes?.record(logged, values)
      return BigInt(changes)
    } catch (error) {
      return this.#fail(error)
    }
  }

  #rows(sql: string, values: readonly SqlValue[]): Record<string, unknown>[] {
    const { statement, logged } = this.#statement(sql, values)
    const rows = statement.all(...values)
    // RETURNING gives a row for each that was written.
    if (logged !== undefined && rows.length > 0) this.#statements.changes?.record(logged, values)
    return rows
  }

  #statement(sql: string, values: readonly SqlValue[]): Prepared {
    if (this.#ended) throw new CommandFault(`a statement came after its transaction had ended: ${sql}`)
    if (this.failure !== undefined) throw this.failure
    assertExact(values, sql)
    const prepared = this.#statements.of(sql)
    if (!this.#writes && prepared.writes) throw new CommandFault(`a query may not write: ${sql}`)
    return prepared
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
