/**
 * Which statements may write. A statement of the log must do the same when it is run again elsewhere, years later: it names
 * one table, asks no clock and no chance, relies on no number that SQLite gives by itself, and reads no table that the
 * log leaves out.
 */
import type { Sqlite } from '../connection.ts'
import { CommandFault } from '../store.ts'

interface Target {
  readonly table: string
  /** Of an INSERT that lists them. */
  readonly columns: readonly string[] | undefined
  readonly inserts: boolean
}

const write =
  /^\s*(?:(INSERT\s+(?:OR\s+\w+\s+)?INTO)|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)\s+"?(\w+)"?\s*(?:\(([^)]*)\))?/i
const unrepeatable =
  /\b(?:(?:random|randomblob|date|time|datetime|julianday|unixepoch|strftime|timediff|last_insert_rowid|changes|total_changes)\s*\(|current_(?:timestamp|date|time)\b|_?rowid_?\b|oid\b)/i

/**
 * The table that `sql` writes to. @throws CommandFault when it would not do the same again. `transient` are the tables that
 * the log leaves out.
 */
export function tableWrittenBy(database: Sqlite, sql: string, transient: ReadonlySet<string>): string {
  const bare = sql.replace(/'(?:[^']|'')*'/g, "''").replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
  const target = targetOf(bare)
  if (target === undefined) throw new CommandFault(`a command writes by INSERT, UPDATE or DELETE alone: ${sql}`)
  const [found] = unrepeatable.exec(bare) ?? []
  if (found !== undefined) throw new CommandFault(`${found} would not give the same again: ${sql}`)
  const counted = target.inserts ? numberedBySqlite(database, target.table) : undefined
  if (counted !== undefined && target.columns !== undefined && !target.columns.includes(counted))
    throw new CommandFault(`${counted} of ${target.table} must be given, or SQLite would choose it: ${sql}`)
  for (const name of transient) {
    if (name !== target.table && new RegExp(`\\b${name}\\b`, 'i').test(bare))
      throw new CommandFault(`what is logged may not depend on ${name}, which is not: ${sql}`)
  }
  return target.table
}

function targetOf(bare: string): Target | undefined {
  const match = write.exec(bare)
  if (match?.[2] === undefined) return undefined
  return {
    table: match[2],
    inserts: match[1] !== undefined,
    columns: match[3]?.split(',').map(column => column.trim().replace(/"/g, '')),
  }
}

/** The column that is another name of the rowid, of which SQLite makes one up when none is given. */
function numberedBySqlite(database: Sqlite, table: string): string | undefined {
  const keys = database
    .prepare<[string, string], { name: string; type: string }>(
      `SELECT name, type FROM pragma_table_info(?) WHERE pk > 0
         AND EXISTS (SELECT 1 FROM pragma_table_list WHERE name = ? AND wr = 0)`,
    )
    .all(table, table)
  const [key] = keys
  return keys.length === 1 && key?.type === 'INTEGER' ? key.name : undefined
}
