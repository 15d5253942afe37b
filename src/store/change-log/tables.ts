/** The tables in which the change log stands, in the same file as the rows that it tells of, and how they are read. */
import type { Sqlite } from '../connection.ts'
import type { ReadTx } from '../store.ts'
import type { LogHead } from './head.ts'
import type { ChainedRecord } from './record.ts'

/** `record` is the last column, as whoever wants a hash should not walk through its pages. */
export const logTables = `
  CREATE TABLE IF NOT EXISTS change_log (
    sequence INTEGER PRIMARY KEY CHECK (sequence >= 1),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    record BLOB NOT NULL
  ) STRICT;
  CREATE TRIGGER IF NOT EXISTS change_log_is_never_changed BEFORE UPDATE ON change_log
    BEGIN SELECT RAISE(ABORT, 'the change log only grows'); END;
  CREATE TABLE IF NOT EXISTS change_statement (
    id BLOB PRIMARY KEY CHECK (length(id) = 32),
    sql TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER IF NOT EXISTS change_statement_is_never_changed BEFORE UPDATE ON change_statement
    BEGIN SELECT RAISE(ABORT, 'the text of a statement stands for ever'); END`

/** No part of a checkpoint's roots: the log's chain proves the one, each id the text of the other. */
export const logTableNames: ReadonlySet<string> = new Set(['change_log', 'change_statement'])

export const lastRecord = 'SELECT sequence, hash FROM change_log ORDER BY sequence DESC LIMIT 1'

export function lastIn(database: Sqlite): LogHead | undefined {
  return database.prepare<[], LogHead>(lastRecord).get()
}

export function appendTo(database: Sqlite, { sequence, hash, record }: ChainedRecord): void {
  database
    .prepare('INSERT INTO change_log (sequence, hash, record) VALUES (?, ?, ?)')
    .run(sequence, Buffer.from(hash), Buffer.from(record))
}

/** A type and not an interface, as only a type fits where any row is wanted. */
type RecordRow = { readonly sequence: bigint; readonly hash: Uint8Array; readonly record: Uint8Array }

/** Records after `after`, oldest first. Those before the older of the last two checkpoints may have gone. */
export function readLog(tx: ReadTx, after: bigint, limit: number): Promise<readonly ChainedRecord[]> {
  return tx.all<RecordRow>(
    'SELECT sequence, hash, record FROM change_log WHERE sequence > ? ORDER BY sequence LIMIT ?',
    after,
    BigInt(limit),
  )
}

/** The hash of a record that is still there: what an institution elsewhere that holds this head compares it with. */
export async function hashAt(tx: ReadTx, sequence: bigint): Promise<Uint8Array | undefined> {
  const row = await tx.one<{ hash: Uint8Array }>('SELECT hash FROM change_log WHERE sequence = ?', sequence)
  return row?.hash
}
