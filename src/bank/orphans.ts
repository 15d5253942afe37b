/**
 * Keys of records that nothing in the books needs: of a batch whose secrets were sealed before the command that takes it, which may
 * have failed or been left to another attempt, and of passwords that are confirmed. They die at the next start, or when they come
 * from the other machine later.
 */
import type { Branch } from './branch.ts'
import { isRecordKey } from './record-secrets.ts'

type Keyed = Pick<Branch, 'store' | 'recordKeys' | 'config'>

export async function destroyOrphans(branch: Keyed): Promise<void> {
  // Before the books are read: who lost the lease meanwhile cannot read them, and keys that came since are another's.
  const names = (await branch.recordKeys.all()).filter(isRecordKey)
  const wanted = await wantedRecordKeys(branch, names)
  const orphans = names.filter(name => !wanted.has(name))
  if (orphans.length > 0) await branch.recordKeys.destroy(orphans)
}

/** Those of `names` that stand in the books for what can still be told. */
export async function wantedRecordKeys(
  { store, config }: Pick<Keyed, 'store' | 'config'>,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  if (!names.some(isRecordKey)) return new Set()
  const rows = await store.read(tx =>
    tx.all<{ password: string | null; backup: string }>(
      `SELECT iif(confirmed_at IS NULL, password_key, NULL) AS password, backup_key AS backup
       FROM stock LEFT JOIN sale ON sale.tenant = stock.tenant AND sale.payee = stock.payee
         AND sale.batch = stock.batch AND sale.serial = stock.serial
       WHERE stock.tenant = ?`,
      config.id,
    ),
  )
  const inBooks = new Set(rows.flatMap(({ password, backup }) => (password === null ? [backup] : [password, backup])))
  return new Set(names.filter(name => inBooks.has(name)))
}
