/**
 * What a file gives back reaches its buyers: remainders of ended vouchers, and refunds, each by a posting of its own to the
 * account that bought the voucher, or whose card paid, or to suspense when that is closed. The last step makes the file `posted`.
 */
import type { Slices } from '../../clearing/slices.ts'
import type { AccountNumber } from '../../ids.ts'
import { InvariantBroken } from '../../invariant.ts'
import { accountExists } from '../../ledger/accounts.ts'
import { businessDate } from '../../ledger/business-date.ts'
import { credit, debit, post } from '../../ledger/post.ts'
import { now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { type Branch, depositOf, inCurrency, payeeOrFormer, returningTo, suspense } from '../branch.ts'
import { confirmInWriting } from '../confirmations/write.ts'
import { isClosed } from '../customers.ts'
import { paidByCard } from './card-refunds.ts'
import type { FileRow } from './files.ts'

type ReturnRow = {
  readonly line: bigint
  readonly minor: bigint
  readonly buyer: AccountNumber
  readonly reference: string
}

export async function returnToBuyers(branch: Branch, slices: Slices, file: FileRow): Promise<void> {
  const { id: tenant } = branch.config
  const at = now(branch)
  for (let left = true; left; ) {
    left = await slices.execute(async (tx, slice) => {
      const ofVouchers = await toReturn(tx, branch, file)
      const rows = ofVouchers.length > 0 ? ofVouchers : await toCards(tx, branch, file)
      let taken = 0
      for (const row of rows) {
        if (taken > 0 && !slice.hasTime()) break
        taken++
        await giveBack(tx, branch, file, row, at)
      }
      if (rows.length > 0) return true
      await tx.run(
        `UPDATE payee_file SET state = 'posted' WHERE tenant = ? AND payee = ? AND number = ? AND state = 'received'`,
        ...[tenant, file.payee, file.number],
      )
      return false
    })
    branch.runtime.reached('day-end.returned')
  }
}

function toReturn(tx: ReadTx, { config }: Branch, { payee, number }: FileRow): Promise<ReturnRow[]> {
  return tx.all<ReturnRow>(
    `SELECT line, line.minor, buyer, reference
     FROM payee_file_line AS line
     JOIN stock ON stock.tenant = line.tenant AND stock.payee = line.payee AND stock.number = line.voucher
     JOIN sale ON sale.tenant = stock.tenant AND sale.payee = stock.payee AND sale.batch = stock.batch
       AND sale.serial = stock.serial
     WHERE line.tenant = ? AND line.payee = ? AND line.number = ?
       AND kind IN ('termination', 'refund') AND verdict = 'accepted' AND returned IS NULL ORDER BY line LIMIT 256`,
    ...[config.id, payee, number],
  )
}

/** Refunds of what cards paid. */
async function toCards(tx: ReadTx, branch: Branch, file: FileRow): Promise<ReturnRow[]> {
  const lines = await tx.all<{ line: bigint; payment: string; minor: bigint }>(
    `SELECT line, voucher AS payment, minor FROM payee_file_line
     WHERE tenant = ? AND payee = ? AND number = ? AND length(voucher) = 32
       AND kind IN ('termination', 'refund') AND verdict = 'accepted' AND returned IS NULL ORDER BY line LIMIT 256`,
    ...[branch.config.id, file.payee, file.number],
  )
  const rows: ReturnRow[] = []
  for (const { line, payment, minor } of lines) {
    const paid = await paidByCard(tx, branch, file, payment)
    if (paid === undefined) throw new InvariantBroken('a refund was accepted of what no card paid', payment)
    rows.push({ line, minor, buyer: paid.account, reference: paid.reference })
  }
  return rows
}

async function giveBack(tx: Tx, branch: Branch, file: FileRow, row: ReturnRow, at: number): Promise<void> {
  const { chain, config, calendar } = branch
  const { payee, number } = file
  const deposit = depositOf(row.buyer)
  const isOpen = (await accountExists(tx, deposit, chain)) && !(await isClosed(tx, config.id, row.buyer))
  const amount = inCurrency(branch, row.minor)
  const id = `return ${payee} ${number} ${row.line}`
  const posted = await post(tx, {
    ...{ chain, id },
    at,
    businessDate: await businessDate(tx, calendar, at),
    kind: 'refund',
    // Of the sale, or of the payment by card: what its buyer was told then.
    reference: row.reference,
    entries: [debit(returningTo(payee), amount), credit(isOpen ? deposit : suspense, amount)],
  })
  if (posted.outcome !== 'posted') throw new Error(`a return was refused: ${posted.outcome}`)
  await tx.run(
    `UPDATE payee_file_line SET returned = ?, verdict = ?
     WHERE tenant = ? AND payee = ? AND number = ? AND line = ?`,
    ...[posted.seq, isOpen ? 'accepted' : 'closed-account', config.id, payee, number, row.line],
  )
  if (!isOpen) return
  await tx.run(
    'INSERT INTO returned_line (tenant, payee, number, line, account) VALUES (?, ?, ?, ?, ?)',
    ...[config.id, payee, number, row.line, row.buyer],
  )
  const { name } = payeeOrFormer(branch, payee)
  await confirmInWriting(tx, branch, {
    ...{ id, account: row.buyer, kind: 'refund', at, amount, reference: row.reference, payee: name },
  })
}
