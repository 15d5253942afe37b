/**
 * One key per record, in a database of their own that no backup contains: destroying a key makes every copy of what it
 * encrypted unreadable, in backups too. A key is destroyed once nothing of it is left in the database's files.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Runtime } from '../runtime.ts'
import { openScratch, type Scratch } from '../store/scratch.ts'
import { Unopenable } from './keys.ts'

export interface RecordKeys {
  /** Encrypts under a new key for each record; the keys are durable before it resolves. @throws when a record has one. */
  seal(records: readonly PlainRecord[]): Promise<readonly SealedRecord[]>
  /** Undefined when the record's key was destroyed, or never was. @throws Unopenable when it was changed. */
  open(record: SealedRecord): Promise<Uint8Array | undefined>
  /** Those of `records` that have no key. */
  missing(records: readonly string[]): Promise<readonly string[]>
  /** Destroys the records' keys for ever. Doing it again does nothing. */
  destroy(records: readonly string[]): Promise<void>
  close(): Promise<void>
}

export interface PlainRecord {
  readonly record: string
  readonly plain: Uint8Array
}

export interface SealedRecord {
  readonly record: string
  readonly sealed: Uint8Array
}

const table = 'CREATE TABLE IF NOT EXISTS record_key (record TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT, WITHOUT ROWID'

/** `at`: a folder of its own, or memory. @throws FolderInUse */
export function openRecordKeys(
  runtime: Runtime,
  at: { readonly folder: string } | { readonly memory: true },
): RecordKeys {
  const scratch: Scratch = openScratch(runtime, at, table)
  return {
    seal: async records => {
      const keyed = records.map(({ record, plain }) => ({ record, plain, key: runtime.random(32) }))
      await scratch.execute(async tx => {
        for (const { record, key } of keyed)
          await tx.run('INSERT INTO record_key (record, key) VALUES (?, ?)', record, key)
      })
      return keyed.map(({ record, plain, key }) => ({ record, sealed: encrypt(key, record, plain) }))
    },
    open: async ({ record, sealed }) => {
      const row = await scratch.read(tx =>
        tx.one<{ key: Uint8Array }>('SELECT key FROM record_key WHERE record = ?', record),
      )
      return row === undefined ? undefined : decrypt(row.key, record, sealed)
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
    destroy: async records => {
      await scratch.execute(async tx => {
        for (const record of records) await tx.run('DELETE FROM record_key WHERE record = ?', record)
      })
      await scratch.forget()
    },
    close: () => scratch.close(),
  }
}

/** A key encrypts one value ever, so its nonce may be zero (NIST SP 800-38D section 8: no nonce twice under one key). */
const nonce = new Uint8Array(12)

function encrypt(key: Uint8Array, record: string, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(record))
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function decrypt(key: Uint8Array, record: string, sealed: Uint8Array): Uint8Array {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
    decipher.setAAD(Buffer.from(record)).setAuthTag(sealed.subarray(-16))
    return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
  } catch (error) {
    throw new Unopenable(error)
  }
}
