/** Books on a real disk that benchmarks look into: their commits are counted, and their commands can be written down. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { KeyStore } from '../../src/keys/keys.ts'
import { openRecordKeys, type RecordKeys } from '../../src/keys/record-keys.ts'
import { memoryKeys } from '../../src/keys/soft-keys.ts'
import { type Runtime, systemRuntime } from '../../src/runtime.ts'
import type { Migration } from '../../src/store/migrations.ts'
import { type OpenStore, openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { Recorder, type Recording } from './recorder.ts'

/** What is left to whoever measures, once an institution runs on the books. */
export interface Measuring {
  /** Commits of its database so far. */
  commits(): number
  /** Writes down the statements of every command from here on, in the order in which they run. */
  record(): Recording
  /** Writes back what the write-ahead log holds: from there on it is written back as often as one that begins empty. */
  emptyLog(): void
  dispose(): Promise<void>
}

export interface MeasuredBooks {
  readonly store: Store
  readonly keys: KeyStore
  readonly recordKeys: RecordKeys
  readonly runtime: Runtime
  /** Of the institution that runs on them, which is closed with them. */
  measuring(running: { close(): Promise<void> }): Measuring
}

export async function openMeasuredBooks(
  migrations: readonly Migration[],
  clocks: Runtime = systemRuntime,
  open: (books: OpenStore) => Promise<Store> = async books => openStore(books),
): Promise<MeasuredBooks> {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-bench-'))
  let commits = 0
  const runtime: Runtime = {
    ...clocks,
    reached: point => {
      if (point === 'store.committed') commits++
    },
  }
  const recorder = new Recorder()
  return {
    store: recorder.beside(await open({ runtime, at: { folder }, migrations })),
    keys: await memoryKeys(runtime),
    // The record keys' own commits are not the institution's: they have a runtime that does not count.
    recordKeys: openRecordKeys(systemRuntime, { folder: join(folder, 'record-keys') }),
    runtime,
    measuring: running => {
      const beside = new Database(join(folder, 'institution.db'))
      return {
        commits: () => commits,
        record: () => recorder.start(),
        emptyLog: () => {
          const [result] = beside.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }]
          if (result.busy !== 0) throw new Error('the log could not be written back')
        },
        dispose: async () => {
          beside.close()
          await running.close()
          rmSync(folder, { recursive: true })
        },
      }
    },
  }
}
