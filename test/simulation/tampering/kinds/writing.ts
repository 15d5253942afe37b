/** How a way to change books behind the program's back is written down: one sentence and a little SQL. */
import type { Which } from '../books.ts'

export interface Tampering {
  readonly book: Which
  readonly what: string
  readonly sql: string
  /** Triggers that are not put back. */
  readonly without?: readonly string[]
}

const of =
  (book: Which) =>
  (what: string, sql: string, without: readonly string[] = []): Tampering => ({ book, what, sql, without })
export const bank = of('bank')
export const payee = of('payee')
export const recoveredPayee = of('payee, recovered')
export const bankOfTwo = of('bank, of two')
export const takesCards = of('payee of two')
export const bankOfRecovered = of('bank of it')
export const host = of('host')
export const bankOfHost = of('bank of a host')

/** Exchanges a column between the first two rows of a table. `between`: what the first has while the second gets its value. */
export const exchange = (table: string, column: string, among = '1', between = "'exchanged'") => `
  CREATE TEMP TABLE pair AS SELECT rowid AS k, ${column} AS v FROM ${table} WHERE ${among} GROUP BY ${column} ORDER BY rowid LIMIT 2;
  UPDATE ${table} SET ${column} = ${between} WHERE rowid = (SELECT max(k) FROM pair);
  UPDATE ${table} SET ${column} = (SELECT v FROM pair ORDER BY k DESC LIMIT 1) WHERE rowid = (SELECT min(k) FROM pair);
  UPDATE ${table} SET ${column} = (SELECT v FROM pair ORDER BY k LIMIT 1) WHERE rowid = (SELECT max(k) FROM pair);
  DROP TABLE pair`
export const first = (table: string, key: string, among = '1') =>
  `${key} = (SELECT min(${key}) FROM ${table} WHERE ${among})`
export const flip = (column: string) => `CAST(substr(${column}, 1, 10) || x'00' || substr(${column}, 12) AS BLOB)`
