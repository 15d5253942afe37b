/** Payments as a shop's books want them: each by the event of the journal that made it, whichever channel it came by. */
import type { InstitutionId } from '../../ids.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { type Asked, doneAgain } from '../asked-for.ts'
import type { Shop } from '../shop.ts'
import type { ApiKey, MadePayment } from './till.ts'

/** What is noted of a payment that a shop asked for, or whose order it signed. */
export interface NotedPayment {
  readonly event: string
  readonly key: ApiKey
  readonly order: string | undefined
  readonly authorisation?: string
}

export async function notePayment(tx: Tx, tenant: InstitutionId, payment: NotedPayment): Promise<void> {
  const { event, key, order, authorisation } = payment
  await tx.run(
    'INSERT INTO till_payment (tenant, event, api_key, shop_order, authorisation) VALUES (?, ?, ?, ?, ?)',
    ...[tenant, event, key.id, order ?? null, authorisation ?? null],
  )
}

interface OfKey {
  /** By its id. */
  readonly key: string
  readonly order: string
}

/** An order that its customer brings is asked for by itself: it is paid once, whoever pays it. */
export const askedByOrder = ({ key, order }: OfKey): Asked => ({ principal: `order ${key}`, id: order })

/**
 * The reference of the payment by which a shop's order was paid, if it was: at once, also in lost books, or by an authorisation, which
 * holds the order until it ends without a capture.
 */
export async function paidOrder(
  tx: ReadTx,
  shop: Pick<Shop, 'config' | 'chain'>,
  { key, order }: OfKey,
): Promise<string | undefined> {
  const { config, chain } = shop
  const row =
    (await tx.one<{ reference: string }>(
      `SELECT reference FROM till_payment JOIN journal ON journal.chain = ? AND journal.id = till_payment.event
       WHERE tenant = ? AND api_key = ? AND shop_order = ? AND authorisation IS NULL`,
      ...[chain, config.id, key, order],
    )) ??
    (await tx.one<{ reference: string }>(
      `SELECT reference FROM authorisation
       JOIN reservation ON reservation.chain = ? AND reservation.id = 'authorisation ' || authorisation.id
       WHERE tenant = ? AND api_key = ? AND shop_order = ? AND (captured > 0 OR state = 'open') LIMIT 1`,
      ...[chain, config.id, key, order],
    )) ??
    (await doneAgain(tx, shop, askedByOrder({ key, order })))
  return row?.reference
}

type Row = {
  readonly event: string
  readonly at: bigint
  readonly reference: string
  readonly minor: bigint
  readonly asset: string
  readonly scale: bigint
  readonly account: string
  readonly shop_order: string | null
}

const select = `
  SELECT journal.id AS event, at, reference, minor, asset, scale, account, shop_order
  FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq AND side = 'debit'
  LEFT JOIN till_payment ON till_payment.tenant = ? AND till_payment.event = journal.id
  WHERE journal.chain = ? AND kind IN ('payment', 'listening')
    AND journal.event IN ('post', 'capture', 'capture-part', 'release', 'expire')`

/** Newest first, after the one whose event is `before`. */
export async function madePayments(
  tx: ReadTx,
  tenant: InstitutionId,
  chain: string,
  { limit, before }: { readonly limit: number; readonly before?: string },
): Promise<readonly MadePayment[]> {
  const rows = await tx.all<Row>(
    `${select} AND journal.seq < coalesce((SELECT seq FROM journal WHERE chain = ? AND id = ?), 9223372036854775807)
     ORDER BY journal.seq DESC LIMIT ?`,
    ...[tenant, chain, chain, before ?? '', BigInt(limit)],
  )
  return rows.map(made)
}

/** @throws Error when there is no such payment. */
export async function madePayment(
  tx: ReadTx,
  tenant: InstitutionId,
  chain: string,
  event: string,
): Promise<MadePayment> {
  const row = await tx.one<Row>(`${select} AND journal.id = ?`, tenant, chain, event)
  if (row === undefined) throw new Error(`no payment ${event} in chain ${chain}`)
  return made(row)
}

function made(row: Row): MadePayment {
  return {
    event: row.event,
    at: Number(row.at),
    amount: { minor: row.minor, asset: { code: row.asset, scale: Number(row.scale) } },
    reference: row.reference,
    voucherEnding: row.account.slice(-4),
    order: row.shop_order ?? undefined,
  }
}
