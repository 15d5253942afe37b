/**
 * Refunds of what cards of this bank paid to a payee, as its files tell of them: never more of a payment than its card paid, from the
 * payee's settlement account, to the account that the card belongs to.
 */
import type { AccountNumber } from '../../ids.ts'
import type { ReadTx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { orderIn } from '../receivers/collect.ts'
import type { FileRow } from './files.ts'

export interface PaidByCard {
  /** Of the card. */
  readonly account: AccountNumber
  readonly minor: bigint
  /** What its holder was told when it paid. */
  readonly reference: string
}

/** Undefined: no card of this bank paid it to this payee. */
export async function paidByCard(
  tx: ReadTx,
  { config }: Pick<Branch, 'config'>,
  { payee }: Pick<FileRow, 'payee'>,
  payment: string,
): Promise<PaidByCard | undefined> {
  const row = await tx.one<{ account: AccountNumber; reference: string; message: Uint8Array }>(
    `SELECT account, reference, message FROM card_collection AS each
     JOIN card_payment AS paid ON paid.tenant = each.tenant AND paid.card = each.card AND paid.counter = each.counter
     WHERE each.tenant = ? AND each.receiver = ? AND payment = ? AND outcome = 'paid'`,
    ...[config.id, payee, payment],
  )
  const order = row && orderIn(row.message)
  if (row === undefined || order === undefined || !('amount' in order)) return undefined
  return { account: row.account, reference: row.reference, minor: order.amount.minor }
}

/** What was refunded of it, by this file and earlier ones. */
export async function refundedToCard(
  tx: ReadTx,
  { config }: Pick<Branch, 'config'>,
  { payee }: Pick<FileRow, 'payee'>,
  payment: string,
): Promise<bigint> {
  const row = await tx.one<{ minor: bigint }>(
    `SELECT coalesce(sum(minor), 0) AS minor FROM payee_file_line
     WHERE tenant = ? AND payee = ? AND voucher = ? AND kind = 'refund' AND length(voucher) = 32
       AND verdict IN ('accepted', 'closed-account')`,
    ...[config.id, payee, payment],
  )
  return row?.minor ?? 0n
}
