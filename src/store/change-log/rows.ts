/**
 * All rows of a table in the order of its primary key, one after another, so that memory stays flat whatever the table holds; and
 * the root of a table, a hash over them all. A rowid that is no column is no part of a row: a snapshot numbers them anew.
 */
import { createHash } from 'node:crypto'
import type { Sqlite } from '../connection.ts'
import type { SqlValue } from '../store.ts'
import type { TableRoot } from './checkpoint-facts.ts'
import { sha256 } from './record.ts'
import { Growing } from './values.ts'

export interface TableShape {
  readonly table: string
  readonly columns: readonly string[]
  /** Indexes into `columns`, in the key's order. All columns, where there is no primary key. */
  readonly key: readonly number[]
}

/** What a row may hold that somebody wrote past the store: SQLite's REAL, too. */
export type RawValue = SqlValue | number

/** Every table but those of SQLite itself and those in `without`, by name. In one statement, as small books are audited often. */
export function shapesOf(database: Sqlite, without: ReadonlySet<string>): readonly TableShape[] {
  const columns = database
    .prepare<[], Column>(
      `SELECT object.name AS "table", info.name AS "column", info.pk AS place
       FROM main.sqlite_schema AS object JOIN pragma_table_info(object.name, 'main') AS info
       WHERE object.type = 'table' AND object.name NOT LIKE 'sqlite_%' ORDER BY object.name, info.cid`,
    )
    .all()
  const ofTable = new Map<string, Column[]>()
  for (const column of columns) {
    if (without.has(column.table)) continue
    const others = ofTable.get(column.table)
    if (others === undefined) ofTable.set(column.table, [column])
    else others.push(column)
  }
  return [...ofTable.entries()].map(shapeOf)
}

interface Column {
  readonly table: string
  readonly column: string
  /** In the primary key, from 1. 0: it is no part of it. */
  readonly place: bigint
}

function shapeOf([table, columns]: readonly [string, readonly Column[]]): TableShape {
  const inKey = columns.map(({ place }, index) => ({ place, index })).filter(({ place }) => place > 0n)
  const key = inKey.sort((a, b) => Number(a.place - b.place)).map(({ index }) => index)
  return {
    table,
    columns: columns.map(({ column }) => column),
    key: key.length > 0 ? key : columns.map((_, index) => index),
  }
}

export function* rowsOf(database: Sqlite, { table, columns, key }: TableShape): Generator<readonly RawValue[]> {
  const order = key.map(index => quoted(columns[index] ?? '')).join(', ')
  const sql = `SELECT ${columns.map(quoted).join(', ')} FROM main.${quoted(table)}${indexOf(database, table)} ORDER BY ${order}`
  yield* database.prepare<[], readonly RawValue[]>(sql).raw(true).iterate()
}

/** Through the index of its key, or SQLite would rather sort all of a large table in memory. */
function indexOf(database: Sqlite, table: string): string {
  const index = database
    .prepare<[string], { name: string }>("SELECT name FROM pragma_index_list(?, 'main') WHERE origin = 'pk'")
    .get(table)
  const isRowid = database
    .prepare<[string], { wr: bigint }>("SELECT wr FROM pragma_table_list WHERE name = ? AND schema = 'main'")
    .get(table)
  return index === undefined || isRowid?.wr === 1n ? '' : ` INDEXED BY ${quoted(index.name)}`
}

/** Bytes after which they are hashed. */
const chunk = 60_000

export function rootOf(database: Sqlite, shape: TableShape): TableRoot {
  const hash = createHash('sha256')
  const bytes = new Growing()
  bytes.text('tonebank-table-1')
  bytes.text(shape.table)
  bytes.array(shape.columns.length)
  for (const column of shape.columns) bytes.text(column)
  let rows = 0n
  for (const row of rowsOf(database, shape)) {
    putRow(bytes, row)
    rows++
    if (bytes.length < chunk) continue
    hash.update(bytes.view)
    bytes.length = 0
  }
  hash.update(bytes.view)
  return { table: shape.table, rows, root: hash.digest() }
}

function putRow(bytes: Growing, row: readonly RawValue[]): void {
  bytes.array(row.length)
  for (const value of row) typeof value === 'number' ? bytes.float(value) : bytes.value(value)
}

/** A hash over every table, index, trigger and view as it is defined. */
export function schemaHash(database: Sqlite): Uint8Array {
  const bytes = new Growing()
  for (const { type, name, table, sql } of schemaOf(database)) {
    bytes.array(4)
    for (const text of [type, name, table, sql]) bytes.text(text)
  }
  return sha256(bytes.view)
}

export interface SchemaObject {
  readonly type: string
  readonly name: string
  readonly table: string
  readonly sql: string
}

export function schemaOf(database: Sqlite): readonly SchemaObject[] {
  return database
    .prepare<[], SchemaObject>(
      `SELECT type, name, tbl_name AS "table", coalesce(sql, '') AS sql FROM main.sqlite_schema ORDER BY type, name`,
    )
    .all()
}

export function quoted(name: string): string {
  return `"${name.replace(/"/g, '""')}"`
}
