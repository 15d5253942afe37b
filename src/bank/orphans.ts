/**
 * Keys of records that nothing in the books needs: of a batch whose secrets were sealed before the command that takes it, which may
 * have failed or been left to another attempt, and of passwords that are confirmed. They die after the next start, or when they come
 * from the other machine later.
 */
import type { MadeKeys } from '../keys/record-keys.ts'
import type { ReadTx, Store } from '../store/store.ts'
import type { Branch } from './branch.ts'
import { isRecordKey, ofWhichRecord } from './record-secrets.ts'

type Keyed = Pick<Branch, 'store' | 'recordKeys'> & { readonly config: Pick<Branch['config'], 'id'> }

/**
 * One page of keys, in the order of their names from behind `after` on. `made`: those that were made since the bank began to open, whose
 * records may be on their way into the books; an earlier key that is not in the books now never comes into them.
 * @returns the last name; undefined: there are no more
 */
export async function destroyOrphans(
  branch: Keyed,
  made: Pick<MadeKeys, 'has'>,
  after: string,
  most: number,
): Promise<string | undefined> {
  // Before the books are read: who lost the lease meanwhile cannot read them, and keys that came since are another's.
  const page = await branch.recordKeys.page(after, most)
  const names = page.filter(name => isRecordKey(name) && !made.has(name))
  const wanted = await wantedRecordKeys(branch, names)
  const orphans = names.filter(name => !wanted.has(name))
  if (orphans.length > 0) await branch.recordKeys.destroy(orphans)
  return page.length < most ? undefined : page.at(-1)
}

/** Those of `names` that stand in the books for what can still be told. It costs what they are, however large the books have become. */
export async function wantedRecordKeys(
  { store, config }: { readonly store: Store; readonly config: Pick<Branch['config'], 'id'> },
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const ofRecords = names.filter(isRecordKey)
  if (ofRecords.length === 0) return new Set()
  return store.read(tx => wantedOf(tx, config.id, ofRecords))
}

async function wantedOf(tx: ReadTx, tenant: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  const wanted = new Set<string>()
  const strange: string[] = []
  const payees = await payeesIn(tx, tenant)
  const holders = new Map<string, readonly string[]>()
  for (const name of names) {
    const of = ofWhichRecord(name)
    if (of === undefined) {
      strange.push(name)
      continue
    }
    const { batch, serial } = of
    const known = holders.get(batch) ?? (await holdersOf(tx, tenant, payees, batch))
    holders.set(batch, known)
    for (const payee of known) {
      const row = await tx.one<Keys>(
        `${keysOf} AND stock.payee = ? AND stock.batch = ? AND stock.serial = ?`,
        ...[tenant, payee, batch, serial],
      )
      if (row?.password === name || row?.backup === name) wanted.add(name)
    }
  }
  if (strange.length === 0) return wanted
  // A name that does not say whose it is has no index: it is looked for everywhere.
  const inBooks = new Set((await tx.all<Keys>(keysOf, tenant)).flatMap(({ password, backup }) => [password, backup]))
  return new Set([...wanted, ...strange.filter(name => inBooks.has(name))])
}

/** `password`: null once it is confirmed. */
type Keys = { readonly password: string | null; readonly backup: string }

const keysOf = `SELECT iif(confirmed_at IS NULL, password_key, NULL) AS password, backup_key AS backup FROM stock
  LEFT JOIN sale ON sale.tenant = stock.tenant AND sale.payee = stock.payee
    AND sale.batch = stock.batch AND sale.serial = stock.serial
  WHERE stock.tenant = ?`

/** The index begins with the payee: these are few, and are found one after another. */
async function payeesIn(tx: ReadTx, tenant: string): Promise<readonly string[]> {
  const rows = await tx.all<{ id: string }>(
    `WITH RECURSIVE payees (id) AS (
       SELECT min(payee) FROM stock WHERE tenant = ?
       UNION ALL
       SELECT (SELECT min(payee) FROM stock WHERE tenant = ? AND payee > id) FROM payees WHERE id IS NOT NULL
     )
     SELECT id FROM payees WHERE id IS NOT NULL`,
    ...[tenant, tenant],
  )
  return rows.map(({ id }) => id)
}

/** A key's name has its batch. Of two payees a batch of the same name is possible. */
async function holdersOf(
  tx: ReadTx,
  tenant: string,
  payees: readonly string[],
  batch: string,
): Promise<readonly string[]> {
  const holders: string[] = []
  for (const payee of payees) {
    const found = await tx.one(
      'SELECT 1 AS found FROM stock WHERE tenant = ? AND payee = ? AND batch = ? LIMIT 1',
      ...[tenant, payee, batch],
    )
    if (found !== undefined) holders.push(payee)
  }
  return holders
}
