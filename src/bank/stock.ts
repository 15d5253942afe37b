/** Voucher records in stock: taking one to sell it, and what else is in stock. */

import type { InstitutionId, VoucherNumber } from '../ids.ts'
import { steppedOnce } from '../invariant.ts'
import type { Money } from '../money.ts'
import { columnsOf } from '../store/amount-columns.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { type Branch, inCurrency } from './branch.ts'
import { onSale } from './private/payees.ts'

export type StockRecord = {
  readonly batch: string
  readonly serial: bigint
  readonly number: VoucherNumber
}

/** The next record of that amount that has its key, in random order; undefined when there is none. @throws NotLookedAt */
export async function nextRecord(
  tx: ReadTx,
  { config, stockKeys }: Pick<Branch, 'stockKeys'> & { readonly config: Pick<Branch['config'], 'id'> },
  payee: InstitutionId,
  amount: Money,
): Promise<StockRecord | undefined> {
  const [minor, asset] = columnsOf(amount)
  let after: Uint8Array = beforeAll
  for (;;) {
    const row = await tx.one<StockRecord & { readonly key: string; readonly shuffle: Uint8Array }>(
      `SELECT batch, serial, number, password_key AS key, shuffle FROM stock
       WHERE tenant = ? AND payee = ? AND minor = ? AND asset = ? AND state = 'in stock' AND shuffle > ?
       ORDER BY shuffle LIMIT 1`,
      ...[config.id, payee, minor, asset, after],
    )
    if (row === undefined) return undefined
    const { batch, serial, number } = row
    if (stockKeys.hasKey(payee, amount, row)) return { batch, serial, number }
    after = row.shuffle
  }
}

const beforeAll = new Uint8Array()

export interface StockLevel {
  readonly payee: InstitutionId
  readonly amount: Money
  /** How many are in stock. */
  readonly count: number
  /** So few that more are ordered. */
  readonly isLow: boolean
}

/** Of every amount that is on sale, by payee, smallest first. */
export async function stockLevels(branch: Branch): Promise<StockLevel[]> {
  const { config, store } = branch
  const rows = await store.read(tx =>
    tx.all<{ payee: InstitutionId; minor: bigint; count: bigint }>(
      `SELECT payee, minor, count(*) AS count FROM stock
       WHERE tenant = ? AND asset = ? AND state = 'in stock' GROUP BY payee, minor`,
      config.id,
      config.currency.code,
    ),
  )
  const counts = new Map(rows.map(({ payee, minor, count }) => [`${payee} ${minor}`, Number(count)]))
  return onSale(branch).flatMap(({ id, minors }) =>
    minors
      .toSorted((a, b) => (a < b ? -1 : 1))
      .map(minor => {
        const count = counts.get(`${id} ${minor}`) ?? 0
        return { payee: id, amount: inCurrency(branch, minor), count, isLow: count <= config.stock.lowWater }
      }),
  )
}

/** Takes a record from stock, for one sale ever. */
export async function takeRecord(
  tx: Tx,
  tenant: InstitutionId,
  payee: InstitutionId,
  record: StockRecord,
): Promise<void> {
  const taken = await tx.run(
    `UPDATE stock SET state = 'sold' WHERE tenant = ? AND payee = ? AND batch = ? AND serial = ? AND state = 'in stock'`,
    tenant,
    payee,
    record.batch,
    record.serial,
  )
  steppedOnce(taken, 'a record was sold that is not in stock', record.batch)
}

/**
 * Any record of books that went back in time may have been sold in what is lost: none of them is sold again. They stay at the
 * payee as they are, and the amounts are ordered anew.
 */
export async function withdrawAll(tx: Tx, tenant: InstitutionId): Promise<void> {
  await tx.run(`UPDATE stock SET state = 'unsellable' WHERE tenant = ? AND state = 'in stock'`, tenant)
}

/** The nearest amounts below and above that are in stock, ascending; the wanted one is not. */
export async function nearestInStock(
  tx: ReadTx,
  branch: Branch,
  payee: InstitutionId,
  wanted: Money,
): Promise<readonly Money[]> {
  const nearest = async (select: 'max' | 'min', than: '<' | '>') => {
    const row = await tx.one<{ minor: bigint | null }>(
      `SELECT ${select}(minor) AS minor FROM stock
       WHERE tenant = ? AND payee = ? AND minor ${than} ? AND asset = ? AND state = 'in stock'`,
      branch.config.id,
      payee,
      wanted.minor,
      wanted.asset.code,
    )
    return row?.minor ?? undefined
  }
  const found = [await nearest('max', '<'), await nearest('min', '>')]
  return found.filter(minor => minor !== undefined).map(minor => inCurrency(branch, minor))
}
