/**
 * Record keys that can be copied, so that a thousand worlds can begin with the same sold voucher. What it encrypts with is
 * no secret; that a destroyed key is gone is proved on the real one, in `test/unit/keys/record-keys.test.ts`.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { RecordKeys } from '../../src/keys/record-keys.ts'
import type { Runtime } from '../../src/runtime.ts'

export interface CopyableRecordKeys extends RecordKeys {
  copy(): ReadonlyMap<string, Uint8Array>
}

export function recordKeysInMemory(
  runtime: Runtime,
  known: ReadonlyMap<string, Uint8Array> = new Map(),
): CopyableRecordKeys {
  const keys = new Map(known)
  const nonce = new Uint8Array(12)
  return {
    copy: () => new Map(keys),
    seal: async records =>
      records.map(({ record, plain }) => {
        if (keys.has(record)) throw new Error(`${record} has a key`)
        const key = runtime.random(32)
        keys.set(record, key)
        const cipher = createCipheriv('aes-256-gcm', key, nonce)
        return { record, sealed: Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]) }
      }),
    open: async ({ record, sealed }) => {
      const key = keys.get(record)
      if (key === undefined) return undefined
      const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAuthTag(sealed.subarray(-16))
      return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
    },
    missing: async records => records.filter(record => !keys.has(record)),
    destroy: async records => {
      for (const record of records) keys.delete(record)
    },
    close: async () => {},
  }
}
