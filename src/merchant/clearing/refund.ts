/**
 * Refunds: money of a payment whose date is closed goes back to the account that bought the voucher, whatever became of the
 * voucher since. The payee's clerk asks for it, the next day end carries it, and the bank pays it from what it holds for the
 * payee. Never more is refunded of a voucher than was paid with it.
 */
import type { IntentId, VoucherNumber } from '../../ids.ts'
import { openAccount } from '../../ledger/accounts.ts'
import { businessDate } from '../../ledger/business-date.ts'
import { credit, debit, post } from '../../ledger/post.ts'
import { nextReference } from '../../ledger/reference.ts'
import { isPayable, type Money } from '../../money.ts'
import { now, orderedId } from '../../runtime.ts'
import { once } from '../../store/once.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { registered } from '../register.ts'
import { promiseOf, returningBy, revenueFrom, type Shop } from '../shop.ts'

export interface RefundRequest {
  readonly intent: IntentId
  readonly number: VoucherNumber
  readonly amount: Money
  /** Who gives it back, and why. */
  readonly clerk: string
  readonly reason: string
}

export type Refund =
  | { readonly outcome: 'refunded'; readonly amount: Money; readonly reference: string }
  | { readonly outcome: 'unknown-voucher' }
  /** More than was paid with it on dates that are closed, and not refunded yet: `left` may be. */
  | { readonly outcome: 'exceeds-payments'; readonly left: Money }
  | { readonly outcome: 'refused-amount' }
  | { readonly outcome: 'intent-reused' }

type DecidedRefund = Exclude<Refund, { outcome: 'intent-reused' }>

export async function refund(shop: Shop, request: RefundRequest): Promise<Refund> {
  const { runtime, store, config } = shop
  const { intent: id, number, amount, clerk, reason } = request
  if (!isPayable(amount, config.currency)) return { outcome: 'refused-amount' }
  const drawn = { at: now(shop), id: orderedId(runtime) }
  const intent = {
    ...{ tenant: config.id, principal: `clerk ${clerk}`, id, kind: 'refund' },
    request: { number, minor: amount.minor, reason },
  }
  return store.execute(tx => once<DecidedRefund>(tx, intent, () => decide(tx, shop, request, drawn)))
}

async function decide(
  tx: Tx,
  shop: Shop,
  { number, amount, clerk, reason }: RefundRequest,
  { at, id }: { readonly at: number; readonly id: string },
): Promise<DecidedRefund> {
  const { config, chain, calendar } = shop
  const record = await registered(tx, config.id, number)
  if (record === undefined) return { outcome: 'unknown-voucher' }
  const { bank } = record
  const date = await businessDate(tx, calendar, at)
  const left = await refundable(tx, shop, number)
  if (amount.minor > left) return { outcome: 'exceeds-payments', left: { ...amount, minor: left } }
  await openAccount(tx, { chain, account: returningBy(bank), asset: config.currency, at, businessDate: date })
  const reference = await nextReference(tx, config.id)
  const posted = await post(tx, {
    ...{ chain, id: `refund ${id}`, at, businessDate: date, kind: 'refund', reference },
    entries: [debit(revenueFrom(bank), amount), credit(returningBy(bank), amount)],
  })
  if (posted.outcome !== 'posted') return { outcome: 'exceeds-payments', left: { ...amount, minor: 0n } }
  await tx.run(
    `INSERT INTO refund (tenant, id, voucher, bank, minor, posting, clerk, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[config.id, id, number, bank, amount.minor, posted.seq, clerk, reason],
  )
  return { outcome: 'refunded', amount, reference }
}

/** What was paid with the voucher on closed dates, less what was refunded. A refund that its bank refused counts no more. */
async function refundable(tx: ReadTx, { config, chain }: Shop, number: VoucherNumber): Promise<bigint> {
  const paid = await tx.one<{ minor: bigint | null }>(
    `SELECT sum(CASE side WHEN 'debit' THEN entry.minor ELSE -entry.minor END) AS minor
     FROM entry JOIN journal ON journal.chain = entry.chain AND journal.seq = entry.seq
     WHERE entry.chain = ? AND account = ? AND journal.kind NOT IN ('activation', 'termination', 'recovery-loss')
       AND event IN ('post', 'capture-part', 'capture', 'release', 'expire')
       AND business_date <= (SELECT max(date) FROM business_date WHERE tenant = ?)`,
    ...[chain, promiseOf(number), config.id],
  )
  const refunded = await tx.one<{ minor: bigint | null }>(
    `SELECT sum(refund.minor) AS minor FROM refund
     WHERE refund.tenant = ? AND refund.voucher = ? AND NOT EXISTS (SELECT 1 FROM day_end_line AS line
       WHERE line.tenant = refund.tenant AND line.bank = refund.bank AND line.ref = refund.posting AND break IS NOT NULL
         AND break <> 'closed-account')`,
    ...[config.id, number],
  )
  return (paid?.minor ?? 0n) - (refunded?.minor ?? 0n)
}
