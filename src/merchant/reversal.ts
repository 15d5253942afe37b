/**
 * Reversals: before cut-off the payee's clerk gives a payment back to its voucher, whole or in part, as long as the voucher
 * lives. Afterwards, or if it is dead, money goes back by a refund to the account that bought it. The payer hears of a
 * reversal at the next call.
 */
import { isPaidByCard } from '../clearing/lines.ts'
import type { VoucherNumber } from '../ids.ts'
import { businessDate } from '../ledger/business-date.ts'
import { credit, debit, post } from '../ledger/post.ts'
import { nextReference } from '../ledger/reference.ts'
import type { Money } from '../money.ts'
import type { Migration } from '../store/migrations.ts'
import type { Tx } from '../store/store.ts'
import { type AskedByClerk, type Drawn, onceByClerk } from './by-clerk.ts'
import { type Paid, paymentNamed } from './paid.ts'
import { registered } from './register.ts'
import { promiseOf, type Shop } from './shop.ts'

export const reversalMigrations: readonly Migration[] = [
  {
    room: 'merchant-reversals',
    number: 1,
    sql: `
      CREATE TABLE reversal (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        -- Of the journal: what gave back, and what was paid.
        posting INTEGER NOT NULL,
        payment INTEGER NOT NULL,
        voucher TEXT NOT NULL,
        clerk TEXT NOT NULL CHECK (clerk <> ''),
        reason TEXT NOT NULL CHECK (reason <> ''),
        -- When the payer heard of it.
        told_at INTEGER,
        PRIMARY KEY (tenant, posting),
        FOREIGN KEY (tenant, voucher) REFERENCES voucher (tenant, number)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX reversal_of_payment ON reversal (tenant, payment);
      CREATE INDEX reversal_untold ON reversal (tenant, voucher) WHERE told_at IS NULL;
      CREATE TRIGGER reversal_stands_for_ever BEFORE DELETE ON reversal
        BEGIN SELECT RAISE(ABORT, 'a reversal stands for ever'); END`,
  },
]

export interface ReversalRequest extends AskedByClerk {
  /** The six digits that the payer was told. */
  readonly reference: string
}

export type Reversal =
  | {
      readonly outcome: 'reversed'
      readonly amount: Money
      readonly reference: string
      readonly voucher: VoucherNumber
    }
  /** Nothing was paid under this reference on today's business date: before that it is too late. */
  | { readonly outcome: 'unknown-payment' }
  | { readonly outcome: 'exceeds-payment'; readonly left: Money }
  /** The voucher is used up or was ended. */
  | { readonly outcome: 'voucher-dead' }
  | { readonly outcome: 'refused-amount' }
  | { readonly outcome: 'intent-reused' }

type DecidedReversal = Exclude<Reversal, { outcome: 'intent-reused' }>

export function reversePayment(shop: Shop, request: ReversalRequest): Promise<Reversal> {
  return onceByClerk<DecidedReversal>(shop, request, {
    kind: 'reversal',
    point: 'reversal.committed',
    of: { reference: request.reference },
    decide: (tx, drawn) => decide(tx, shop, request, drawn),
    again: ({ of, amount, reference }) =>
      isPaidByCard(of) ? undefined : { outcome: 'reversed', amount, reference, voucher: of },
  })
}

async function decide(
  tx: Tx,
  shop: Shop,
  { reference: paidAs, amount: wanted, clerk, reason, also }: ReversalRequest,
  drawn: Drawn,
): Promise<DecidedReversal> {
  const date = await businessDate(tx, shop.calendar, drawn.at)
  const payment = await paymentNamed(tx, shop, { reference: paidAs, date })
  if (payment === undefined) return { outcome: 'unknown-payment' }
  return reverse(tx, shop, payment, { amount: wanted, clerk, reason, date, ...drawn, ...(also && { also }) })
}

export interface GivingBack extends Omit<AskedByClerk, 'intent'>, Drawn {
  /** The business date of now. */
  readonly date: string
}

/** Gives a payment of the same date back to its voucher. */
export async function reverse(
  tx: Tx,
  shop: Shop,
  { number, left, earned, posting }: Paid,
  { amount: wanted, clerk, reason, at, id, facts, date, also }: GivingBack,
): Promise<Exclude<DecidedReversal, { outcome: 'unknown-payment' | 'refused-amount' }>> {
  const { config, chain } = shop
  const amount = wanted ?? left
  if (left.minor === 0n || amount.minor > left.minor) return { outcome: 'exceeds-payment', left }
  const record = await registered(tx, config.id, number)
  if (record?.state === 'exhausted' || record?.state === 'terminated') return { outcome: 'voucher-dead' }

  const reference = await nextReference(tx, config.id)
  const posted = await post(tx, {
    ...{ chain, id: `reversal ${id}`, at, businessDate: date, kind: 'reversal', reference, facts },
    entries: [debit(earned, amount), credit(promiseOf(number), amount)],
  })
  if (posted.outcome !== 'posted') throw new Error(`what was earned by a payment is not there: ${posted.outcome}`)
  await tx.run(
    'INSERT INTO reversal (tenant, posting, payment, voucher, clerk, reason) VALUES (?, ?, ?, ?, ?, ?)',
    ...[config.id, posted.seq, posting, number, clerk, reason],
  )
  await also?.(tx, posted.seq)
  return { outcome: 'reversed', amount, reference, voucher: number }
}
