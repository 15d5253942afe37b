/**
 * What someone would write by hand for speed: the very statements of commands, replayed through better-sqlite3 with the same
 * durability and on a copy of the same database, as it was before them. Nothing is asked, decided, hashed or encrypted any
 * more, and nobody waits for an answer.
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

/** The statements of one command, such as a sale, in order. */
export type RecordedCommand = readonly RecordedStatement[]

export interface RawRun {
  readonly perSecond: number
  readonly msPerCommit: number
}

/** `before`: the database as it was when the first recorded command began. */
export function rawCommits(before: Uint8Array, commands: readonly RecordedCommand[], perCommit: number): RawRun {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-bench-raw-'))
  const file = join(folder, 'raw.db')
  writeFileSync(file, before)
  const database = openFile(file)
  try {
    const steps = preparedSteps(database, commands)
    // Every page is read once, as ours are in its cache, too.
    database.serialize()
    const [begin, commit] = [database.prepare('BEGIN IMMEDIATE'), database.prepare('COMMIT')]
    let commits = 0
    const start = performance.now()
    for (let from = 0; from < steps.length; from += perCommit) {
      begin.run()
      for (const command of steps.slice(from, from + perCommit)) {
        for (const { perform, values } of command) perform(...values)
      }
      commit.run()
      commits++
    }
    const ms = performance.now() - start
    return { perSecond: (commands.length / ms) * 1_000, msPerCommit: ms / commits }
  } finally {
    database.close()
    rmSync(folder, { recursive: true })
  }
}

interface PreparedStep {
  readonly perform: (...values: SqlValue[]) => unknown
  readonly values: readonly SqlValue[]
}

/** By command. Each statement is prepared once. */
export function preparedSteps(
  database: ReturnType<typeof openFile>,
  commands: readonly RecordedCommand[],
): readonly (readonly PreparedStep[])[] {
  const prepared = new Map(
    [...new Set(commands.flat().map(({ sql }) => sql))].map(sql => {
      const statement = database.prepare<SqlValue[]>(sql)
      return [sql, statement.reader ? statement.all.bind(statement) : statement.run.bind(statement)] as const
    }),
  )
  return commands.map(command =>
    command.map(({ sql, values }) => ({ perform: prepared.get(sql) ?? missing(sql), values })),
  )
}

function missing(sql: string): never {
  throw new Error(`not prepared: ${sql}`)
}
