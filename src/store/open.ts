/** Opens an institution's database, on disk or in memory, at the schema that the program expects. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { remembered } from '../remembered.ts'
import type { Runtime } from '../runtime.ts'
import type { TraceOf } from '../trace.ts'
import { ChangeLog } from './change-log/change-log.ts'
import { checkpointFolder, takeCheckpoint } from './change-log/checkpoint.ts'
import { Checkpoints } from './change-log/checkpoints.ts'
import { databaseIn, openFile, openFileReadOnly, openMemory, type Sqlite, serialize } from './connection.ts'
import { lockFolder } from './lock.ts'
import { makeFolder } from './make-folder.ts'
import { type Migration, migrate, transientTables } from './migrations.ts'
import { onceMigrations } from './once.ts'
import { Reader } from './reader.ts'
import { type ReadTx, type Store, StoreClosed } from './store.ts'
import { institutionMigrations } from './tenants.ts'
import { type LogTooLong, usualWalLimits, type WalLimits, WriteBack } from './write-back.ts'
import { type Keep, Writer } from './writer.ts'

export interface OpenStore {
  readonly runtime: Runtime
  /** A folder of its own, made when missing; or memory: empty, or continuing a snapshot. */
  readonly at: { readonly folder: string } | { readonly memory: Uint8Array | 'empty' }
  /** The rooms' tables; those that every institution has come first by themselves. */
  readonly migrations: readonly Migration[]
  /** Most commands in one commit. A larger group answers its first command later; above 256 nothing is gained. */
  readonly groupSize?: number
  readonly walLimits?: WalLimits
  /** Keeps the log elsewhere, from which this database can be made again: then that place is what makes a commit durable. */
  readonly keep?: Keep
  /** In which trace a request is asked, by its id. */
  readonly traceOf?: TraceOf | undefined
}

/** @throws FolderInUse, SchemaMismatch */
export function openStore(options: OpenStore): Store {
  const { runtime, at, migrations, groupSize = 128, walLimits = usualWalLimits, keep, traceOf } = options
  const schema = schemaOf(migrations)
  const grouping = { groupSize, keep, traceOf }
  return 'folder' in at
    ? openOnDisk(runtime, at.folder, schema, grouping, walLimits)
    : openInMemory(runtime, at.memory === 'empty' ? undefined : at.memory, schema, grouping)
}

interface Grouping {
  readonly groupSize: number
  readonly keep: Keep | undefined
  readonly traceOf: TraceOf | undefined
}

/** Books whose log is kept elsewhere would part from it for ever, if anything were written here alone. */
export class KeptElsewhere extends Error {
  constructor(folder: string) {
    super(
      `the books in ${folder} are kept by PostgreSQL, and are opened only with it: name it in the installation's file (keeper), or remove ${keptMark(folder)} if they are to part from it for ever`,
    )
    this.name = 'KeptElsewhere'
  }
}

/** A file that says so. */
export function keptMark(folder: string): string {
  return join(folder, 'kept-by-postgresql')
}

interface Schema {
  readonly migrations: readonly Migration[]
  readonly transient: ReadonlySet<string>
}

/** By the rooms' steps, which are constants: what the log finds out about a statement under a schema it finds out once. */
export const schemaOf = remembered((rooms: readonly Migration[]): Schema => {
  const migrations = [...institutionMigrations, ...onceMigrations, ...rooms]
  return { migrations, transient: transientTables(migrations) }
})

function openOnDisk(
  runtime: Runtime,
  folder: string,
  { migrations, transient }: Schema,
  { groupSize, ...grouping }: Grouping,
  limits: WalLimits,
): Store {
  makeFolder(folder)
  const { keep } = grouping
  if (keep === undefined && existsSync(keptMark(folder))) throw new KeptElsewhere(folder)
  const lock = lockFolder(folder)
  const opened: Sqlite[] = []
  try {
    const database = openFile(databaseIn(folder), keep === undefined ? 'durable' : 'kept elsewhere')
    opened.push(database)
    migrate(database, migrations, () => takeCheckpoint(databaseIn(folder), checkpointFolder(folder)))
    const readOnly = openFileReadOnly(databaseIn(folder))
    opened.push(readOnly)
    const changes = new ChangeLog(database, transient)
    let troubled: (trouble: LogTooLong) => void = () => {}
    const parts = { database, file: databaseIn(folder), runtime, limits }
    const log = new WriteBack(parts, trouble => troubled(trouble))
    const writer = new Writer(database, runtime, groupSize, { changes, ...grouping, afterGroup: () => log.keep() })
    const reader = new Reader(readOnly)
    const checkpoints = new Checkpoints({ runtime, folder, database, between: work => writer.between(work) })
    let closed = false
    return {
      execute: (command, urgency) => writer.execute(command, urgency),
      answered: () => writer.answered(),
      isAwaited: () => writer.isAwaited,
      head: () => changes.head,
      read: query => (closed ? Promise.reject(new StoreClosed()) : runtime.work(reader.query(query))),
      snapshot: () => writer.between(async () => serialize(database)),
      whenTooLong: listener => {
        troubled = listener
      },
      whenCommitted: listener => writer.whenCommitted(listener),
      checkpoint: options => checkpoints.take(changes.head, options),
      close: async () => {
        if (closed) return
        closed = true
        await writer.stop()
        await checkpoints.idle()
        await reader.idle()
        await log.close()
        readOnly.close()
        database.close()
        lock.release()
      },
    }
  } catch (error) {
    for (const database of opened) database.close()
    lock.release()
    throw error
  }
}

/** Of a schema, with every table and no row: hundreds of steps, which are taken once. */
const emptyBooks = remembered((migrations: readonly Migration[]): Uint8Array => {
  const database = openMemory()
  try {
    migrate(database, migrations)
    return serialize(database)
  } finally {
    database.close()
  }
})

/** One connection does both, as a private database in memory has no second one: queries wait between two groups. */
function openInMemory(
  runtime: Runtime,
  snapshot: Uint8Array | undefined,
  { migrations, transient }: Schema,
  { groupSize, ...grouping }: Grouping,
): Store {
  const database = openMemory(snapshot ?? emptyBooks(migrations))
  migrate(database, migrations)
  const changes = new ChangeLog(database, transient)
  const writer = new Writer(database, runtime, groupSize, { changes, ...grouping, gather: () => Promise.resolve() })
  const reader = new Reader(database, work => writer.between(work))
  return {
    execute: (command, urgency) => writer.execute(command, urgency),
    answered: () => writer.answered(),
    isAwaited: () => writer.isAwaited,
    head: () => changes.head,
    read: query => runtime.work(reader.query(query)),
    whenTooLong: () => {},
    whenCommitted: listener => writer.whenCommitted(listener),
    // There is no place for one.
    checkpoint: async () => undefined,
    // After a halt at a named point, what was committed can still be taken out and opened again, as from a disk.
    snapshot: async () =>
      writer.stopped && database.open ? serialize(database) : writer.between(async () => serialize(database)),
    close: async () => {
      await writer.stop()
      database.close()
    },
  }
}

/** Runs `query` on a database that another process may own, for audits. Nothing can be written. */
export async function readSnapshot<O>(
  source: { readonly folder: string } | { readonly snapshot: Uint8Array },
  query: (tx: ReadTx) => Promise<O>,
): Promise<O> {
  const database = 'folder' in source ? openFileReadOnly(databaseIn(source.folder)) : openMemory(source.snapshot)
  try {
    return await new Reader(database).query(query)
  } finally {
    database.close()
  }
}
