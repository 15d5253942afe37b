/**
 * Making a table anew under its own name. SQLite cannot widen a CHECK or change a key in place: the rows go to a new table,
 * the old one is dropped, the new one takes its name (https://www.sqlite.org/lang_altertable.html, section 7). Indexes and
 * triggers go with the old table and must be made again; whoever forgets one, or a row, is refused before the commit.
 */
import type { Sqlite } from './connection.ts'

export interface Rebuilding {
  readonly table: string
  /** The new table's definition, under the name that it is given. */
  readonly make: (name: string) => string
  /** The new table's columns: as they were, or by an expression over the old row where one is given. */
  readonly columns: readonly (string | readonly [column: string, from: string])[]
  /** The table's indexes and triggers, all of them. */
  readonly belongings: string
}

/** The statements of a migration that rebuilds `table`; name the table in its `rebuilds`, too. */
export function rebuiltTable({ table, make, columns, belongings }: Rebuilding): string {
  const name = `rebuilt_${table}`
  const into = columns.map(column => (typeof column === 'string' ? column : column[0])).join(', ')
  const from = columns.map(column => (typeof column === 'string' ? column : column[1])).join(', ')
  return `${make(name)};
    INSERT INTO ${name} (${into}) SELECT ${from} FROM ${table};
    DROP TABLE ${table};
    ALTER TABLE ${name} RENAME TO ${table};
    ${belongings}`
}

interface Before {
  readonly table: string
  readonly rows: bigint
  readonly belongings: readonly string[]
}

/** What a step must not lose of the tables that it rebuilds. */
export function beforeRebuild(database: Sqlite, tables: readonly string[]): readonly Before[] {
  return tables.map(table => ({ table, rows: rowsOf(database, table), belongings: belongingsOf(database, table) }))
}

/** @throws Error when a row, an index or a trigger is gone, or a row of another table refers to none any more. */
export function assertKept(database: Sqlite, step: string, before: readonly Before[]): void {
  for (const { table, rows, belongings } of before) {
    const now = rowsOf(database, table)
    if (now !== rows) throw new Error(`migration ${step} makes ${now} rows of the ${rows} of ${table}`)
    const kept = belongingsOf(database, table)
    const lost = belongings.filter(each => !kept.includes(each))
    if (lost.length > 0) throw new Error(`migration ${step} loses ${lost.join(' and ')} of ${table}`)
  }
  if (before.length === 0) return
  const dangling = database.pragma('foreign_key_check') as { table: string; parent: string }[]
  for (const { table, parent } of dangling)
    throw new Error(`after migration ${step} a row of ${table} refers to no row of ${parent}`)
}

function rowsOf(database: Sqlite, table: string): bigint {
  const row = database.prepare<[], { count: bigint }>(`SELECT count(*) AS count FROM ${table}`).get()
  return row?.count ?? 0n
}

function belongingsOf(database: Sqlite, table: string): readonly string[] {
  return database
    .prepare<[string], { type: string; name: string }>(
      `SELECT type, name FROM sqlite_schema WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL`,
    )
    .all(table)
    .map(({ type, name }) => `${type} ${name}`)
}
