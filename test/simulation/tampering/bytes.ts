/**
 * Random one-byte changes to stored values, any column of any row of any table. Changes of rows are made some at a time, each to
 * another row, and each must be named; a change of the log is made alone, as nothing behind it can be proved.
 */

import { inHex } from '../../../src/ledger/audit/chain.ts'
import { type Runtime, randomBelow } from '../../../src/runtime.ts'
import { shapesOf, type TableShape } from '../../../src/store/change-log/rows.ts'
import type { Sqlite } from '../../../src/store/connection.ts'
import { endOfTurn } from '../../../src/store/turn.ts'
import { examine, type Honest, opened } from './books.ts'

type Value = string | bigint | number | Uint8Array | null

interface Change {
  readonly table: string
  readonly column: string
  /** Its primary key, as it was and as it is after the change. */
  readonly keys: readonly (readonly Value[])[]
}

const together = 25
const mostDraws = 1_000

/** Makes `count` changes. Returns those that the audit does not name, as sentences. */
export async function missedAmong(count: number, books: readonly Honest[], runtime: Runtime): Promise<string[]> {
  const missed: string[] = []
  let made = 0
  while (made < count) {
    const honest = books[randomBelow(runtime, books.length)]
    if (honest === undefined) throw new Error('no books')
    const { changes, snapshot } = changed(honest, Math.min(together, count - made), runtime)
    if (changes.length === 0) throw new Error(`${mostDraws} draws changed nothing`)
    made += changes.length
    // Databases in memory are let go in a turn of their own: without one, 3,000 changes held 1.4 GB.
    await endOfTurn()
    const findings = await examine(honest, snapshot, { mostRows: 10_000 })
    const named = new Set(findings.filter(({ kind }) => kind === 'row').map(({ where }) => where))
    const isLogBroken = findings.some(({ kind }) => kind === 'log')
    for (const { table, column, keys } of changes) {
      const isFound = keys.some(key => named.has(`${table} ${key.map(readable).join(' ')}`))
      if (!isFound && !(table === 'change_log' && isLogBroken) && !(table === 'change_statement' && isLogBroken)) {
        missed.push(`${honest.options.signer}: ${table}.${column} of ${keys[0]?.map(readable).join(' ')}`)
      }
    }
  }
  return missed
}

function changed(honest: Honest, most: number, runtime: Runtime) {
  const { database, done } = opened(honest.bytes)
  const tables = shapesOf(database, new Set()).filter(({ table }) => rowsIn(database, table) > 0)
  const changes: Change[] = []
  const touched = new Set<string>()
  // Small books have few rows to draw, and some draws change nothing: what was found so far is enough then.
  for (let drawn = 0; drawn < mostDraws && changes.length < most; drawn++) {
    const shape = tables[randomBelow(runtime, tables.length)]
    if (shape === undefined) throw new Error('no tables')
    const isLog = shape.table.startsWith('change_')
    if (isLog && changes.length > 0) continue
    const change = changeIn(database, shape, touched, runtime)
    if (change !== undefined) changes.push(change)
    if (change !== undefined && isLog) break
  }
  return { changes, snapshot: done() }
}

/** Undefined when the drawn value has no bytes, its row was changed before, or the change would collide with another row. */
function changeIn(
  database: Sqlite,
  { table, columns, key }: TableShape,
  touched: Set<string>,
  runtime: Runtime,
): Change | undefined {
  const row = database
    .prepare<[bigint], readonly Value[]>(`SELECT * FROM "${table}" LIMIT 1 OFFSET ?`)
    .raw(true)
    .get(BigInt(randomBelow(runtime, rowsIn(database, table))))
  const place = randomBelow(runtime, columns.length)
  const column = columns[place]
  if (row === undefined || column === undefined) throw new Error('no such row')
  const before = key.map(index => row[index] ?? null)
  const name = `${table} ${before.map(readable).join(' ')}`
  const value = withOtherByte(row[place] ?? null, runtime)
  if (value === undefined || touched.has(name)) return undefined
  const isText = typeof row[place] === 'string'
  try {
    database
      .prepare(
        `UPDATE "${table}" SET "${column}" = ${isText ? 'CAST(? AS TEXT)' : '?'}
         WHERE ${key.map(index => `"${columns[index]}" IS ?`).join(' AND ')}`,
      )
      .run(value, ...before)
  } catch {
    return undefined
  }
  touched.add(name)
  const after = key.map((index, i) =>
    index === place ? (isText ? Buffer.from(value as Uint8Array).toString() : value) : (before[i] ?? null),
  )
  touched.add(`${table} ${after.map(readable).join(' ')}`)
  return { table, column, keys: [before, after] }
}

/** The value as SQLite stores it, with one byte of it another. A text's bytes are given as such. */
function withOtherByte(value: Value, runtime: Runtime): bigint | Uint8Array | undefined {
  if (typeof value === 'bigint') {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(value)
    return Buffer.from(withOther(bytes, runtime)).readBigInt64BE()
  }
  if (value === null || typeof value === 'number') return undefined
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return bytes.length === 0 ? undefined : withOther(bytes, runtime)
}

function withOther(bytes: Uint8Array, runtime: Runtime): Uint8Array {
  const other = Uint8Array.from(bytes)
  const place = randomBelow(runtime, other.length)
  other[place] = ((other[place] ?? 0) + 1 + randomBelow(runtime, 255)) % 256
  return other
}

function rowsIn(database: Sqlite, table: string): number {
  return Number(database.prepare<[], { n: bigint }>(`SELECT count(*) AS n FROM "${table}"`).get()?.n ?? 0n)
}

function readable(value: Value): string {
  return value instanceof Uint8Array ? inHex(value) : String(value)
}
