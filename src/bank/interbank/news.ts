/** What senders have not been told yet of their transfers to other banks, and what is on its way, for the back office. */
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import type { Money } from '../../money.ts'
import { amountOf } from '../../store/amount-columns.ts'
import type { TransferNews } from '../bank.ts'
import type { Branch } from '../branch.ts'
import { nameOfBank } from './correspondents.ts'
import { pendingPayouts } from './payouts.ts'
import { type SentRow, sentColumns } from './send.ts'

/** Oldest first. */
export async function transferNews(branch: Branch, account: AccountNumber): Promise<readonly TransferNews[]> {
  const rows = await branch.store.read(tx =>
    tx.all<SentRow>(
      `SELECT ${sentColumns} FROM sent_transfer
       WHERE tenant = ? AND from_account = ? AND heard_at IS NULL ORDER BY sent_at, id`,
      ...[branch.config.id, account],
    ),
  )
  return rows.map(row => ({
    transfer: row.id,
    state: row.state === 'pending' || row.state === 'credited' ? row.state : 'came-back',
    amount: amountOf(row),
    to: row.to_account,
    bank: nameOfBank(branch, row.bank),
    sentAt: Number(row.sent_at),
  }))
}

export interface PendingTransfer {
  readonly id: string
  readonly bank: InstitutionId
  /** Whose money it is: a customer's account, or the payee for whom it is held. */
  readonly from: AccountNumber | InstitutionId
  readonly to: AccountNumber
  readonly amount: Money
  readonly sentAt: number
}

/** Everything that is on its way, oldest first. */
export async function pendingTransfers({ store, config }: Branch): Promise<PendingTransfer[]> {
  const rows = await store.read(tx =>
    tx.all<SentRow>(
      `SELECT ${sentColumns} FROM sent_transfer WHERE tenant = ? AND state = 'pending' ORDER BY sent_at, id`,
      config.id,
    ),
  )
  const payouts = await store.read(tx => pendingPayouts(tx, { config }))
  return [
    ...rows.map(row => ({ ...row, from: row.from_account, to: row.to_account })),
    ...payouts.map(row => ({ ...row, from: row.payee, to: row.account })),
  ]
    .map(row => ({
      ...{ id: row.id, bank: row.bank, from: row.from, to: row.to },
      ...{ amount: amountOf(row), sentAt: Number(row.sent_at) },
    }))
    .sort((one, other) => one.sentAt - other.sentAt)
}
