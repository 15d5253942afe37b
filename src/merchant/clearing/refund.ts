/**
 * Refunds: money of a payment whose date is closed goes back to the account that bought the voucher, whatever became of the
 * voucher since. The payee's clerk asks for it, the next day end carries it, and the bank pays it from what it holds for the
 * payee. Never more is refunded of a payment, or of a voucher, than was paid.
 */
import { isPaidByCard, type Subject } from '../../clearing/lines.ts'
import { type BreakKind, isNotGivenBack } from '../../clearing/result.ts'
import type { VoucherNumber } from '../../ids.ts'
import { openAccount } from '../../ledger/accounts.ts'
import { businessDate } from '../../ledger/business-date.ts'
import { credit, debit, post } from '../../ledger/post.ts'
import { nextReference } from '../../ledger/reference.ts'
import type { Money } from '../../money.ts'
import { type AmountColumns, amountOf } from '../../store/amount-columns.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { type AskedByClerk, type Drawn, onceByClerk } from '../by-clerk.ts'
import { isRefusedRefund, type Paid, paymentNamed } from '../paid.ts'
import { registered } from '../register.ts'
import type { GivingBack } from '../reversal.ts'
import { promiseOf, returningBy, revenueFrom, type Shop } from '../shop.ts'

/** One payment, or whatever was paid with a voucher. */
export type Refundable = { readonly reference: string; readonly date: string } | { readonly voucher: VoucherNumber }

export interface RefundRequest extends AskedByClerk {
  readonly of: Refundable
}

export type Refund =
  | {
      readonly outcome: 'refunded'
      readonly amount: Money
      readonly reference: string
      readonly voucher: VoucherNumber
    }
  | { readonly outcome: 'unknown-voucher' }
  /** Nothing was paid under this reference on that business date. */
  | { readonly outcome: 'unknown-payment' }
  /** Its business date is not over: until then it is given back to the voucher, or not yet. */
  | { readonly outcome: 'not-closed' }
  /** More than was paid on dates that are closed, and not given back yet: `left` may be. */
  | { readonly outcome: 'exceeds-payments'; readonly left: Money }
  | { readonly outcome: 'refused-amount' }
  | { readonly outcome: 'intent-reused' }

type DecidedRefund = Exclude<Refund, { outcome: 'intent-reused' }>

export function refund(shop: Shop, request: RefundRequest): Promise<Refund> {
  return onceByClerk<DecidedRefund>(shop, request, {
    kind: 'refund',
    point: 'refund.committed',
    of: { ...request.of },
    decide: (tx, drawn) => decide(tx, shop, request, drawn),
    again: ({ of, amount, reference }) =>
      isPaidByCard(of) ? undefined : { outcome: 'refunded', amount, reference, voucher: of },
  })
}

async function decide(
  tx: Tx,
  shop: Shop,
  { of, amount, clerk, reason, also }: RefundRequest,
  drawn: Drawn,
): Promise<DecidedRefund> {
  const giving = {
    amount,
    clerk,
    reason,
    date: await businessDate(tx, shop.calendar, drawn.at),
    ...drawn,
    ...(also && { also }),
  }
  if ('voucher' in of) return giveBack(tx, shop, { number: of.voucher }, giving)
  const payment = await paymentNamed(tx, shop, of)
  return payment === undefined ? { outcome: 'unknown-payment' } : refundPayment(tx, shop, payment, giving)
}

/** Of a payment on a date that is closed. */
export async function refundPayment(
  tx: Tx,
  shop: Shop,
  payment: Paid,
  giving: GivingBack,
): Promise<Extract<DecidedRefund, { outcome: 'refunded' | 'exceeds-payments' | 'not-closed' | 'unknown-voucher' }>> {
  if (payment.date === giving.date || !(await isClosed(tx, shop, payment.date))) return { outcome: 'not-closed' }
  return giveBack(tx, shop, payment, giving)
}

async function giveBack(
  tx: Tx,
  shop: Shop,
  { number, left: ofPayment, posting }: Pick<Paid, 'number'> & Partial<Paid>,
  { amount: wanted, clerk, reason, at, id, facts, date, also }: GivingBack,
): Promise<Extract<DecidedRefund, { outcome: 'refunded' | 'exceeds-payments' | 'unknown-voucher' }>> {
  const { config, chain } = shop
  const record = await registered(tx, config.id, number)
  if (record === undefined) return { outcome: 'unknown-voucher' }
  const { bank } = record
  const ofVoucher = await refundable(tx, shop, number)
  const most = ofPayment === undefined || ofVoucher < ofPayment.minor ? ofVoucher : ofPayment.minor
  const left = { asset: config.currency, minor: most }
  const amount = wanted ?? left
  if (amount.minor > most || amount.minor <= 0n) return { outcome: 'exceeds-payments', left }
  await openAccount(tx, { chain, account: returningBy(bank), asset: config.currency, at, businessDate: date })
  const reference = await nextReference(tx, config.id)
  const posted = await post(tx, {
    ...{ chain, id: `refund ${id}`, at, businessDate: date, kind: 'refund', reference, facts },
    entries: [debit(revenueFrom(bank), amount), credit(returningBy(bank), amount)],
  })
  if (posted.outcome !== 'posted') return { outcome: 'exceeds-payments', left: { ...amount, minor: 0n } }
  await tx.run(
    `INSERT INTO refund (tenant, id, voucher, bank, minor, posting, clerk, reason, payment) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[config.id, id, number, bank, amount.minor, posted.seq, clerk, reason, posting ?? null],
  )
  await also?.(tx, posted.seq)
  return { outcome: 'refunded', amount, reference, voucher: number }
}

async function isClosed(tx: ReadTx, { config }: Shop, date: string): Promise<boolean> {
  const closed = await tx.one('SELECT 1 FROM business_date WHERE tenant = ? AND date >= ? LIMIT 1', config.id, date)
  return closed !== undefined
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
     WHERE refund.tenant = ? AND refund.voucher = ? AND NOT ${isRefusedRefund}`,
    ...[config.id, number],
  )
  return (paid?.minor ?? 0n) - (refunded?.minor ?? 0n)
}

/** `waiting` for its date's end; then `sent` to the bank; then paid to the buyer, or refused and the payee's again. */
export type RefundStanding = 'waiting' | 'sent' | 'paid' | 'in suspense' | 'refused'

export interface RefundLine {
  readonly businessDate: string
  readonly reference: string
  /** The voucher, or the payment by card. */
  readonly of: Subject
  readonly amount: Money
  readonly clerk: string
  readonly reason: string
  readonly standing: RefundStanding
  /** Why its bank refused it, such as `short`. */
  readonly refusedAs: string | undefined
}

/** Newest first. */
export async function refundLines({ store, config, chain }: Shop, limit: number): Promise<readonly RefundLine[]> {
  const rows = await store.read(tx =>
    tx.all<
      AmountColumns & {
        business_date: string
        reference: string
        of: Subject
        clerk: string
        reason: string
        state: string | null
        break: BreakKind | null
      }
    >(
      `SELECT business_date, reference, refund."of", entry.minor, asset, scale, clerk, reason, file.state, line.break
       FROM (SELECT tenant, bank, posting, voucher AS "of", clerk, reason FROM refund
         UNION ALL SELECT tenant, bank, posting, payment, clerk, reason FROM card_refund) AS refund
       JOIN journal ON journal.chain = ? AND journal.seq = refund.posting
       JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq AND side = 'credit'
       LEFT JOIN day_end_file AS file ON file.tenant = refund.tenant AND file.bank = refund.bank
         AND file.number = coalesce((SELECT number FROM day_end_line AS told WHERE told.tenant = refund.tenant AND told.bank = refund.bank
             AND journal_row = refund.posting), (SELECT number FROM day_end_file AS own WHERE own.tenant = refund.tenant
             AND own.bank = refund.bank AND own.date = business_date AND held IS NULL))
       LEFT JOIN day_end_line AS line ON line.tenant = file.tenant AND line.bank = file.bank AND line.number = file.number
         AND coalesce(line.journal_row, line.ref) = refund.posting
       WHERE refund.tenant = ? ORDER BY refund.posting DESC LIMIT ?`,
      ...[chain, config.id, BigInt(limit)],
    ),
  )
  return rows.map(row => ({
    ...{ businessDate: row.business_date, reference: row.reference, of: row.of, amount: amountOf(row) },
    ...{ clerk: row.clerk, reason: row.reason },
    standing: standingOf(row.state, row.break),
    refusedAs: row.break === null || !isNotGivenBack(row.break) ? undefined : row.break,
  }))
}

function standingOf(state: string | null, broken: BreakKind | null): RefundStanding {
  if (broken === 'closed-account') return 'in suspense'
  if (broken !== null && isNotGivenBack(broken)) return 'refused'
  if (state === null || state === 'closed' || state === 'built') return 'waiting'
  return state === 'result' || state === 'reconciled' ? 'paid' : 'sent'
}
