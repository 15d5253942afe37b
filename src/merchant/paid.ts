/** Payments as whoever gives money back finds them: by date and reference, or by the program that made them. */
import type { VoucherNumber } from '../ids.ts'
import type { AccountId } from '../ledger/chart.ts'
import { parseAccountId } from '../ledger/chart.ts'
import type { Money } from '../money.ts'
import { type AmountColumns, amountOf } from '../store/amount-columns.ts'
import type { ReadTx } from '../store/store.ts'
import type { Shop } from './shop.ts'

export type NamedPayment =
  /** The six digits that the payer was told, and the business date of the payment. */
  | { readonly reference: string; readonly date: string }
  /** An event of the journal, and the API key that asked for it. */
  | { readonly event: string; readonly key: string }

export interface Paid {
  readonly posting: bigint
  readonly date: string
  readonly number: VoucherNumber
  /** Of the payment, what was not given back yet. */
  readonly left: Money
  /** The account that the payment went to. */
  readonly earned: AccountId
}

type PaidRow = AmountColumns & {
  readonly seq: bigint
  readonly business_date: string
  readonly number: VoucherNumber
  readonly earned: string
  readonly reversed: bigint
  readonly refunded: bigint
}

/** Undefined: there is none. The latest of its date under this reference, as one comes again after a million payments. */
export async function paymentNamed(
  tx: ReadTx,
  { config, chain }: Shop,
  named: NamedPayment,
): Promise<Paid | undefined> {
  const select = `SELECT journal.seq, business_date, substr(paid.account, 19) AS number, earned.account AS earned,
      paid.minor, paid.asset, paid.scale, ${reversedOf} AS reversed, ${refundedOf} AS refunded
    FROM journal JOIN entry AS paid ON paid.chain = journal.chain AND paid.seq = journal.seq AND paid.side = 'debit'
    JOIN entry AS earned ON earned.chain = journal.chain AND earned.seq = journal.seq AND earned.side = 'credit'
    WHERE journal.chain = ? AND ${isPaid}`
  const first = [config.id, config.id, chain]
  const row =
    'reference' in named
      ? await tx.one<PaidRow>(
          `${select} AND business_date = ? AND reference = ? ORDER BY journal.seq DESC LIMIT 1`,
          ...[...first, named.date, named.reference],
        )
      : await tx.one<PaidRow>(
          `${select} AND journal.id = ? AND EXISTS (SELECT 1 FROM till_payment
             WHERE tenant = ? AND event = journal.id AND api_key = ?)`,
          ...[...first, named.event, config.id, named.key],
        )
  if (row === undefined) return undefined
  const paid = amountOf(row)
  return {
    ...{ posting: row.seq, date: row.business_date, number: row.number },
    left: { ...paid, minor: paid.minor - row.reversed - row.refunded },
    earned: parseAccountId(row.earned),
  }
}

/** What was heard for money was paid for, too: when its hold ended. */
const isPaid = `kind IN ('payment', 'listening') AND journal.event NOT IN ('reserve', 'accrue', 'start')`

export const reversedOf = `coalesce((SELECT sum(back.minor) FROM reversal
  JOIN entry AS back ON back.chain = journal.chain AND back.seq = reversal.posting AND back.side = 'credit'
  WHERE reversal.tenant = ? AND reversal.payment = journal.seq), 0)`

/** A refund that its bank refused is none. */
export const isRefusedRefund = `EXISTS (SELECT 1 FROM day_end_line AS line
  WHERE line.tenant = refund.tenant AND line.bank = refund.bank AND coalesce(line.journal_row, line.ref) = refund.posting AND line.break IS NOT NULL
    AND line.break NOT IN ('closed-account', 'duplicate')
    AND NOT EXISTS (SELECT 1 FROM day_end_line AS later WHERE later.tenant = line.tenant AND later.bank = line.bank
      AND later.journal_row = refund.posting AND later.number > line.number))`

export const refundedOf = `coalesce((SELECT sum(refund.minor) FROM refund
  WHERE refund.tenant = ? AND refund.payment = journal.seq AND NOT ${isRefusedRefund}), 0)`

export interface PaymentLine {
  readonly at: number
  readonly businessDate: string
  readonly reference: string
  readonly voucher: VoucherNumber
  readonly amount: Money
  /** Given back to the voucher on the same date. */
  readonly reversed: Money
  /** Given back to the buyer, or about to be. */
  readonly refunded: Money
}

/** The latest payments, newest first, with what was given back of each. */
export async function paymentLines({ store, config, chain }: Shop, limit: number): Promise<readonly PaymentLine[]> {
  const rows = await store.read(tx =>
    tx.all<Omit<PaidRow, 'earned'> & { at: bigint; reference: string }>(
      `SELECT journal.seq, at, business_date, reference, substr(paid.account, 19) AS number, paid.minor, paid.asset, paid.scale,
         ${reversedOf} AS reversed, ${refundedOf} AS refunded
       FROM journal JOIN entry AS paid ON paid.chain = journal.chain AND paid.seq = journal.seq AND paid.side = 'debit'
       WHERE journal.chain = ? AND ${isPaid} ORDER BY journal.seq DESC LIMIT ?`,
      ...[config.id, config.id, chain, BigInt(limit)],
    ),
  )
  return rows.map(row => {
    const amount = amountOf(row)
    return {
      ...{ at: Number(row.at), businessDate: row.business_date, reference: row.reference, voucher: row.number, amount },
      reversed: { ...amount, minor: row.reversed },
      refunded: { ...amount, minor: row.refunded },
    }
  })
}
