/** What happened at a payee, row by row of its journal: payments by whichever channel, what was given back, vouchers that were ended. */
import { type InstitutionId, type IntentId, parseIntentId, type VoucherNumber } from '../../ids.ts'
import type { Money } from '../../money.ts'
import { type AmountColumns, amountOf } from '../../store/amount-columns.ts'
import type { ReadTx } from '../../store/store.ts'
import { cardRefundedOf } from '../clearing/card-refund.ts'
import { refundedOf, reversedOf } from '../paid.ts'
import type { Shop } from '../shop.ts'
import { type HappeningKind, happeningKinds, isDone, rowBefore } from './standing.ts'

export interface Happening {
  /** Of the journal. */
  readonly seq: bigint
  readonly at: number
  readonly businessDate: string
  readonly kind: HappeningKind
  readonly reference: string
  readonly amount: Money
  /** Undefined: it was by card. */
  readonly voucher: VoucherNumber | undefined
  /** That sold the voucher, or whose card it was. */
  readonly bank: InstitutionId | undefined
  /** Of what a card paid: the payment, as the bank of the card knows it. */
  readonly cardPayment: IntentId | undefined
  /** Of a payment: what was given back of it, to its voucher, to its buyer or to its card. */
  readonly givenBack: Money
}

type Row = AmountColumns & {
  readonly seq: bigint
  readonly at: bigint
  readonly business_date: string
  readonly kind: HappeningKind
  readonly reference: string
  readonly voucher: VoucherNumber | null
  readonly bank: InstitutionId | null
  readonly card_payment: string | null
  readonly given_back: bigint
}

/** Of a payment and what undoes it the voucher is an account of its own; a refund names it in a row of its own. */
const select = `
  SELECT happened.*, coalesce(voucher.bank, card_bank) AS bank
  FROM (SELECT journal.seq, at, business_date, kind, reference, paid.minor, paid.asset, paid.scale,
      ${reversedOf} + ${refundedOf} AS given_back,
      coalesce((SELECT substr(account, 19) FROM entry AS promise WHERE promise.chain = journal.chain AND promise.seq = journal.seq
          AND account LIKE 'voucher-liability:%'),
        (SELECT refund.voucher FROM refund WHERE refund.tenant = ? AND refund.posting = journal.seq)) AS voucher,
      CASE kind WHEN 'card-payment' THEN substr(journal.id, 14) END AS card_payment,
      (SELECT substr(account, 14) FROM entry AS card WHERE card.chain = journal.chain AND card.seq = journal.seq
          AND account LIKE 'card-revenue:%') AS card_bank
    FROM journal JOIN entry AS paid ON paid.chain = journal.chain AND paid.seq = journal.seq AND paid.side = 'debit'
    WHERE journal.chain = ? AND kind IN ${happeningKinds} AND ${isDone}`
const withVoucher =
  ') AS happened LEFT JOIN voucher ON voucher.tenant = ? AND voucher.number = happened.voucher ORDER BY seq'
const parts = ({ config: { id }, chain }: Shop) => [id, id, id, chain] as const

/** Newest first, those before the row `before` of the journal. */
export async function latest(
  shop: Shop,
  { before, limit }: { readonly before?: bigint | undefined; readonly limit: number },
): Promise<readonly Happening[]> {
  return shop.store.read(async tx =>
    happenings(
      tx,
      shop,
      await tx.all<Row>(
        `${select} AND journal.seq < ? ORDER BY journal.seq DESC LIMIT ? ${withVoucher} DESC`,
        ...[...parts(shop), before ?? 2n ** 62n, BigInt(limit), shop.config.id],
      ),
    ),
  )
}

/** One of them, by its row. */
export async function happened(shop: Shop, seq: bigint): Promise<Happening | undefined> {
  return shop.store.read(async tx => {
    const rows = await tx.all<Row>(
      `${select} AND journal.seq = ? ${withVoucher}`,
      ...[...parts(shop), seq, shop.config.id],
    )
    return (await happenings(tx, shop, rows))[0]
  })
}

const atOnce = 500

/** Of business dates from `first` to `last`, oldest first, read a few at a time so that callers are served between. */
export async function* happenedOn(
  shop: Shop,
  { first, last }: { readonly first: string; readonly last: string },
): AsyncGenerator<Happening> {
  const bounds = await shop.store.read(async tx => ({
    after: await rowBefore(tx, shop, first),
    // Nothing is added to a date once it is closed.
    ...(await tx.one<{ upTo: bigint }>(
      'SELECT seq AS upTo FROM business_date WHERE tenant = ? AND date >= ? ORDER BY date LIMIT 1',
      ...[shop.config.id, last],
    )),
  }))
  const upTo = bounds.upTo ?? 2n ** 62n
  for (let after = bounds.after; ; ) {
    const from = after
    const rows = await shop.store.read(async tx =>
      happenings(
        tx,
        shop,
        await tx.all<Row>(
          `${select} AND journal.seq > ? AND journal.seq <= ? AND business_date BETWEEN ? AND ? ORDER BY journal.seq LIMIT ? ${withVoucher}`,
          ...[...parts(shop), from, upTo, first, last, BigInt(atOnce), shop.config.id],
        ),
      ),
    )
    yield* rows
    const end = rows.at(-1)
    if (end === undefined || rows.length < atOnce) return
    after = end.seq
  }
}

async function happenings(tx: ReadTx, shop: Shop, rows: readonly Row[]): Promise<readonly Happening[]> {
  const read: Happening[] = []
  for (const row of rows) {
    const amount = amountOf(row)
    const { seq, kind, reference, bank } = row
    const cardPayment = row.card_payment === null ? undefined : parseIntentId(row.card_payment)
    const isByCard = cardPayment !== undefined && bank !== null
    const back = isByCard ? await cardRefundedOf(tx, shop, { id: cardPayment, issuer: bank }) : row.given_back
    read.push({
      ...{ seq, at: Number(row.at), businessDate: row.business_date, kind, reference, amount, cardPayment },
      ...{ voucher: row.voucher ?? undefined, bank: bank ?? undefined, givenBack: { ...amount, minor: back } },
    })
  }
  return read
}
