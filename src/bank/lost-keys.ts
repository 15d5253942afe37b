/**
 * What a bank does about records whose keys are gone, as after a restored backup, which never has them. It must not take
 * money for what it cannot tell: unsold ones leave the stock for ever and are ordered anew. Those that were sold and not told
 * yet are their buyers' all the same; people hear of each, its buyer at the next call, and the bank opens. Where another machine may
 * have the keys, it is waited for. When each is looked for: `key-search.ts`.
 */

import { raiseAlarm, raiseAlarmOnce } from '../alarm.ts'
import type { AccountNumber, InstitutionId } from '../ids.ts'
import { now } from '../runtime.ts'
import { type AmountColumns, amountOf } from '../store/amount-columns.ts'
import type { Migration } from '../store/migrations.ts'
import { rebuiltTable } from '../store/rebuild.ts'
import type { ReadTx, SqlValue, Tx } from '../store/store.ts'
import type { CameBack } from './bank.ts'
import { type Branch, payeeOrFormer } from './branch.ts'
import type { LostRecord } from './stock-keys.ts'

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

type Books = Pick<Branch, 'runtime' | 'store' | 'recordKeys' | 'elsewhere'> & {
  readonly config: Pick<Branch['config'], 'id'>
}

export interface LostSale {
  readonly key: string
  readonly sale: string
}

export interface Lost {
  readonly records: readonly LostRecord[]
  readonly sales: readonly LostSale[]
}

/** At start, when some are found missing: all are looked at, and nobody is served before it is known what is gone. */
export async function withdrawUntellable(branch: Books): Promise<void> {
  let lost = await untellable(branch)
  if (isAny(lost) && branch.elsewhere) {
    await branch.elsewhere.told(async () => newlyLost(branch, await untellable(branch)))
    lost = await untellable(branch)
  }
  if (isAny(lost)) await withdraw(branch, lost)
  branch.elsewhere?.gaveUp()
}

const isAny = ({ records, sales }: Lost) => records.length + sales.length > 0

/** Of how many nobody knows yet: sales are found again at every such start. */
async function newlyLost(branch: Books, { records, sales }: Lost): Promise<number> {
  const rows = await branch.store.read(tx =>
    tx.all<{ sale: string }>('SELECT sale FROM lost_sale WHERE tenant = ?', branch.config.id),
  )
  const known = new Set(rows.map(({ sale }) => sale))
  return records.length + sales.filter(({ sale }) => !known.has(sale)).length
}

async function untellable(branch: Books): Promise<Lost> {
  const { id: tenant } = branch.config
  const inStock = await branch.store.read(tx =>
    tx.all<{ key: string; payee: InstitutionId; batch: string; serial: bigint }>(
      `SELECT password_key AS key, payee, batch, serial FROM stock WHERE tenant = ? AND state = 'in stock'`,
      tenant,
    ),
  )
  const untold = await branch.store.read(tx =>
    tx.all<{ key: string; sale: string }>(
      `SELECT password_key AS key, sale.id AS sale FROM sale JOIN stock ON stock.tenant = sale.tenant
         AND stock.payee = sale.payee AND stock.batch = sale.batch AND stock.serial = sale.serial
       WHERE sale.tenant = ? AND confirmed_at IS NULL AND state <> 'unsellable'`,
      tenant,
    ),
  )
  return { records: await keyless(branch, inStock), sales: await keyless(branch, untold) }
}

async function keyless<R extends { readonly key: string }>(branch: Books, rows: readonly R[]): Promise<readonly R[]> {
  const missing = new Set(await branch.recordKeys.missing(rows.map(({ key }) => key)))
  return rows.filter(({ key }) => missing.has(key))
}

/** Those of the newest `most` sales that were never told and cannot be told, and of which nobody knows yet. At start. */
export function lostOfNewest(branch: Books, most: number): Promise<readonly LostSale[]> {
  const newest = 'SELECT * FROM sale WHERE tenant = ? ORDER BY id DESC LIMIT ?'
  return lostAmong(branch, newest, branch.config.id, BigInt(most)).then(({ lost }) => lost)
}

/** The same of all sales, page by page. `last`: from behind which the next one goes on; undefined: there is none. */
export async function lostBehind(
  branch: Books,
  after: string,
  most: number,
): Promise<{ readonly lost: readonly LostSale[]; readonly last: string | undefined }> {
  const page = 'SELECT * FROM sale WHERE tenant = ? AND id > ? ORDER BY id LIMIT ?'
  const { lost, rows, last } = await lostAmong(branch, page, branch.config.id, after, BigInt(most))
  return { lost, last: rows < most ? undefined : last }
}

async function lostAmong(branch: Books, page: string, ...values: SqlValue[]) {
  const rows = await branch.store.read(tx =>
    tx.all<{ sale: string; key: string | null }>(
      `SELECT page.id AS sale, iif(lost.sale IS NULL, password_key, NULL) AS key FROM (${page}) AS page
       LEFT JOIN stock ON page.confirmed_at IS NULL AND stock.tenant = page.tenant AND stock.payee = page.payee
         AND stock.batch = page.batch AND stock.serial = page.serial AND state <> 'unsellable'
       LEFT JOIN lost_sale AS lost ON lost.tenant = page.tenant AND lost.sale = page.id ORDER BY page.id`,
      ...values,
    ),
  )
  const untold = rows.flatMap(({ sale, key }) => (key === null ? [] : [{ sale, key }]))
  return { lost: await keyless(branch, untold), rows: rows.length, last: rows.at(-1)?.sale }
}

/** Those that have a key by now, as one may have come from the other machine, and those that have none. */
export async function stillLost(branch: Books, { records, sales }: Lost): Promise<Lost> {
  return { records: await keyless(branch, records), sales: await keyless(branch, sales) }
}

/** What was sold, confirmed or withdrawn since it was found is left as it is. */
export async function withdraw(branch: Books, { records, sales }: Lost): Promise<void> {
  const { id: tenant } = branch.config
  const at = now(branch)
  await branch.store.execute(async tx => {
    const alarm = (detail: string) => ({ peer: tenant, kind: 'record-keys-lost', detail, at }) as const
    let withdrawn = 0n
    for (const { key, payee, batch, serial } of records)
      withdrawn += await tx.run(
        `UPDATE stock SET state = 'unsellable'
         WHERE tenant = ? AND payee = ? AND batch = ? AND serial = ? AND password_key = ? AND state = 'in stock'`,
        ...[tenant, payee, batch, serial, key],
      )
    if (withdrawn > 0n) await raiseAlarm(tx, tenant, alarm(`${withdrawn} unsold records left the stock`))
    for (const { sale } of sales) {
      const sql = 'SELECT 1 AS found FROM sale WHERE tenant = ? AND id = ? AND confirmed_at IS NULL'
      // Its buyer has it in writing meanwhile, and so it has no key.
      if ((await tx.one(sql, tenant, sale)) === undefined) continue
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
