/**
 * Where two databases differ: objects of the schema, and rows by their keys. Whether a table differs at all SQLite finds out, six
 * times as fast as we could; only one that does is read row by row, both sides at once.
 */
import type { Sqlite } from '../connection.ts'
import { quoted, type RawValue, rowsOf, schemaOf, shapesOf, type TableShape } from './rows.ts'

export type Difference =
  | {
      readonly kind: 'schema'
      /** Such as `trigger sale_stands_for_ever`. */
      readonly name: string
      readonly table: string
      readonly what: 'missing' | 'added' | 'altered'
    }
  | {
      readonly kind: 'row'
      readonly table: string
      /** Its primary key, column by column. */
      readonly key: Readonly<Record<string, RawValue>>
      readonly what: 'missing' | 'added' | 'altered'
      /** Those that differ; empty unless it was altered. */
      readonly columns: readonly string[]
    }

/** Under which name the database that is right is attached to the connection of the other one. */
export const attached = 'rebuilt'

/**
 * What `found` has otherwise than `right`, which is attached to it, too: at most `most` rows of each table. Tables `without` are
 * not looked at.
 */
export function differences(
  right: Sqlite,
  found: Sqlite,
  without: ReadonlySet<string>,
  most: number,
): readonly Difference[] {
  const all: Difference[] = [...schemaDifferences(right, found)]
  const there = new Map(shapesOf(found, without).map(shape => [shape.table, shape]))
  for (const shape of shapesOf(right, without)) {
    // A table that is missing or of another shape is a difference of the schema.
    const other = there.get(shape.table)
    if (other !== undefined && isSameShape(shape, other) && !areSame(found, shape))
      all.push(...rowDifferences(right, found, shape, most))
  }
  return all
}

/** Objects that are missing, added or defined otherwise. */
export function* schemaDifferences(right: Sqlite, found: Sqlite): Generator<Difference> {
  const named = (database: Sqlite) =>
    new Map(schemaOf(database).map(object => [`${object.type} ${object.name}`, object] as const))
  const [expected, there] = [named(right), named(found)]
  for (const [name, { table, sql }] of expected) {
    const other = there.get(name)
    if (other === undefined) yield { kind: 'schema', name, table, what: 'missing' }
    else if (other.sql !== sql || other.table !== table) yield { kind: 'schema', name, table, what: 'altered' }
  }
  for (const [name, { table }] of there) {
    if (!expected.has(name)) yield { kind: 'schema', name, table, what: 'added' }
  }
}

/**
 * As many rows on both sides, and as many pairs. The schema keeps values exact: its tables are STRICT, no number can pass for another
 * type, and no text is compared but by its bytes.
 */
function areSame(found: Sqlite, { table, columns, key }: TableShape): boolean {
  const name = quoted(table)
  const each = columns.map(
    (column, index) => `theirs.${quoted(column)} ${key.includes(index) ? '=' : 'IS'} ours.${quoted(column)}`,
  )
  const counts = found
    .prepare<[], { theirs: bigint; ours: bigint; pairs: bigint }>(
      `SELECT (SELECT count(*) FROM main.${name}) AS theirs, (SELECT count(*) FROM ${attached}.${name}) AS ours,
         (SELECT count(*) FROM main.${name} AS theirs CROSS JOIN ${attached}.${name} AS ours ON ${each.join(' AND ')}) AS pairs`,
    )
    .get()
  return counts !== undefined && counts.theirs === counts.ours && counts.theirs === counts.pairs
}

/** Walks through both tables. */
export function* rowDifferences(right: Sqlite, found: Sqlite, shape: TableShape, most: number): Generator<Difference> {
  const expected = rowsOf(right, shape)
  const there = rowsOf(found, shape)
  let named = 0
  try {
    let [mine, theirs] = [expected.next().value, there.next().value]
    while ((mine !== undefined || theirs !== undefined) && named < most) {
      const order = mine === undefined ? 1 : theirs === undefined ? -1 : compareKeys(shape, mine, theirs)
      const difference = differenceOf(shape, order <= 0 ? mine : undefined, order >= 0 ? theirs : undefined)
      if (difference !== undefined) {
        named++
        yield difference
      }
      if (order <= 0) mine = expected.next().value
      if (order >= 0) theirs = there.next().value
    }
  } finally {
    expected.return(undefined)
    there.return(undefined)
  }
}

/** Of two rows with one key: that which is right, and that which is there. */
export function differenceOf(
  shape: TableShape,
  mine: readonly RawValue[] | undefined,
  theirs: readonly RawValue[] | undefined,
): Difference | undefined {
  if (mine === undefined) return theirs && { ...placeOf(shape, theirs), what: 'added', columns: [] }
  if (theirs === undefined) return { ...placeOf(shape, mine), what: 'missing', columns: [] }
  const columns = alteredColumns(shape, mine, theirs)
  return columns.length > 0 ? { ...placeOf(shape, theirs), what: 'altered', columns } : undefined
}

function placeOf({ table, columns, key }: TableShape, row: readonly RawValue[]) {
  const values = key.map(index => [columns[index] ?? '', row[index] ?? null] as const)
  return { kind: 'row', table, key: Object.fromEntries(values) } as const
}

function alteredColumns({ columns }: TableShape, mine: readonly RawValue[], theirs: readonly RawValue[]): string[] {
  return columns.filter((_, index) => !isSame(mine[index] ?? null, theirs[index] ?? null))
}

function isSame(a: RawValue, b: RawValue): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  return Buffer.compare(a, b) === 0
}

/** As SQLite orders them (https://www.sqlite.org/datatype3.html, section 4.1), texts by their bytes. */
function compareKeys({ key }: TableShape, a: readonly RawValue[], b: readonly RawValue[]): number {
  for (const index of key) {
    const order = compareValues(a[index] ?? null, b[index] ?? null)
    if (order !== 0) return order
  }
  return 0
}

function compareValues(a: RawValue, b: RawValue): number {
  const [first, second] = [classOf(a), classOf(b)]
  if (first !== second) return first - second
  if (typeof a === 'string' && typeof b === 'string')
    return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b))
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  if (a === null || b === null) return 0
  return a < b ? -1 : a > b ? 1 : 0
}

function classOf(value: RawValue): number {
  if (value === null) return 0
  if (typeof value === 'bigint' || typeof value === 'number') return 1
  return typeof value === 'string' ? 2 : 3
}

function isSameShape(a: TableShape, b: TableShape): boolean {
  return a.columns.join('\n') === b.columns.join('\n') && a.key.join() === b.key.join()
}
