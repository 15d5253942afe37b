/**
 * The schema, as numbered steps that live in the code. Each room numbers its own; an institution lists the rooms in the
 * order in which their tables build on each other. A step that was applied is remembered with its checksum for ever.
 */
import { createHash } from 'node:crypto'
import type { Sqlite } from './connection.ts'

export interface Migration {
  /** Whose tables: `ledger`, `bank`. */
  readonly room: string
  /** 1, 2, 3 … within the room. */
  readonly number: number
  readonly sql: string
}

/** The database and the program do not fit together: it was written by a newer program, or an applied step was edited. */
export class SchemaMismatch extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SchemaMismatch'
  }
}

const ownTable = `
  CREATE TABLE IF NOT EXISTS migration (
    room TEXT NOT NULL, number INTEGER NOT NULL, checksum TEXT NOT NULL, PRIMARY KEY (room, number)
  ) STRICT`

/** Applies what is missing, in one transaction. */
export function migrate(database: Sqlite, migrations: readonly Migration[]): void {
  assertNumbered(migrations)
  const apply = database.transaction(() => {
    database.exec(ownTable)
    const applied = new Map(
      database
        .prepare<[], { room: string; number: bigint; checksum: string }>('SELECT room, number, checksum FROM migration')
        .all()
        .map(row => [`${row.room} ${row.number}`, row.checksum]),
    )
    for (const { room, number, sql } of migrations) {
      const name = `${room} ${number}`
      const checksum = createHash('sha256').update(sql).digest('hex')
      const before = applied.get(name)
      applied.delete(name)
      if (before === checksum) continue
      if (before !== undefined) throw new SchemaMismatch(`migration ${name} was edited after it had been applied`)
      database.exec(sql)
      database
        .prepare('INSERT INTO migration (room, number, checksum) VALUES (?, ?, ?)')
        .run(room, BigInt(number), checksum)
    }
    const [unknown] = applied.keys()
    if (unknown !== undefined) throw new SchemaMismatch(`this program does not know migration ${unknown}`)
  })
  apply.immediate()
}

function assertNumbered(migrations: readonly Migration[]): void {
  const last = new Map<string, number>()
  for (const { room, number } of migrations) {
    if (number !== (last.get(room) ?? 0) + 1) throw new SchemaMismatch(`migration ${room} ${number} is out of order`)
    last.set(room, number)
  }
}
