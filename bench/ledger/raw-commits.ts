/**
 * What someone would write by hand for speed: the very statements of the bank's sales, replayed through better-sqlite3 with
 * the same durability and on a copy of the same database, as it was before them. Nothing is asked, decided, hashed or
 * encrypted any more, and nobody waits for an answer.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFile } from '../../src/store/connection.ts'
import type { SqlValue } from '../../src/store/store.ts'

export interface RecordedStatement {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/** One sale: the statements of its command, in order. */
export type RecordedSale = readonly RecordedStatement[]

export interface RawRun {
  readonly salesPerSecond: number
  readonly msPerCommit: number
}

/** `before`: the database as it was when the first recorded sale began. */
export function rawCommits(before: Uint8Array, sales: readonly RecordedSale[], salesPerCommit: number): RawRun {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-bench-raw-'))
  const file = join(folder, 'raw.db')
  writeFileSync(file, before)
  const database = openFile(file)
  try {
    const prepared = new Map(
      [...new Set(sales.flat().map(({ sql }) => sql))].map(sql => {
        const statement = database.prepare<SqlValue[]>(sql)
        return [sql, statement.reader ? statement.all.bind(statement) : statement.run.bind(statement)] as const
      }),
    )
    const steps = sales.map(sale =>
      sale.map(({ sql, values }) => ({ perform: prepared.get(sql) ?? missing(sql), values })),
    )
    // Every page is read once, as ours are in its cache, too.
    database.serialize()
    const [begin, commit] = [database.prepare('BEGIN IMMEDIATE'), database.prepare('COMMIT')]
    let commits = 0
    const start = performance.now()
    for (let from = 0; from < steps.length; from += salesPerCommit) {
      begin.run()
      for (const sale of steps.slice(from, from + salesPerCommit)) {
        for (const { perform, values } of sale) perform(...values)
      }
      commit.run()
      commits++
    }
    const ms = performance.now() - start
    return { salesPerSecond: (sales.length / ms) * 1_000, msPerCommit: ms / commits }
  } finally {
    database.close()
    rmSync(folder, { recursive: true })
  }
}

function missing(sql: string): never {
  throw new Error(`not prepared: ${sql}`)
}
