/**
 * Runs the log again: record after record onto the tables as they stood before, each under the schema of its time. What comes
 * out is byte for byte what the log's owner has, or had at that record: for audits, for what was backed up, for a standby.
 */
import { toHex } from '../../bytes.ts'
import type { Sqlite, Statement } from '../connection.ts'
import { applyTo, ownTables } from '../migrations.ts'
import { type LogHead, noHead } from './head.ts'
import { type ChainedRecord, type ChangeRecord, readRecord, sha256 } from './record.ts'
import { lastIn } from './tables.ts'

/** A record that does not follow, was changed, or cannot be run. Nothing after it can be. */
export class ReplayFault extends Error {
  readonly sequence: bigint

  constructor(sequence: bigint, what: string, cause?: unknown) {
    super(`record ${sequence}: ${what}`, { cause })
    this.name = 'ReplayFault'
    this.sequence = sequence
  }
}

/** Records to a transaction: enough that its cost is shared, and few enough that its pages stay in memory. */
const together = 500

export class Replay {
  readonly #database: Sqlite
  readonly #append: Statement
  readonly #define: Statement
  readonly #text: Statement
  readonly #statements = new Map<string, Statement>()
  #head: LogHead
  #writes = 0n
  #pending = 0

  /** `database`: empty, or a checkpoint's snapshot. It gets the records, too, so that it can be opened afterwards and go on. */
  constructor(database: Sqlite) {
    this.#database = database
    // A step of the schema may let go of a table that others refer to; who wrote the log had them checked.
    database.pragma('foreign_keys = OFF')
    database.exec(ownTables)
    this.#append = database.prepare('INSERT INTO change_log (sequence, hash, record) VALUES (?, ?, ?)')
    this.#define = database.prepare('INSERT INTO change_statement (id, sql) VALUES (?, ?) ON CONFLICT (id) DO NOTHING')
    this.#text = database.prepare('SELECT sql FROM change_statement WHERE id = ?')
    this.#head = lastIn(database) ?? noHead
  }

  /** The last record that was run, or is in the snapshot. */
  get head(): LogHead {
    return this.#head
  }

  get writes(): bigint {
    return this.#writes
  }

  /** @throws ReplayFault; the database is then of no use. */
  run(sealed: ChainedRecord): void {
    const { sequence } = sealed
    const record = this.#checked(sealed)
    if (this.#pending === 0) this.#database.exec('BEGIN')
    try {
      if (record.kind === 'schema') for (const step of record.steps) applyTo(this.#database, step)
      else this.#write(record)
      this.#append.run(sequence, sealed.hash, sealed.record)
    } catch (error) {
      if (error instanceof ReplayFault) throw error
      throw new ReplayFault(sequence, error instanceof Error ? error.message : String(error), error)
    }
    this.#head = { sequence, hash: sealed.hash }
    if (++this.#pending >= together) this.settle()
  }

  /** Commits what was run. */
  settle(): void {
    if (this.#pending > 0) this.#database.exec('COMMIT')
    this.#pending = 0
  }

  #checked({ sequence, hash, record }: ChainedRecord): ChangeRecord {
    const fault = (what: string) => new ReplayFault(sequence, what)
    if (sequence !== this.#head.sequence + 1n) throw fault(`it comes after record ${this.#head.sequence}`)
    if (Buffer.compare(sha256(record), hash) !== 0) throw fault('its hash is another')
    let read: ChangeRecord
    try {
      read = readRecord(record)
    } catch (error) {
      throw new ReplayFault(sequence, error instanceof Error ? error.message : String(error), error)
    }
    if (read.sequence !== sequence) throw fault(`it says that it is record ${read.sequence}`)
    if (Buffer.compare(read.previous, this.#head.hash) !== 0) throw fault('the record before it was another')
    return read
  }

  #write({ sequence, ids, texts, writes }: Extract<ChangeRecord, { kind: 'writes' }>): void {
    for (const text of texts) this.#define.run(sha256(text), text)
    const statements = ids.map(id => this.#statement(sequence, id))
    for (const { statement, values } of writes) {
      const prepared = statements[statement]
      const changed = prepared?.reader ? prepared.all(...values).length : prepared?.run(...values).changes
      // A write that changes nothing is not logged.
      if (changed === undefined || Number(changed) === 0)
        throw new ReplayFault(sequence, 'a write changes nothing here')
      this.#writes++
    }
  }

  #statement(sequence: bigint, id: Uint8Array): Statement {
    const name = toHex(id)
    const known = this.#statements.get(name)
    if (known !== undefined) return known
    const sql = this.#text.get(id)?.['sql']
    if (typeof sql !== 'string' || Buffer.compare(sha256(sql), id) !== 0)
      throw new ReplayFault(sequence, `the text of statement ${name.slice(0, 12)} is missing, or another`)
    const statement = this.#database.prepare<unknown[], Record<string, unknown>>(sql)
    this.#statements.set(name, statement)
    return statement
  }
}
