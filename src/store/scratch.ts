/**
 * A small durable database whose deleted rows are really gone: `secure_delete` zeroes them in their page, and `forget`
 * writes the pages back and truncates the write-ahead log, which still had the old ones.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Runtime } from '../runtime.ts'
import { openFile, openMemory } from './connection.ts'
import { lockFolder } from './lock.ts'
import { Reader } from './reader.ts'
import type { Command, ReadTx } from './store.ts'
import { Writer } from './writer.ts'

export interface Scratch {
  execute<O>(command: Command<O>): Promise<O>
  read<O>(query: (tx: ReadTx) => Promise<O>): Promise<O>
  /** Resolves when nothing that was deleted before this call is left in the files. */
  forget(): Promise<void>
  close(): Promise<void>
}

const groupSize = 128

/** One connection only, as a reader would keep the log from being truncated. @throws FolderInUse */
export function openScratch(
  runtime: Runtime,
  at: { readonly folder: string } | { readonly memory: true },
  schema: string,
): Scratch {
  if ('folder' in at) mkdirSync(at.folder, { recursive: true, mode: 0o700 })
  const lock = 'folder' in at ? lockFolder(at.folder) : undefined
  const database = 'folder' in at ? openFile(join(at.folder, 'scratch.db')) : openMemory()
  database.exec(schema)
  // A process that died may have deleted rows, and left them there. Whoever reads them now keeps them until the next `forget`.
  if ('folder' in at) database.pragma('wal_checkpoint(TRUNCATE)')
  const writer = new Writer(database, runtime, groupSize)
  const reader = new Reader(database, work => writer.between(work))
  let forgetting: Promise<void> | undefined

  const truncate = async (): Promise<void> => {
    // Whoever asks from here on deleted too late for this one.
    forgetting = undefined
    const [result] = database.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: bigint }]
    if (result.busy !== 0n) throw new Error('something else reads this database: its log could not be truncated')
  }
  return {
    execute: command => writer.execute(command),
    read: query => runtime.work(reader.query(query)),
    forget: () => (forgetting ??= writer.between(truncate)),
    close: async () => {
      await writer.stop()
      database.close()
      lock?.release()
    },
  }
}
