/**
 * What a bank does about records whose keys are gone, as after a restored backup, which never has them. It must not take
 * money for what it cannot tell: unsold ones leave the stock for ever and are ordered anew. Those that were sold and not told
 * yet are their buyers' all the same; people hear of each, its buyer at the next call, and the bank opens. Where another machine may
 * have the keys, it is waited for.
 */

import { raiseAlarm, raiseAlarmOnce } from '../alarm.ts'
import type { AccountNumber, InstitutionId } from '../ids.ts'
import { steppedOnce } from '../invariant.ts'
import { now } from '../runtime.ts'
import { type AmountColumns, amountOf } from '../store/amount-columns.ts'
import type { Migration } from '../store/migrations.ts'
import { rebuiltTable } from '../store/rebuild.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { CameBack } from './bank.ts'
import { type Branch, payeeOrFormer } from './branch.ts'

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
  {
    room: 'bank-lost-keys',
    number: 2,
    sql: `
      -- Sold, never told, and its password is lost: its buyer hears of it.
      CREATE TABLE lost_sale (
        tenant TEXT NOT NULL,
        sale TEXT NOT NULL,
        found_at INTEGER NOT NULL,
        -- When the buyer heard of it.
        told_at INTEGER,
        PRIMARY KEY (tenant, sale)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER lost_sale_stands_for_ever BEFORE DELETE ON lost_sale
        BEGIN SELECT RAISE(ABORT, 'a sale that was lost stands for ever'); END`,
  },
]

/** Under which a buyer is told of it. No line of a day-end file has such an id. */
const lostId = "'lost ' || lost.sale"

type Untold = { readonly key: string; readonly number: string; readonly sale: string | null }

/** At start. */
export async function withdrawUntellable(branch: Branch): Promise<void> {
  let lost = await untellable(branch)
  if (lost.length > 0 && branch.elsewhere) {
    await branch.elsewhere.told(async () => newlyLost(branch, await untellable(branch)))
    lost = await untellable(branch)
  }
  if (lost.length > 0) await withdraw(branch, lost)
  branch.elsewhere?.gaveUp()
}

/** Of how many nobody knows yet: sales are found again at every start. */
async function newlyLost(branch: Branch, lost: readonly Untold[]): Promise<number> {
  const known = await branch.store.read(tx =>
    tx.all<{ sale: string }>('SELECT sale FROM lost_sale WHERE tenant = ?', branch.config.id),
  )
  const sales = new Set(known.map(({ sale }) => sale))
  return lost.filter(({ sale }) => sale === null || !sales.has(sale)).length
}

async function untellable(branch: Branch): Promise<readonly Untold[]> {
  const { id: tenant } = branch.config
  const untold = await branch.store.read(tx =>
    tx.all<Untold>(
      // Apart, each from its own side: over all records at once a million sales took nine times as long, and nobody is served meanwhile.
      `SELECT password_key AS key, number, NULL AS sale FROM stock WHERE tenant = ? AND state = 'in stock'
       UNION ALL
       SELECT password_key, number, sale.id FROM sale JOIN stock ON stock.tenant = sale.tenant AND stock.payee = sale.payee
         AND stock.batch = sale.batch AND stock.serial = sale.serial
       WHERE sale.tenant = ? AND confirmed_at IS NULL AND state <> 'unsellable'`,
      ...[tenant, tenant],
    ),
  )
  const missing = new Set(await branch.recordKeys.missing(untold.map(({ key }) => key)))
  return untold.filter(({ key }) => missing.has(key))
}

async function withdraw(branch: Branch, lost: readonly Untold[]): Promise<void> {
  const { id: tenant } = branch.config
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
    for (const sale of sold) {
      await tx.run(
        'INSERT INTO lost_sale (tenant, sale, found_at) VALUES (?, ?, ?) ON CONFLICT (tenant, sale) DO NOTHING',
        ...[tenant, sale, BigInt(at)],
      )
      await raiseAlarmOnce(
        tx,
        tenant,
        alarm(`sale ${sale} was never told, and its password is lost: its buyer paid for it`),
      )
    }
  })
}

/** What a buyer has not heard of yet, oldest first. */
export async function untoldLosses(tx: ReadTx, branch: Branch, buyer: AccountNumber): Promise<readonly CameBack[]> {
  const rows = await tx.all<AmountColumns & { payee: InstitutionId; id: string; at: bigint }>(
    `SELECT sale.payee, ${lostId} AS id, sold_at AS at, minor, asset, scale
     FROM lost_sale AS lost JOIN sale ON sale.tenant = lost.tenant AND sale.id = lost.sale
     JOIN stock ON stock.tenant = sale.tenant AND stock.payee = sale.payee
       AND stock.batch = sale.batch AND stock.serial = sale.serial
     WHERE lost.tenant = ? AND buyer = ? AND told_at IS NULL AND confirmed_at IS NULL ORDER BY posting`,
    ...[branch.config.id, buyer],
  )
  return rows.map(({ payee, id, at, ...amount }) => ({
    ...{ id, kind: 'lost', at: Number(at), amount: amountOf(amount), payee: payeeOrFormer(branch, payee).name },
  }))
}

/** The buyer has heard of these. Asked again, or of anything else, it does nothing more. */
export async function heardOfLosses(
  tx: Tx,
  branch: Branch,
  { account, ids, at }: { readonly account: AccountNumber; readonly ids: readonly string[]; readonly at: number },
): Promise<void> {
  for (const id of ids)
    await tx.run(
      `UPDATE lost_sale AS lost SET told_at = ? WHERE tenant = ? AND told_at IS NULL AND ${lostId} = ?
         AND EXISTS (SELECT 1 FROM sale WHERE sale.tenant = lost.tenant AND sale.id = lost.sale AND buyer = ?)`,
      ...[BigInt(at), branch.config.id, id, account],
    )
}
