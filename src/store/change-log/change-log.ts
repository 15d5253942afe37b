/**
 * Records what a commit group writes, as it writes, and appends it as one chained record before the COMMIT. The head that
 * others are shown advances only after it. Values are encoded as they are bound: once for the group, and nothing that
 * somebody changes later in his buffer gets into the log.
 */

import { sameBytes, toHex } from '../../bytes.ts'
import { invariant } from '../../invariant.ts'
import { remembered } from '../../remembered.ts'
import type { Sqlite, Statement } from '../connection.ts'
import type { SqlValue } from '../store.ts'
import { type LogHead, noHead } from './head.ts'
import { tableWrittenBy } from './loggable.ts'
import { type ChainedRecord, sealWrites, sha256 } from './record.ts'
import { lastRecord } from './tables.ts'
import { Growing } from './values.ts'

/** A statement that the log knows. */
export interface Logged {
  readonly id: Uint8Array
  readonly sql: string
  /** Its text stands in the log. */
  known: boolean
  /** Its place among the ids of the record that is being made; -1 when it is not there. */
  place: number
}

/** How far the record that is being made had come. */
export interface Mark {
  readonly length: number
  readonly count: number
  readonly used: number
}

/** The database is not what this process left: somebody else writes to it. Nothing more may be committed. */
export class LogBroken extends Error {
  constructor(what: string) {
    super(`the change log is not as this process left it: ${what}`)
    this.name = 'LogBroken'
  }
}

/** By the schema's transient tables; undefined for a statement that writes to one. A process has one schema, and tests open it thousands of times. */
const statementIds = remembered((_transient: ReadonlySet<string>) => new Map<string, Uint8Array | undefined>())

export class ChangeLog {
  readonly #database: Sqlite
  readonly #transient: ReadonlySet<string>
  readonly #last: Statement
  readonly #append: Statement
  readonly #define: Statement
  readonly #known: Set<string>
  readonly #writes = new Growing()
  #count = 0
  readonly #used: Logged[] = []
  #appended: LogHead | undefined
  #head: LogHead
  /** Between `begin` and the end of the transaction. */
  #isOpen = false
  /** It is not known what the last commit did. */
  #uncertain = false

  /** `transient`: tables whose rows are not logged. One set for each schema: what is found out about statements is kept by it. */
  constructor(database: Sqlite, transient: ReadonlySet<string>) {
    this.#database = database
    this.#transient = transient
    this.#last = database.prepare(lastRecord)
    this.#append = database.prepare('INSERT INTO change_log (sequence, hash, record) VALUES (?, ?, ?)')
    this.#define = database.prepare(
      // A commit that was reported as failed may have defined it.
      'INSERT INTO change_statement (id, sql) VALUES (?, ?) ON CONFLICT (id) DO NOTHING',
    )
    this.#known = new Set(
      database
        .prepare<[], { id: Buffer }>('SELECT id FROM change_statement')
        .all()
        .map(row => toHex(row.id)),
    )
    this.#head = this.#read()
  }

  /** The last committed record. Undefined before the first. */
  get head(): LogHead | undefined {
    return this.#head.sequence === 0n ? undefined : this.#head
  }

  /** What `record` wants for a statement; undefined when its table is transient. @throws CommandFault */
  statement(sql: string): Logged | undefined {
    const id = this.#statementId(sql)
    return id && { id, sql, known: this.#known.has(toHex(id)), place: -1 }
  }

  #statementId(sql: string): Uint8Array | undefined {
    const ids = statementIds(this.#transient)
    if (ids.has(sql)) return ids.get(sql)
    const table = tableWrittenBy(this.#database, sql, this.#transient)
    const id = this.#transient.has(table) ? undefined : sha256(sql)
    ids.set(sql, id)
    return id
  }

  /** Call it when the statement has run and has changed something. */
  record(statement: Logged, values: readonly SqlValue[]): void {
    invariant(this.#isOpen, 'a write came outside of a group of commands')
    if (statement.place < 0) {
      statement.place = this.#used.length
      this.#used.push(statement)
    }
    const writes = this.#writes
    writes.array(values.length + 1)
    writes.unsigned(statement.place)
    for (const value of values) writes.value(value)
    this.#count++
  }

  /** A group begins. @throws LogBroken when another process has written since the last one. */
  begin(): void {
    const found = this.#read()
    if (!this.#uncertain && !isSame(found, this.#head))
      throw new LogBroken(`record ${this.#head.sequence} was its last, record ${found.sequence} is`)
    this.#head = found
    this.#uncertain = false
    this.cut({ length: 0, count: 0, used: 0 })
    this.#isOpen = true
  }

  mark(): Mark {
    return { length: this.#writes.length, count: this.#count, used: this.#used.length }
  }

  /** Forgets what was recorded since `mark`: it was undone. */
  cut(mark: Mark): void {
    const isBehind = mark.length <= this.#writes.length && mark.count <= this.#count && mark.used <= this.#used.length
    invariant(isBehind, 'writes were to be forgotten that are not there')
    this.#writes.length = mark.length
    this.#count = mark.count
    for (const statement of this.#used.splice(mark.used)) statement.place = -1
  }

  /** Puts the group's record into its transaction. Undefined, when nothing was written. */
  append(): ChainedRecord | undefined {
    this.#appended = undefined
    if (this.#count === 0) return undefined
    const fresh = this.#used.filter(statement => !statement.known)
    const ids = this.#used.map(({ id }) => id)
    const texts = fresh.map(({ sql }) => sql)
    const sealed = sealWrites(this.#head, ids, texts, this.#count, this.#writes.view)
    const { sequence, hash, record } = sealed
    for (const { id, sql } of fresh) this.#define.run(id, sql)
    this.#append.run(sequence, hash, record)
    this.#appended = { sequence, hash }
    return sealed
  }

  committed(): void {
    this.#isOpen = false
    if (this.#appended === undefined) return
    invariant(this.#appended.sequence === this.#head.sequence + 1n, 'the change log did not advance by one')
    this.#head = this.#appended
    this.#appended = undefined
    for (const statement of this.#used) statement.known = true
  }

  /** The commit failed, or whether it took effect is not known: the database alone knows what the head is. */
  readAgain(): void {
    this.#isOpen = false
    this.#appended = undefined
    this.cut({ length: 0, count: 0, used: 0 })
    this.#uncertain = true
    try {
      this.#head = this.#read()
      this.#uncertain = false
    } catch {
      // Not even that can be read now. The next group reads it before it writes anything.
    }
  }

  #read(): LogHead {
    const row = this.#last.get()
    return row === undefined ? noHead : { sequence: row['sequence'] as bigint, hash: row['hash'] as Uint8Array }
  }
}

function isSame(a: LogHead, b: LogHead): boolean {
  return a.sequence === b.sequence && sameBytes(a.hash, b.hash)
}
