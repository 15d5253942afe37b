/**
 * One key per record, in a database of their own that no backup contains: destroying a key makes every copy of what it
 * encrypted unreadable, in backups too. A key is destroyed once nothing of it is left in the database's files.
 */
import type { Runtime } from '../runtime.ts'
import { openScratch, type Scratch } from '../store/scratch.ts'
import { openOnce, sealOnce } from './one-use.ts'

export interface RecordKeys {
  /** Encrypts under a new key for each record; the keys are durable before it resolves. @throws when a record has one. */
  seal(records: readonly PlainRecord[]): Promise<readonly SealedRecord[]>
  /**
   * Undefined when the record's key was destroyed, or never was. @throws Unopenable when it was changed, or sealed in
   * another context.
   */
  open(record: SealedRecord & InContext): Promise<Uint8Array | undefined>
  /** Those of `records` that have no key. */
  missing(records: readonly string[]): Promise<readonly string[]>
  /** Every record that has a key, or those whose names begin with `prefix`. */
  all(prefix?: string): Promise<readonly string[]>
  /** Destroys the records' keys for ever. Doing it again does nothing. */
  destroy(records: readonly string[]): Promise<void>
  close(): Promise<void>
}

interface InContext {
  /** Whose value it is, and which: one that was put in another's place does not open. */
  readonly context: string
}

export interface PlainRecord extends InContext {
  /** Of the key, never used twice: a command that may run again seals under another name each time. */
  readonly record: string
  readonly plain: Uint8Array
}

export interface SealedRecord {
  readonly record: string
  readonly sealed: Uint8Array
}

const table = 'CREATE TABLE IF NOT EXISTS record_key (record TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT, WITHOUT ROWID'

/** After every other, as SQLite compares texts; no name has it. */
const lastCharacter = String.fromCodePoint(0x10ffff)

/** `at`: a folder of its own, or memory. @throws FolderInUse */
export function openRecordKeys(
  runtime: Runtime,
  at: { readonly folder: string } | { readonly memory: true },
): RecordKeys {
  const scratch: Scratch = openScratch(runtime, at, table)
  return {
    seal: async records => {
      const keyed = records.map(record => ({ ...record, key: runtime.random(32) }))
      await scratch.execute(async tx => {
        for (const { record, key } of keyed)
          await tx.run('INSERT INTO record_key (record, key) VALUES (?, ?)', record, key)
      })
      return keyed.map(({ record, context, plain, key }) => ({ record, sealed: sealOnce(key, record, context, plain) }))
    },
    open: async ({ record, context, sealed }) => {
      const row = await scratch.read(tx =>
        tx.one<{ key: Uint8Array }>('SELECT key FROM record_key WHERE record = ?', record),
      )
      return row === undefined ? undefined : openOnce(row.key, record, context, sealed)
    },
    missing: records =>
      scratch.read(async tx => {
        const missing: string[] = []
        for (const record of records) {
          const found = await tx.one('SELECT 1 AS found FROM record_key WHERE record = ?', record)
          if (found === undefined) missing.push(record)
        }
        return missing
      }),
    all: async (prefix = '') => {
      const rows = await scratch.read(tx =>
        tx.all<{ record: string }>(
          'SELECT record FROM record_key WHERE record >= ? AND record < ?',
          ...[prefix, prefix + lastCharacter],
        ),
      )
      return rows.map(({ record }) => record)
    },
    destroy: async records => {
      await scratch.execute(async tx => {
        for (const record of records) await tx.run('DELETE FROM record_key WHERE record = ?', record)
      })
      await scratch.forget()
    },
    close: () => scratch.close(),
  }
}
