/**
 * The tables of a bank in PostgreSQL, with the rows that they have in SQLite: the same columns, keys and indexes. Triggers,
 * references, checks and the change log are left out, which is in favour of what is compared with ours.
 */
import type pg from 'pg'
import { quoted, rowsOf, schemaOf, shapesOf } from '../../../src/store/change-log/rows.ts'
import { logTableNames } from '../../../src/store/change-log/tables.ts'
import { openMemory, type Sqlite } from '../../../src/store/connection.ts'
import { translate } from './dialect.ts'

/** Of SQLite's STRICT tables. */
const types: Readonly<Record<string, string>> = { INTEGER: 'bigint', INT: 'bigint', TEXT: 'text', BLOB: 'bytea' }

/** Rows to a statement, each of whose values is a parameter: of these it takes 65,535. */
const valuesAtOnce = 30_000

/** `snapshot`: a SQLite database as one file. */
export async function copyTables(snapshot: Uint8Array, client: pg.ClientBase): Promise<void> {
  const database = openMemory(snapshot)
  try {
    const shapes = shapesOf(database, logTableNames)
    await client.query('BEGIN')
    for (const shape of shapes) {
      await client.query(tableOf(database, shape.table))
      const rowsAtOnce = Math.max(1, Math.floor(valuesAtOnce / shape.columns.length))
      let rows: unknown[][] = []
      const insert = async () => {
        if (rows.length === 0) return
        let parameter = 0
        const places = rows.map(row => `(${row.map(() => `$${++parameter}`).join(', ')})`)
        await client.query(`INSERT INTO ${quoted(shape.table)} VALUES ${places.join(', ')}`, rows.flat())
        rows = []
      }
      for (const row of rowsOf(database, shape)) {
        rows.push(row.map(value => (typeof value === 'bigint' ? value.toString() : value)))
        if (rows.length === rowsAtOnce) await insert()
      }
      await insert()
    }
    const tables = new Set(shapes.map(({ table }) => table))
    for (const { type, table, sql } of schemaOf(database))
      if (type === 'index' && sql !== '' && tables.has(table)) await client.query(translate(sql))
    await client.query('COMMIT')
    await client.query('ANALYZE')
  } finally {
    database.close()
  }
}

function tableOf(database: Sqlite, table: string): string {
  const columns = database
    .prepare<[string], { name: string; type: string; notnull: bigint; dflt_value: string | null; pk: bigint }>(
      'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?) ORDER BY cid',
    )
    .all(table)
  const defined = columns.map(({ name, type, notnull, dflt_value }) => {
    const translated = types[type]
    if (translated === undefined) throw new Error(`${table}.${name} has the type ${type}, which is not known here`)
    const usually = dflt_value === null ? '' : ` DEFAULT ${dflt_value}`
    return `${quoted(name)} ${translated}${notnull === 1n ? ' NOT NULL' : ''}${usually}`
  })
  const inKey = columns.filter(({ pk }) => pk > 0n).sort((a, b) => Number(a.pk - b.pk))
  const key = inKey.length === 0 ? [] : [`PRIMARY KEY (${inKey.map(({ name }) => quoted(name)).join(', ')})`]
  return `CREATE TABLE ${quoted(table)} (${[...defined, ...key].join(', ')})`
}
