/**
 * Keys of records that nothing in the books needs: of a batch whose secrets were sealed before the command that takes it, which may
 * have failed or been left to another attempt, and of passwords that are confirmed. They die at the next start, or when they come
 * from the other machine later.
 */
import type { ReadTx, Store } from '../store/store.ts'
import type { Branch } from './branch.ts'
import { batchOfKey, isRecordKey } from './record-secrets.ts'

type Keyed = Pick<Branch, 'store' | 'recordKeys' | 'config'>

export async function destroyOrphans(branch: Keyed): Promise<void> {
  // Before the books are read: who lost the lease meanwhile cannot read them, and keys that came since are another's.
  const names = (await branch.recordKeys.all()).filter(isRecordKey)
  const wanted = await wantedRecordKeys(branch, names)
  const orphans = names.filter(name => !wanted.has(name))
  if (orphans.length > 0) await branch.recordKeys.destroy(orphans)
}

/** More are found sooner by one look at all. */
const mostBatches = 256

/** Those of `names` that stand in the books for what can still be told. */
export async function wantedRecordKeys(
  { store, config }: { readonly store: Store; readonly config: Pick<Branch['config'], 'id'> },
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const ofRecords = names.filter(isRecordKey)
  if (ofRecords.length === 0) return new Set()
  const batches = new Set(ofRecords.map(batchOfKey))
  const rows = await store.read(tx =>
    batches.size > mostBatches || batches.has(undefined)
      ? tx.all<Keys>(`${keysOf} stock ${sold} WHERE stock.tenant = ?`, config.id)
      : keysOfBatches(tx, config.id, batches),
  )
  const inBooks = new Set(rows.flatMap(({ password, backup }) => (password === null ? [backup] : [password, backup])))
  return new Set(ofRecords.filter(name => inBooks.has(name)))
}

type Keys = { readonly password: string | null; readonly backup: string }

const keysOf = 'SELECT iif(confirmed_at IS NULL, password_key, NULL) AS password, backup_key AS backup FROM'
const sold = `LEFT JOIN sale ON sale.tenant = stock.tenant AND sale.payee = stock.payee
  AND sale.batch = stock.batch AND sale.serial = stock.serial`

/** A key's name has its batch, and the index begins with the payee: these are few, and are asked one after another. */
async function keysOfBatches(tx: ReadTx, tenant: string, batches: ReadonlySet<string | undefined>): Promise<Keys[]> {
  const found: Keys[] = []
  for (const batch of batches) {
    const rows = await tx.all<Keys>(
      `WITH RECURSIVE payees (id) AS (
         SELECT min(payee) FROM stock WHERE tenant = ?
         UNION ALL
         SELECT (SELECT min(payee) FROM stock WHERE tenant = ? AND payee > id) FROM payees WHERE id IS NOT NULL
       )
       ${keysOf} payees CROSS JOIN stock ON stock.tenant = ? AND stock.payee = payees.id AND stock.batch = ? ${sold}`,
      ...[tenant, tenant, tenant, batch as string],
    )
    found.push(...rows)
  }
  return found
}
