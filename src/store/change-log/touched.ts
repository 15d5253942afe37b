/**
 * The rows that a replay writes from a moment on. Compared are only those, and how many rows each table has, so that an audit
 * that goes on from a checkpoint costs what was written since.
 */
import type { Sqlite } from '../connection.ts'
import { attached, type Difference, differenceOf, rowDifferences } from './difference.ts'
import { quoted, type RawValue, shapesOf, type TableShape } from './rows.ts'

export class Touched {
  readonly #right: Sqlite
  readonly #shapes: readonly TableShape[]

  /** From now on. `right`: what the replay writes to; its schema stays as it is. */
  constructor(right: Sqlite, without: ReadonlySet<string>) {
    this.#right = right
    this.#shapes = shapesOf(right, without)
    for (const shape of this.#shapes) this.#watch(shape)
  }

  /** `found` has `right` attached to it, too. @returns at most `most` of each table */
  *differences(found: Sqlite, most: number): Generator<Difference> {
    for (const shape of this.#shapes) {
      if (countIn(found, `main.${quoted(shape.table)}`) !== countIn(found, `${attached}.${quoted(shape.table)}`)) {
        yield* rowDifferences(this.#right, found, shape, most)
        continue
      }
      let named = 0
      for (const key of this.#keys(shape)) {
        const difference = differenceOf(shape, rowIn(this.#right, shape, key), rowIn(found, shape, key))
        if (difference !== undefined && ++named <= most) yield difference
      }
    }
  }

  #watch({ table, columns, key }: TableShape): void {
    const names = key.map(index => quoted(columns[index] ?? ''))
    const keep = (which: 'OLD' | 'NEW') =>
      `INSERT INTO ${noteOf(table)} VALUES (${names.map(name => `${which}.${name}`).join(', ')});`
    this.#right.exec(`CREATE TEMP TABLE ${noteOf(table)} (${key.map((_, index) => `k${index}`).join(', ')})`)
    for (const [change, kept] of [
      ['INSERT', keep('NEW')],
      ['UPDATE', keep('OLD') + keep('NEW')],
      ['DELETE', keep('OLD')],
    ] as const)
      this.#right.exec(
        `CREATE TEMP TRIGGER ${quoted(`touched ${table} ${change}`)} AFTER ${change} ON main.${quoted(table)} BEGIN ${kept} END`,
      )
  }

  #keys({ table }: TableShape): IterableIterator<readonly RawValue[]> {
    return this.#right
      .prepare<[], readonly RawValue[]>(`SELECT DISTINCT * FROM temp.${noteOf(table)}`)
      .raw(true)
      .all()
      .values()
  }
}

function noteOf(table: string): string {
  return quoted(`touched ${table}`)
}

function countIn(database: Sqlite, table: string): bigint | undefined {
  return database.prepare<[], { n: bigint }>(`SELECT count(*) AS n FROM ${table}`).get()?.n
}

function rowIn(database: Sqlite, { table, columns, key }: TableShape, values: readonly RawValue[]) {
  const among = key.map(index => `${quoted(columns[index] ?? '')} IS ?`).join(' AND ')
  return database
    .prepare<unknown[], readonly RawValue[]>(
      `SELECT ${columns.map(quoted).join(', ')} FROM main.${quoted(table)} WHERE ${among}`,
    )
    .raw(true)
    .get(...values)
}
