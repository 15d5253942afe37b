/**
 * Record keys that can be copied, so that a thousand worlds can begin with the same sold voucher. That a destroyed key is gone is proved on the real one, in `test/unit/keys/record-keys.test.ts`.
 */
import { openOnce, sealOnce } from '../../src/keys/one-use.ts'
import { noteMadeIn, type RecordKeys } from '../../src/keys/record-keys.ts'
import type { Runtime } from '../../src/runtime.ts'

/** As SQLite compares names. */
const inBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

export interface CopyableRecordKeys extends RecordKeys {
  copy(): ReadonlyMap<string, Uint8Array>
}

export function recordKeysInMemory(
  runtime: Runtime,
  known: ReadonlyMap<string, Uint8Array> = new Map(),
): CopyableRecordKeys {
  const keys = new Map(known)
  const notes = new Set<Set<string>>()
  const seal: RecordKeys['seal'] = async records =>
    records.map(({ record, context, plain }) => {
      for (const made of notes) made.add(record)
      if (keys.has(record)) throw new Error(`${record} has a key`)
      const key = runtime.random(32)
      keys.set(record, key)
      return { record, sealed: sealOnce(key, record, context, plain) }
    })
  return {
    copy: () => new Map(keys),
    seal,
    sealOnBoth: seal,
    assertBoth: () => {},
    open: async ({ record, context, sealed }) => {
      const key = keys.get(record)
      return key && openOnce(key, record, context, sealed)
    },
    all: async (prefix = '') => [...keys.keys()].filter(record => record.startsWith(prefix)),
    page: async (after, most) =>
      [...keys.keys()]
        .filter(record => inBytes(record, after) > 0)
        .sort(inBytes)
        .slice(0, most),
    noteMade: () => noteMadeIn(notes),
    missing: async records => records.filter(record => !keys.has(record)),
    destroy: async records => {
      for (const record of records) keys.delete(record)
    },
    close: async () => {},
  }
}
