/**
 * A bank's own statements as PostgreSQL takes them, and its rows as the bank reads them. The statements of a sale are
 * plain SQL: what differs is how a parameter is written, four spellings, and that PostgreSQL has a type of its own for truth.
 */
import pg from 'pg'
import type { SqlValue } from '../../../src/store/store.ts'

export interface Translated {
  readonly text: string
  /** By which a connection prepares it once. */
  readonly name: string
}

export class Dialect {
  readonly #known = new Map<string, Translated>()

  of(sql: string): Translated {
    const known = this.#known.get(sql)
    if (known !== undefined) return known
    const translated = { text: translate(sql), name: `s${this.#known.size}` }
    this.#known.set(sql, translated)
    return translated
  }
}

/** No text constant of the bank's statements has a question mark in it. */
export function translate(sql: string): string {
  let parameters = 0
  return (
    sql
      .replaceAll('?', () => `$${++parameters}`)
      // An unquoted name has no capitals there.
      .replaceAll(/\bAS ([a-z]+[A-Z]\w*)/g, 'AS "$1"')
      // The row that is there, and the one that is not inserted, both have that column.
      .replaceAll(
        /INSERT INTO (\w+) ([^;]*) DO UPDATE SET (\w+) = \3 \+ 1/g,
        'INSERT INTO $1 $2 DO UPDATE SET $3 = $1.$3 + 1',
      )
      .replaceAll(/ IS NOT (?!NULL\b)(\w+)/g, ' IS DISTINCT FROM $1')
      // A truth is no number there.
      .replaceAll(/coalesce\((\(SELECT \w+ = '[^']*'[^;]*?LIMIT 1\)), 0\)/g, 'coalesce($1, false)')
  )
}

export function bound(values: readonly SqlValue[]): readonly unknown[] {
  return values.map(value => (typeof value === 'bigint' ? value.toString() : value))
}

/** As SQLite has them: whole numbers are `bigint`, and a truth is one of them. */
export const rowTypes: pg.CustomTypesConfig = {
  getTypeParser: (type, format) => {
    const { INT2, INT4, INT8, BOOL } = pg.types.builtins
    if (type === INT2 || type === INT4 || type === INT8) return BigInt
    if (type === BOOL) return (text: string) => (text === 't' ? 1n : 0n)
    return pg.types.getTypeParser(type, format)
  },
}
