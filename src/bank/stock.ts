/** Voucher records in stock: taking one to sell it, what else is in stock, ordering more before they run out. */

import type { InstitutionId, VoucherNumber } from '../ids.ts'
import { writeLetter } from '../mail/outbox.ts'
import type { Money } from '../money.ts'
import { columnsOf } from '../store/amount-columns.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { type Branch, inCurrency } from './branch.ts'

export type StockRecord = {
  readonly batch: string
  readonly serial: bigint
  readonly number: VoucherNumber
}

/** The next record of that amount, in random order; undefined when there is none. */
export async function nextRecord(
  tx: ReadTx,
  tenant: InstitutionId,
  payee: InstitutionId,
  amount: Money,
): Promise<StockRecord | undefined> {
  const [minor, asset] = columnsOf(amount)
  return tx.one<StockRecord>(
    `SELECT batch, serial, number FROM stock
     WHERE tenant = ? AND payee = ? AND minor = ? AND asset = ? AND state = 'in stock' ORDER BY shuffle LIMIT 1`,
    tenant,
    payee,
    minor,
    asset,
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
  if (taken !== 1n) throw new Error(`record ${record.batch}/${record.serial} is not in stock`)
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

/** Orders more of one amount when it has come down to the low-water mark and nothing is on order. */
export async function orderWhenLow(
  tx: Tx,
  branch: Branch,
  payee: InstitutionId,
  amount: Money,
  order: { readonly id: string; readonly at: number },
): Promise<'ordered' | 'enough'> {
  const { id: tenant, stock } = branch.config
  const [minor, asset, scale] = columnsOf(amount)
  // One beyond the mark is enough to know: a full stock is not counted. A bound LIMIT would be planned anew at each use.
  const beyond = await tx.one(
    `SELECT serial FROM stock WHERE tenant = ? AND payee = ? AND minor = ? AND asset = ? AND state = 'in stock'
     LIMIT 1 OFFSET ?`,
    tenant,
    payee,
    minor,
    asset,
    BigInt(stock.lowWater),
  )
  if (beyond !== undefined) return 'enough'
  const ordered = await tx.run(
    `INSERT INTO stock_order (tenant, id, payee, minor, asset, scale, count, ordered_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant, payee, minor, asset) WHERE batch IS NULL DO NOTHING`,
    tenant,
    order.id,
    payee,
    minor,
    asset,
    scale,
    BigInt(stock.orderCount),
    BigInt(order.at),
  )
  if (ordered === 0n) return 'enough'
  const body = { order: order.id, payee, amount, count: stock.orderCount }
  await writeLetter(tx, { from: tenant, to: payee, type: 'stock-order', body })
  return 'ordered'
}
