/**
 * Refunds of what a card paid: the money goes back to the account that the card belongs to. The payee's clerk asks for it, the next
 * day end tells the bank of the card, and that bank pays it from what it holds for the payee, as it does for vouchers
 * (`refund.ts`). Never more goes back of a payment than the card paid.
 */
import type { CardPaymentLine } from '../../card-receiver/edge.ts'
import { cardPaymentLines, paymentRow } from '../../card-receiver/payments.ts'
import type { InstitutionId, IntentId } from '../../ids.ts'
import { openAccount } from '../../ledger/accounts.ts'
import { businessDate } from '../../ledger/business-date.ts'
import { credit, debit, post } from '../../ledger/post.ts'
import { nextReference } from '../../ledger/reference.ts'
import type { Money } from '../../money.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { type AskedByClerk, type Drawn, onceByClerk } from '../by-clerk.ts'
import { cardRevenueFrom } from '../card-revenue.ts'
import { banksOf, returningBy, type Shop } from '../shop.ts'

export interface CardRefundRequest extends AskedByClerk {
  /** The payment's id, as the list of card payments has it. */
  readonly payment: IntentId
}

export type CardRefund =
  | { readonly outcome: 'refunded'; readonly amount: Money; readonly reference: string }
  | { readonly outcome: 'unknown-payment' }
  /** Refused, or its bank has not said yet that it is paid. */
  | { readonly outcome: 'not-paid' }
  /** The bank of the card sells no vouchers of this payee: it holds nothing that a refund could be paid from. */
  | { readonly outcome: 'no-day-end' }
  /** More than the card paid and was not refunded yet: `left` may be. */
  | { readonly outcome: 'exceeds-payment'; readonly left: Money }
  | { readonly outcome: 'refused-amount' }
  | { readonly outcome: 'intent-reused' }

type DecidedCardRefund = Exclude<CardRefund, { outcome: 'intent-reused' }>

export function refundCard(shop: Shop, request: CardRefundRequest): Promise<CardRefund> {
  const { payment } = request
  return onceByClerk<DecidedCardRefund>(shop, request, {
    kind: 'card-refund',
    point: 'refund.committed',
    of: { payment },
    decide: (tx, drawn) => decide(tx, shop, request, drawn),
    again: ({ of, amount, reference }) => (of === payment ? { outcome: 'refunded', amount, reference } : undefined),
  })
}

async function decide(
  tx: Tx,
  shop: Shop,
  { payment: of, amount: wanted, clerk, reason, also }: CardRefundRequest,
  { at, id, facts }: Drawn,
): Promise<DecidedCardRefund> {
  const { config, chain, calendar } = shop
  const payment = await paymentRow(tx, config, of)
  if (payment === undefined) return { outcome: 'unknown-payment' }
  if (payment.state !== 'paid') return { outcome: 'not-paid' }
  const { issuer: bank } = payment
  if (!(await sellsFor(tx, shop, bank))) return { outcome: 'no-day-end' }
  const left = { asset: config.currency, minor: payment.minor - (await cardRefundedOf(tx, shop, payment)) }
  const amount = wanted ?? left
  if (amount.minor > left.minor || amount.minor <= 0n) return { outcome: 'exceeds-payment', left }
  const date = await businessDate(tx, calendar, at)
  await openAccount(tx, { chain, account: returningBy(bank), asset: config.currency, at, businessDate: date })
  const reference = await nextReference(tx, config.id)
  const posted = await post(tx, {
    ...{ chain, id: `card-refund ${id}`, at, businessDate: date, kind: 'card-refund', reference, facts },
    entries: [debit(cardRevenueFrom(bank), amount), credit(returningBy(bank), amount)],
  })
  // What earlier books had refunded, and these took from the bank's file, may have come before what its cards paid.
  if (posted.outcome !== 'posted') return { outcome: 'exceeds-payment', left: { ...amount, minor: 0n } }
  await tx.run(
    'INSERT INTO card_refund (tenant, id, payment, bank, minor, posting, clerk, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ...[config.id, id, of, bank, amount.minor, posted.seq, clerk, reason],
  )
  await also?.(tx, posted.seq)
  return { outcome: 'refunded', amount, reference }
}

/**
 * Whether the bank holds anything for this payee, as far as these books know: every bank that is pinned is sent files, and one that
 * sells none of its vouchers refuses them.
 */
async function sellsFor(tx: ReadTx, shop: Shop, bank: InstitutionId): Promise<boolean> {
  if (!(await banksOf(tx, shop)).some(each => each.bank === bank)) return false
  const known = await tx.one(
    `SELECT 1 AS found WHERE EXISTS (SELECT 1 FROM day_end_file WHERE tenant = ? AND bank = ? AND state = 'reconciled')
       OR EXISTS (SELECT 1 FROM voucher WHERE tenant = ? AND bank = ? AND sale IS NOT NULL)`,
    ...[shop.config.id, bank, shop.config.id, bank],
  )
  return known !== undefined
}

/** What was refunded of it in these books, and in lost ones whose file told of it. What its bank refused counts no more. */
export async function cardRefundedOf(
  tx: ReadTx,
  { config, chain }: Pick<Shop, 'config' | 'chain'>,
  { id, issuer }: { readonly id: string; readonly issuer: InstitutionId },
): Promise<bigint> {
  const row = await tx.one<{ minor: bigint }>(
    `SELECT coalesce((SELECT sum(refund.minor) FROM card_refund AS refund
         WHERE refund.tenant = ? AND refund.payment = ? AND NOT EXISTS (SELECT 1 FROM day_end_line AS line
           WHERE line.tenant = refund.tenant AND line.bank = refund.bank AND line.voucher = refund.payment AND kind = 'refund'
             AND length(voucher) = 32 AND coalesce(journal_row, ref) = refund.posting AND ${isRefused}
             AND NOT EXISTS (SELECT 1 FROM day_end_line AS later WHERE later.tenant = line.tenant AND later.bank = line.bank
      AND later.journal_row = refund.posting AND later.number > line.number))), 0)
       + coalesce((SELECT sum(line.minor) FROM day_end_line AS line
         JOIN journal ON journal.chain = ? AND journal.seq = journal_row AND journal.kind = 'recovered'
         WHERE line.tenant = ? AND line.bank = ? AND line.voucher = ? AND line.kind = 'refund' AND length(line.voucher) = 32
           AND NOT (${isRefused})), 0) AS minor`,
    ...[config.id, id, chain, config.id, issuer, id],
  )
  return row?.minor ?? 0n
}

export interface RefundableLine extends CardPaymentLine {
  /** Given back to the card's account, or about to be. */
  readonly refunded: Money
}

/** What cards paid, or did not, newest first, with what was given back of each. */
export async function refundableLines(shop: Shop, limit: number): Promise<readonly RefundableLine[]> {
  const lines = await cardPaymentLines({ store: shop.store, id: shop.config.id }, limit)
  return shop.store.read(tx =>
    Promise.all(
      lines.map(async line => ({ ...line, refunded: { ...line.amount, minor: await cardRefundedOf(tx, shop, line) } })),
    ),
  )
}

/** Of a line. */
const isRefused = `break IS NOT NULL AND break NOT IN ('closed-account', 'duplicate')`
