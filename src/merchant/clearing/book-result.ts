/** What a bank's result moves in the payee's books, in one command with the file's last step. */
import { decodeHeader } from '../../clearing/header.ts'
import { isPaidByCard, type Subject } from '../../clearing/lines.ts'
import { type BreakKind, isNotGivenBack, isRefusal, type Result } from '../../clearing/result.ts'
import { openAccount } from '../../ledger/accounts.ts'
import { businessDate } from '../../ledger/business-date.ts'
import { type AccountId, accountId } from '../../ledger/chart.ts'
import type { Entry } from '../../ledger/journal.ts'
import { credit, debit, post } from '../../ledger/post.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { cardRevenueFrom } from '../card-revenue.ts'
import { clearingFee, dueFrom, paidOutBy, returningBy, revenueFrom, type Shop, settledAt } from '../shop.ts'
import type { FileRow } from './files.ts'
import { lastWordBefore, payoutsUndone } from './retold.ts'

/**
 * The accounts have `missing` (minor units) less than a result moves, and nobody has decided to book so much as a loss. Whatever was booked
 * of it by then is undone with its command.
 */
export class NotBookable extends Error {
  readonly missing: bigint

  constructor(what: string, missing: bigint) {
    super(what)
    this.missing = missing
    this.name = 'NotBookable'
  }
}

/**
 * What the bank owed for vouchers it owes as a settled balance now; what it gave back to buyers it owes no more. `difference`: how much
 * its accounts have too little for that, which two officers book as a loss, in minor units.
 * @throws NotBookable
 */
export async function bookResult(
  tx: Tx,
  shop: Shop,
  file: FileRow,
  result: Result,
  at: number,
  difference = 0n,
): Promise<void> {
  const { bank, number } = file
  const { config, chain, calendar } = shop
  const { settlement, float } = result
  const date = await businessDate(tx, calendar, at)
  const money = (minor: bigint) => ({ minor, asset: config.currency })
  const shortages: string[] = []
  let missing = 0n
  for (const account of [dueFrom(bank), settledAt(bank), paidOutBy(bank), clearingFee, returningBy(bank), loss]) {
    await openAccount(tx, { chain, account, asset: config.currency, at, businessDate: date })
  }
  const booked = async (kind: string, minor: bigint, ...entries: readonly Entry[]) => {
    if (minor === 0n) return
    const posting = { chain, id: `day-end ${bank} ${number} ${kind}`, at, businessDate: date, kind: `day-end-${kind}` }
    for (;;) {
      const posted = await post(tx, { ...posting, entries })
      if (posted.outcome === 'posted') return
      if (posted.outcome === 'cap-exceeded') throw new NotBookable(`its ${kind} do not fit ${posted.account}`, 0n)
      const short = minor - posted.available.minor
      shortages.push(`its ${kind} are ${minor}, and ${posted.account} has ${short} too little`)
      missing += short
      await fillUp(posted.account, short)
    }
  }
  /** Each is a posting of its own, from the loss to what is short. */
  const fillUp = async (account: AccountId, minor: bigint) => {
    const kind = `difference-${shortages.length}`
    const isOwed = account === returningBy(bank)
    const [from, to] = isOwed ? [loss, account] : [account, loss]
    const filled = await post(tx, {
      ...{ chain, id: `day-end ${bank} ${number} ${kind}`, at, businessDate: date, kind: `day-end-${kind}` },
      entries: [debit(from, money(minor)), credit(to, money(minor))],
    })
    if (filled.outcome !== 'posted') throw new Error(`${account} could not be filled up`)
  }
  const undone = await payoutsUndone(tx, shop, file, result)
  if (undone > 0n)
    await booked(
      'payouts-retold',
      undone,
      debit(settledAt(bank), money(undone)),
      credit(paidOutBy(bank), money(undone)),
    )
  const { captures, fee, refunds, paidOut } = settlement
  await booked('captures', captures, debit(settledAt(bank), money(captures)), credit(dueFrom(bank), money(captures)))
  await booked('fee', fee, debit(clearingFee, money(fee)), credit(settledAt(bank), money(fee)))
  const ended = money(float.terminations)
  await booked('terminations', ended.minor, debit(returningBy(bank), ended), credit(dueFrom(bank), ended))
  await booked('refunds', refunds, debit(returningBy(bank), money(refunds)), credit(settledAt(bank), money(refunds)))
  // A refund that the bank refused is the payee's again.
  const lost = await refusedRefunds(tx, shop, file, refunds)
  await booked(
    'refused-refunds',
    lost.ofVouchers,
    debit(returningBy(bank), money(lost.ofVouchers)),
    credit(revenueFrom(bank), money(lost.ofVouchers)),
  )
  await booked(
    'refused-card-refunds',
    lost.ofCards,
    debit(returningBy(bank), money(lost.ofCards)),
    credit(cardRevenueFrom(bank), money(lost.ofCards)),
  )
  if (undone < 0n)
    await booked(
      'payouts-retold',
      -undone,
      debit(paidOutBy(bank), money(-undone)),
      credit(settledAt(bank), money(-undone)),
    )
  await booked('payouts', paidOut, debit(paidOutBy(bank), money(paidOut)), credit(settledAt(bank), money(paidOut)))
  if (missing !== difference) throw new NotBookable(shortages.join('; ') || 'nothing is missing', missing)
  await tx.run(
    `UPDATE day_end_file SET state = 'reconciled', captured = ?, terminated = ?, fee = ?, refunded = ?, paid_out = ?,
       went_on_in = ?
     WHERE tenant = ? AND bank = ? AND number = ?`,
    ...[captures, float.terminations, fee, refunds, paidOut, await lastWordBefore(tx, config.id, file)],
    ...[config.id, bank, number],
  )
}

const loss = accountId('recovery-loss')

/** Never more than the bank has not paid by its own result, whichever lines it may have refused before. */
async function refusedRefunds(
  tx: ReadTx,
  { config: { id: tenant }, chain }: Shop,
  { bank, number, header }: FileRow,
  paid: bigint,
) {
  // What was void and counts after all is decided by the file that tells it again. What was accepted before is returned to nobody; out of lost books, each line was booked by itself.
  const rows = await tx.all<{ of: Subject; minor: bigint; break: BreakKind; own: bigint }>(
    `SELECT voucher AS "of", minor, break, EXISTS (SELECT 1 FROM journal WHERE chain = ? AND seq = journal_row
       AND id = 'recovered ' || bank || ' ' || number || ' ' || line) AS own FROM day_end_line
     WHERE tenant = ? AND bank = ? AND number = ? AND break IS NOT NULL AND kind = 'refund'
       AND NOT EXISTS (SELECT 1 FROM day_end_file AS file JOIN day_end_file AS again
         ON again.tenant = file.tenant AND again.bank = file.bank AND again.retells = file.number
         WHERE file.tenant = day_end_line.tenant AND file.bank = day_end_line.bank AND file.number = day_end_line.number
           AND file.posted_after_all = 1) ORDER BY line`,
    ...[chain, tenant, bank, number],
  )
  let left = decodeHeader(header ?? new Uint8Array()).sections[0].totals.refund.minor - paid
  const lost = { ofVouchers: 0n, ofCards: 0n }
  for (const row of rows) {
    if (!isRefusal(row.break) || row.minor > left) continue
    left -= row.minor
    if (!isNotGivenBack(row.break) && row.own === 0n) continue
    lost[isPaidByCard(row.of) ? 'ofCards' : 'ofVouchers'] += row.minor
  }
  return lost
}
