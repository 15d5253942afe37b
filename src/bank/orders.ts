/**
 * Orders of voucher records. One is open per payee and amount until its batch is in stock or it is refused; after a refusal
 * the amount is ordered anew, at pauses that grow. A batch that comes for a closed order is as good as any.
 *
 *     1 order                  ──▶ open     its letter is written
 *     2 batch         open     ──▶ filled   it is in stock
 *     3 close         open     ──▶ closed   refused by the payee, its batch refused here, or overdue
 *     4 batch         closed   ──▶ filled   it came all the same
 *     5 batch         filled   ──▶ filled   the payee lost the first with its books, and has made it anew
 *
 * A filled order stays so: a second batch for it is refused, but for 5.
 */

import { raiseAlarm } from '../alarm.ts'
import type { InstitutionId } from '../ids.ts'
import { steppedOnce } from '../invariant.ts'
import { isClosedTo } from '../mail/gate.ts'
import type { LetterHandler } from '../mail/reception.ts'
import type { Money } from '../money.ts'
import { now } from '../runtime.ts'
import { columnsOf } from '../store/amount-columns.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { Branch } from './branch.ts'
import { peerOf, writeToPayee } from './private/letters.ts'

export const orderMigrations: readonly Migration[] = [
  {
    room: 'bank-orders',
    number: 1,
    sql: `
      ALTER TABLE stock_order ADD COLUMN letter_epoch INTEGER;
      ALTER TABLE stock_order ADD COLUMN letter_sequence INTEGER;
      ALTER TABLE stock_order ADD COLUMN refused_at INTEGER;
      ALTER TABLE stock_order ADD COLUMN refusal TEXT CHECK ((refusal IS NULL) = (refused_at IS NULL));
      -- A letter of an order contains its id as text.
      UPDATE stock_order SET (letter_epoch, letter_sequence) =
        (SELECT epoch, sequence FROM clearing_outbox AS letter
         WHERE letter.tenant = stock_order.tenant AND letter.peer = stock_order.payee AND letter.type = 'stock-order'
           AND instr(letter.content, CAST(stock_order.id AS BLOB)) > 0);
      -- Until now a refused order stayed open, and its amount was never ordered again.
      UPDATE stock_order SET refused_at = ordered_at, refusal = 'refused by the payee'
      WHERE batch IS NULL AND EXISTS (SELECT 1 FROM clearing_outbox AS letter
        WHERE letter.tenant = stock_order.tenant AND letter.peer = stock_order.payee AND letter.outcome = 'refused'
          AND letter.epoch = stock_order.letter_epoch AND letter.sequence = stock_order.letter_sequence);
      DROP INDEX stock_order_open;
      CREATE UNIQUE INDEX stock_order_open ON stock_order (tenant, payee, minor, asset)
        WHERE batch IS NULL AND refused_at IS NULL;
      CREATE INDEX stock_order_of_amount ON stock_order (tenant, payee, minor, asset, ordered_at);
      CREATE UNIQUE INDEX stock_order_letter ON stock_order (tenant, payee, letter_epoch, letter_sequence)`,
  },
  {
    room: 'bank-orders',
    number: 2,
    // Where the letter of its batch stands; of batches from before, nobody knows any more.
    sql: `
      ALTER TABLE stock_order ADD COLUMN batch_epoch INTEGER;
      ALTER TABLE stock_order ADD COLUMN batch_sequence INTEGER;
      CREATE UNIQUE INDEX stock_order_batch_letter ON stock_order (tenant, payee, batch_epoch, batch_sequence)`,
  },
]

const firstPauseMs = 10 * 60_000
const longestPauseMs = 24 * 3_600_000
/** A payee prints within minutes. One that was away for as long as this has an order of its own to answer. */
const overdueAfterMs = 3 * 24 * 3_600_000

/** Orders more of one amount when it has come down to the low-water mark and nothing is on order. */
export async function orderWhenLow(
  tx: Tx,
  branch: Branch,
  payee: InstitutionId,
  amount: Money,
  order: { readonly id: string; readonly at: number },
): Promise<'ordered' | 'enough' | 'refused lately' | 'out of reach' | 'has left'> {
  const { id: tenant, stock } = branch.config
  if (await isClosedTo(tx, tenant, peerOf(branch, payee))) return 'out of reach'
  if (await hasLeft(tx, tenant, payee)) return 'has left'
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
  await closeOverdue(tx, branch, payee, amount, order.at)
  if (await wasRefusedLately(tx, tenant, payee, amount, order.at)) return 'refused lately'
  const ordered = await tx.run(
    `INSERT INTO stock_order (tenant, id, payee, minor, asset, scale, count, ordered_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant, payee, minor, asset) WHERE batch IS NULL AND refused_at IS NULL DO NOTHING`,
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
  const letter = await writeToPayee(tx, branch, { to: payee, type: 'stock-order', body })
  const sent = await tx.run(
    'UPDATE stock_order SET letter_epoch = ?, letter_sequence = ? WHERE tenant = ? AND id = ? AND letter_epoch IS NULL',
    letter.epoch,
    letter.sequence,
    tenant,
    order.id,
  )
  steppedOnce(sent, 'an order has two letters', order.id)
  return 'ordered'
}

/** By the decision of two officers (`leaving.ts`): nothing of this payee is ordered, taken or sold any more. */
export async function hasLeft(tx: ReadTx, tenant: InstitutionId, payee: InstitutionId): Promise<boolean> {
  return (await tx.one('SELECT payee FROM payee_left WHERE tenant = ? AND payee = ?', tenant, payee)) !== undefined
}

/** The bank's own orders, as their letters are answered. */
export function orderAnswers(branch: Branch): LetterHandler<'stock-order'> {
  return {
    answered: async (tx, payee, place, verdict) => {
      if (verdict.outcome === 'accepted') return
      const order = await tx.one<{ id: string }>(
        'SELECT id FROM stock_order WHERE tenant = ? AND payee = ? AND letter_epoch = ? AND letter_sequence = ?',
        branch.config.id,
        payee,
        place.epoch,
        place.sequence,
      )
      if (order !== undefined) await closeOrder(tx, branch, payee, order.id, verdict.reason)
    },
  }
}

/** Closes an open order that will not be filled, so that its amount can be ordered anew. Others stay as they are. */
export async function closeOrder(
  tx: Tx,
  branch: Branch,
  payee: InstitutionId,
  id: string,
  reason: string,
): Promise<void> {
  const at = now(branch)
  const [order] = await tx.all<{ minor: bigint; asset: string; count: bigint }>(
    `UPDATE stock_order SET refused_at = ?, refusal = ?
     WHERE tenant = ? AND payee = ? AND id = ? AND batch IS NULL AND refused_at IS NULL RETURNING minor, asset, count`,
    BigInt(at),
    reason,
    branch.config.id,
    payee,
    id,
  )
  if (order === undefined) return
  const detail = `order ${id} of ${order.count} × ${order.minor} ${order.asset}: ${reason}`
  await raiseAlarm(tx, branch.config.id, { peer: payee, kind: 'order-refused', detail, at })
}

/** Every open order of a payee. */
export async function closeOpenOrders(tx: Tx, branch: Branch, payee: InstitutionId, reason: string): Promise<void> {
  const open = await tx.all<{ id: string }>(
    'SELECT id FROM stock_order WHERE tenant = ? AND payee = ? AND batch IS NULL AND refused_at IS NULL ORDER BY id',
    branch.config.id,
    payee,
  )
  for (const { id } of open) await closeOrder(tx, branch, payee, id, reason)
}

/** Whatever was lost between the two, no amount stays out of stock for ever. */
async function closeOverdue(tx: Tx, branch: Branch, payee: InstitutionId, amount: Money, at: number): Promise<void> {
  const [minor, asset] = columnsOf(amount)
  const overdue = await tx.one<{ id: string }>(
    `SELECT id FROM stock_order WHERE tenant = ? AND payee = ? AND minor = ? AND asset = ?
       AND batch IS NULL AND refused_at IS NULL AND ordered_at < ?`,
    branch.config.id,
    payee,
    minor,
    asset,
    BigInt(at - overdueAfterMs),
  )
  if (overdue !== undefined) await closeOrder(tx, branch, payee, overdue.id, 'no batch came')
}

/** Whether the pause after the last refusal is not over. A clock that was set back ends it. */
async function wasRefusedLately(
  tx: ReadTx,
  tenant: InstitutionId,
  payee: InstitutionId,
  amount: Money,
  at: number,
): Promise<boolean> {
  const [minor, asset] = columnsOf(amount)
  const orders = await tx.all<{ batch: string | null; refused_at: bigint | null }>(
    `SELECT batch, refused_at FROM stock_order WHERE tenant = ? AND payee = ? AND minor = ? AND asset = ?
     ORDER BY ordered_at DESC LIMIT 20`,
    tenant,
    payee,
    minor,
    asset,
  )
  const filled = orders.findIndex(({ batch }) => batch !== null)
  const refusals = (filled < 0 ? orders : orders.slice(0, filled)).flatMap(({ refused_at }) => refused_at ?? [])
  const [last] = refusals
  if (last === undefined) return false
  const pauseMs = Math.min(firstPauseMs * 2 ** (refusals.length - 1), longestPauseMs)
  const sinceMs = at - Number(last)
  return sinceMs >= 0 && sinceMs < pauseMs
}
