/** Keys in memory, of which a copy can be taken, as of an institution's folder: what one copy makes or destroys, no other has. */
import type { KeyStore } from '../../src/keys/keys.ts'
import { type KeyRecord, softKeys } from '../../src/keys/soft-keys.ts'
import type { Runtime } from '../../src/runtime.ts'

export interface CopyableKeys extends KeyStore {
  /** What the folder would hold. */
  records(): readonly KeyRecord[]
}

export async function copyableKeys(runtime: Runtime, of: readonly KeyRecord[] = []): Promise<CopyableKeys> {
  const records = new Map(of.map(record => [record.keyId, record]))
  const keys = await softKeys(
    runtime,
    of,
    record => records.set(record.keyId, record),
    ({ keyId }) => records.delete(keyId),
  )
  return { ...keys, records: () => [...records.values()] }
}
