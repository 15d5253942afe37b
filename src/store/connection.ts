/**
 * A SQLite connection with every setting that money needs, each read back after it was set. Measured with better-sqlite3
 * 12.11 on ext4: `synchronous` reads 2 (FULL) right after a switch to WAL and 1 (NORMAL) afterwards, so it is set last.
 */
import { closeSync, fchmodSync, fstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { Database } from './driver.ts'

export type Sqlite = Database.Database
export type Statement = Database.Statement<unknown[], Record<string, unknown>>

/** How long a statement waits for another process that reads (a backup, an audit) to let go. */
export const busyTimeoutMs = 5_000

/** An institution's database in its folder. */
export function databaseIn(folder: string): string {
  return join(folder, 'institution.db')
}

type Setting = readonly [pragma: string, value: string, readBack: bigint | string]

/** Without `recursive_triggers`, INSERT OR REPLACE deletes the old row without firing its DELETE trigger. */
const everywhere: readonly Setting[] = [
  ['foreign_keys', 'ON', 1n],
  ['recursive_triggers', 'ON', 1n],
  ['secure_delete', 'ON', 1n],
  ['trusted_schema', 'OFF', 0n],
  // A command's savepoint keeps the pages it changes; beyond 64 KiB they went to a temporary file, 40 µs for each sale.
  ['temp_store', 'MEMORY', 2n],
]

const onDisk: readonly Setting[] = [
  ['journal_mode', 'WAL', 'wal'],
  ['synchronous', 'FULL', 2n],
  // A commit writes nothing back: `write-back.ts` does.
  ['wal_autocheckpoint', '0', 0n],
  // 64 MB of pages. What a group of sales changes fills the 2 MB of SQLite: pages went to the log before the commit, were read
  // again after it, and a sale cost this thread a quarter more.
  ['cache_size', '-65536', -65_536n],
]

/** What makes a commit durable: its fsync, or somebody who has kept its record and gives it again after a loss of power. */
export type Durability = 'durable' | 'kept elsewhere'

/** Commits without an fsync: the last of them may be gone after a loss of power, and never one from between. */
const keptElsewhere: Setting = ['synchronous', 'NORMAL', 1n]

/** The writing connection to a database file, made when missing. Durable: a commit returns after its fsync. */
export function openFile(file: string, durability: Durability = 'durable'): Sqlite {
  keepFromOthers(file)
  const database = prepared(new Database(file, { timeout: busyTimeoutMs }))
  set(database, [...onDisk, ...everywhere])
  if (durability === 'kept elsewhere') set(database, [keptElsewhere])
  return database
}

/**
 * Its owner's alone, whatever folder it is put in: SQLite would make it readable to all, and gives its write-ahead log the
 * mode that it has. Before the file is opened in this process, as closing a descriptor drops every lock that it has on the file.
 */
function keepFromOthers(file: string): void {
  const descriptor = openSync(file, 'a', 0o600)
  // Windows has no such bits.
  if (process.platform !== 'win32' && (fstatSync(descriptor).mode & 0o077) !== 0) fchmodSync(descriptor, 0o600)
  closeSync(descriptor)
}

/** A second connection that cannot write. */
export function openFileReadOnly(file: string): Sqlite {
  const database = prepared(new Database(file, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs }))
  set(database, [['query_only', 'ON', 1n]])
  return database
}

/** Writes back what is in the log, on a connection of its own and without being in anybody's way. */
export function writeBack(file: string): void {
  const database = prepared(new Database(file, { fileMustExist: true }))
  try {
    set(database, [
      ['wal_autocheckpoint', '0', 0n],
      ['synchronous', 'FULL', 2n],
    ])
    database.pragma('wal_checkpoint(PASSIVE)')
  } finally {
    database.close()
  }
}

/** A database in memory: empty, or a copy of `snapshot`, which SQLite makes by itself. */
export function openMemory(snapshot?: Uint8Array): Sqlite {
  const database = prepared(new Database(snapshot === undefined ? ':memory:' : bufferOf(snapshot)))
  set(database, everywhere)
  return database
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/**
 * All pages as one file. Bytes 18 and 19 of the header (SQLite file format 1.3.3) say "WAL"; SQLite refuses to open such
 * a file in memory, so they are put back to "rollback journal".
 */
export function serialize(database: Sqlite): Uint8Array {
  const bytes = database.serialize()
  bytes[18] = 1
  bytes[19] = 1
  return bytes
}

/** Where a transaction begins and ends, prepared once: `exec` parses its text each time, 4 µs that every command would pay. */
export interface Boundaries {
  readonly begin: Step
  readonly commit: Step
  readonly rollback: Step
  readonly savepoint: Step
  readonly release: Step
  readonly undo: Step
}

type Step = () => void

export function boundariesOf(database: Sqlite): Boundaries {
  const step = (sql: string): Step => {
    const statement = database.prepare(sql)
    return () => void statement.run()
  }
  return {
    // IMMEDIATE: a deferred transaction that starts to write fails at once when another writer is there, whatever the busy timeout.
    begin: step('BEGIN IMMEDIATE'),
    commit: step('COMMIT'),
    rollback: step('ROLLBACK'),
    savepoint: step('SAVEPOINT command'),
    release: step('RELEASE command'),
    undo: step('ROLLBACK TO command'),
  }
}

function prepared(database: Sqlite): Sqlite {
  // Otherwise 2⁵³ + 1 is read as 2⁵³, silently.
  return database.defaultSafeIntegers(true)
}

function set(database: Sqlite, settings: readonly Setting[]): void {
  for (const [pragma, value] of settings) database.pragma(`${pragma} = ${value}`)
  for (const [pragma, , expected] of settings) {
    const found: unknown = database.pragma(pragma, { simple: true })
    if (found !== expected) throw new Error(`SQLite did not take ${pragma}: expected ${expected}, found ${found}`)
  }
}
