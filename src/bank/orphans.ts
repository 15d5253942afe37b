/**
 * Keys of records that never came into stock: a batch is unpacked, and its secrets sealed, before the command that takes it,
 * which may have failed or been left to another attempt. They open nothing that was kept, and die at the next start.
 */
import type { Branch } from './branch.ts'
import { isRecordKey } from './record-secrets.ts'

export async function destroyOrphans({ store, recordKeys }: Pick<Branch, 'store' | 'recordKeys'>): Promise<void> {
  const rows = await store.read(tx =>
    tx.all<{ password_key: string; backup_key: string }>('SELECT password_key, backup_key FROM stock'),
  )
  const inStock = new Set(rows.flatMap(({ password_key, backup_key }) => [password_key, backup_key]))
  const orphans = (await recordKeys.all()).filter(name => isRecordKey(name) && !inStock.has(name))
  if (orphans.length > 0) await recordKeys.destroy(orphans)
}
