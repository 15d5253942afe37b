/**
 * The schema, as numbered steps that live in the code. Each room numbers its own; an institution lists the rooms in the
 * order in which their tables build on each other. A step that was applied is remembered with its checksum for ever.
 */
import { createHash } from 'node:crypto'
import { remembered } from '../remembered.ts'
import { noHead } from './change-log/head.ts'
import { type ChainedRecord, type SchemaStep, sealSchema } from './change-log/record.ts'
import { appendTo, lastIn, logTableNames, logTables } from './change-log/tables.ts'
import type { Sqlite } from './connection.ts'
import { assertKept, beforeRebuild } from './rebuild.ts'

export interface Migration {
  /** Whose tables: `ledger`, `bank`. */
  readonly room: string
  /** 1, 2, 3 … within the room. */
  readonly number: number
  readonly sql: string
  /** Of the tables that it makes those whose rows are not logged, each with the reason why losing or changing one harms nobody. */
  readonly transient?: Readonly<Record<string, string>>
  /** Tables that `sql` makes anew under their own names (`rebuiltTable`). Others may refer to them. */
  readonly rebuilds?: readonly string[]
}

/** The database and the program do not fit together: it was written by a newer program, or an applied step was edited. */
export class SchemaMismatch extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SchemaMismatch'
  }
}

/** Of every database: which steps it has, and the log. They come first and are never changed. */
export const ownTables = `
  CREATE TABLE IF NOT EXISTS migration (
    room TEXT NOT NULL, number INTEGER NOT NULL, checksum TEXT NOT NULL, PRIMARY KEY (room, number)
  ) STRICT;${logTables}`

/** What SQLite makes by itself for one of them names it as its table. */
export const ownTableNames: ReadonlySet<string> = new Set(['migration', ...logTableNames])

/**
 * Applies what is missing, if anything is, in one transaction, and logs it. `first` runs before it where there are rows already: the log tells
 * of them only from here on, or was written under another schema.
 */
export function migrate(database: Sqlite, migrations: readonly Migration[], first: () => void = () => {}): void {
  if (isUpToDate(database, migrations)) return
  if (isFilled(database)) first()
  withoutForeignKeys(database, () => database.transaction(() => void applyMissing(database, migrations)).immediate())
}

/** @throws SchemaMismatch */
export function isUpToDate(database: Sqlite, migrations: readonly Migration[]): boolean {
  assertNumbered(migrations)
  return isFilled(database) && isLogged(database) && missingFrom(database, migrations).length === 0
}

/** As `migrate`, where each record is kept elsewhere, too, before its commit. */
export async function migrateKept(
  database: Sqlite,
  migrations: readonly Migration[],
  keep: (record: ChainedRecord) => Promise<void>,
  first: () => void = () => {},
): Promise<void> {
  if (isUpToDate(database, migrations)) return
  if (isFilled(database)) first()
  database.pragma('foreign_keys = OFF')
  database.exec('BEGIN IMMEDIATE')
  try {
    const record = applyMissing(database, migrations)
    if (record !== undefined) await keep(record)
    database.exec('COMMIT')
  } finally {
    if (database.inTransaction) database.exec('ROLLBACK')
    database.pragma('foreign_keys = ON')
  }
}

function applyMissing(database: Sqlite, migrations: readonly Migration[]): ChainedRecord | undefined {
  database.exec(ownTables)
  const missing = missingFrom(database, migrations)
  for (const migration of missing) applyTo(database, migration)
  if (missing.length === 0) return undefined
  const record = sealSchema(lastIn(database) ?? noHead, missing)
  appendTo(database, record)
  return record
}

/** The tables whose rows are not logged. */
export function transientTables(migrations: readonly Migration[]): ReadonlySet<string> {
  return new Set(migrations.flatMap(({ transient = {} }) => Object.keys(transient)))
}

function isFilled(database: Sqlite): boolean {
  return isThere(database, 'migration')
}

function isLogged(database: Sqlite): boolean {
  return isThere(database, 'change_log')
}

function isThere(database: Sqlite, table: string): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table) !== undefined
}

/** In the order in which they are to be applied. @throws SchemaMismatch */
function missingFrom(database: Sqlite, migrations: readonly Migration[]): readonly Migration[] {
  const applied = new Map(
    database
      .prepare<[], { room: string; number: bigint; checksum: string }>('SELECT room, number, checksum FROM migration')
      .all()
      .map(row => [`${row.room} ${row.number}`, row.checksum]),
  )
  const missing = migrations.filter(migration => {
    const { room, number } = migration
    const name = `${room} ${number}`
    const before = applied.get(name)
    applied.delete(name)
    if (before !== undefined && before !== checksumOf(migration))
      throw new SchemaMismatch(`migration ${name} was edited after it had been applied`)
    return before === undefined
  })
  const [unknown] = applied.keys()
  if (unknown !== undefined) throw new SchemaMismatch(`this program does not know migration ${unknown}`)
  return missing
}
/** One step. A replay of the log takes it again; foreign keys are off for a while. */
export function applyTo(database: Sqlite, step: SchemaStep): void {
  const { room, number, sql, rebuilds = [] } = step
  const before = beforeRebuild(database, rebuilds)
  database.exec(sql)
  assertKept(database, `${room} ${number}`, before)
  database
    .prepare('INSERT INTO migration (room, number, checksum) VALUES (?, ?, ?)')
    .run(room, BigInt(number), checksumOf(step))
}

/**
 * With foreign keys on, SQLite would not let go of a table that others refer to. They can be switched only between
 * transactions; a step that rebuilt something checks every reference before the commit instead.
 */
function withoutForeignKeys(database: Sqlite, work: () => void): void {
  database.pragma('foreign_keys = OFF')
  try {
    work()
  } finally {
    database.pragma('foreign_keys = ON')
  }
}

/** Steps are constants of the program. */
const checksumOf = remembered(({ sql }: Pick<Migration, 'sql'>): string =>
  createHash('sha256').update(sql).digest('hex'),
)

function assertNumbered(migrations: readonly Migration[]): void {
  const last = new Map<string, number>()
  for (const { room, number } of migrations) {
    if (number !== (last.get(room) ?? 0) + 1) throw new SchemaMismatch(`migration ${room} ${number} is out of order`)
    last.set(room, number)
  }
}
