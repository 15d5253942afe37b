/**
 * What a bank does about records whose keys are gone, as after a restored backup, which never has them. It must not take
 * money for what it cannot tell: unsold ones leave the stock for ever and are ordered anew. Those that were sold and not told
 * yet are their buyers' all the same; people hear of each, and the bank opens.
 */

import { raiseAlarm, raiseAlarmOnce } from '../alarm.ts'
import { steppedOnce } from '../invariant.ts'
import { now } from '../runtime.ts'
import type { Migration } from '../store/migrations.ts'
import { rebuiltTable } from '../store/rebuild.ts'
import type { Branch } from './branch.ts'

export const lostKeysMigrations: readonly Migration[] = [
  {
    room: 'bank-lost-keys',
    number: 1,
    rebuilds: ['stock'],
    sql: rebuiltTable({
      table: 'stock',
      make: name => `
        CREATE TABLE ${name} (
          tenant TEXT NOT NULL,
          payee TEXT NOT NULL,
          batch TEXT NOT NULL,
          serial INTEGER NOT NULL,
          number TEXT NOT NULL,
          minor INTEGER NOT NULL CHECK (minor > 0),
          asset TEXT NOT NULL,
          scale INTEGER NOT NULL,
          shuffle BLOB NOT NULL CHECK (length(shuffle) = 16),
          state TEXT NOT NULL CHECK (state IN ('in stock', 'sold', 'unsellable')),
          password_key TEXT NOT NULL,
          password_sealed BLOB NOT NULL,
          backup_key TEXT NOT NULL,
          backup_sealed BLOB NOT NULL,
          PRIMARY KEY (tenant, payee, batch, serial)
        ) STRICT`,
      columns: [
        ...['tenant', 'payee', 'batch', 'serial', 'number', 'minor', 'asset', 'scale', 'shuffle', 'state'],
        ...['password_key', 'password_sealed', 'backup_key', 'backup_sealed'],
      ],
      belongings: `
        CREATE UNIQUE INDEX stock_numbers ON stock (tenant, payee, number);
        CREATE INDEX stock_to_sell ON stock (tenant, payee, minor, asset, shuffle) WHERE state = 'in stock'`,
    }),
  },
]

type Untold = { readonly key: string; readonly number: string; readonly sale: string | null }

/** At start. */
export async function withdrawUntellable(branch: Branch): Promise<void> {
  const { id: tenant } = branch.config
  const untold = await branch.store.read(tx =>
    tx.all<Untold>(
      `SELECT password_key AS key, number, sale.id AS sale
       FROM stock LEFT JOIN sale ON sale.tenant = stock.tenant AND sale.payee = stock.payee
         AND sale.batch = stock.batch AND sale.serial = stock.serial
       WHERE stock.tenant = ? AND confirmed_at IS NULL AND state <> 'unsellable'`,
      tenant,
    ),
  )
  const missing = new Set(await branch.recordKeys.missing(untold.map(({ key }) => key)))
  const lost = untold.filter(({ key }) => missing.has(key))
  if (lost.length === 0) return
  const at = now(branch)
  const sold = lost.flatMap(({ sale }) => sale ?? [])
  await branch.store.execute(async tx => {
    const alarm = (detail: string) => ({ peer: tenant, kind: 'record-keys-lost', detail, at }) as const
    for (const { key, sale } of lost) {
      if (sale !== null) continue
      const withdrawn = await tx.run(
        `UPDATE stock SET state = 'unsellable' WHERE tenant = ? AND password_key = ? AND state = 'in stock'`,
        tenant,
        key,
      )
      steppedOnce(withdrawn, 'a record left the stock that was not in it', key)
    }
    if (lost.length > sold.length)
      await raiseAlarm(tx, tenant, alarm(`${lost.length - sold.length} unsold records left the stock`))
    // These are found again at every start.
    for (const sale of sold)
      await raiseAlarmOnce(
        tx,
        tenant,
        alarm(`sale ${sale} was never told, and its password is lost: its buyer paid for it`),
      )
  })
}
