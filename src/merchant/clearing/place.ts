/**
 * Giving each line of a file that was taken from its bank its row in the journal of books that went back in time: the row that tells
 * of it where they still have it, else a posting that does what was done in the lost books. What these books cannot carry, as a
 * voucher is unknown or its value was spent again, waits for two people, who book it as a loss (`take-held.ts`).
 */
import { raiseAlarmOnce } from '../../alarm.ts'
import { sameBytes, toHex } from '../../bytes.ts'
import { paymentRow } from '../../card-receiver/payments.ts'
import { decodeHeader } from '../../clearing/header.ts'
import { isPaidByCard, type LineKind, type Subject } from '../../clearing/lines.ts'
import { MerkleTree } from '../../clearing/merkle.ts'
import type { Slices } from '../../clearing/slices.ts'
import type { InstitutionId } from '../../ids.ts'
import { balanceOf, openAccount } from '../../ledger/accounts.ts'
import { businessDate } from '../../ledger/business-date.ts'
import type { AccountId, Side } from '../../ledger/chart.ts'
import { credit, debit, post } from '../../ledger/post.ts'
import { nextReference } from '../../ledger/reference.ts'
import { now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { cardRevenueFrom } from '../card-revenue.ts'
import { followBalance } from '../payment.ts'
import { promiseOf, returningBy, revenueFrom, type Shop } from '../shop.ts'
import { type FileRow, fileColumns } from './files.ts'
import { type EpochStarts, epochStarts, refOf, rowOf } from './refs.ts'

/** A line of a file that was taken from its bank. */
export type LineRow = {
  readonly bank: InstitutionId
  readonly number: bigint
  readonly line: bigint
  readonly kind: LineKind
  readonly ref: bigint
  readonly voucher: Subject
  readonly minor: bigint
  readonly hash: Uint8Array
  readonly intent: Uint8Array | null
}

/** Of each bank the oldest file that has all its lines and not a row for each. */
export async function unplacedFiles(tx: ReadTx, tenant: InstitutionId): Promise<readonly FileRow[]> {
  const files = await tx.all<FileRow>(
    `SELECT ${fileColumns} FROM day_end_file WHERE tenant = ? AND held IS NOT NULL AND state <> 'refused'
       AND scanned < lines ORDER BY bank, number`,
    tenant,
  )
  return files.filter(
    ({ bank, number, sent, lines }) =>
      sent === lines && !files.some(other => other.bank === bank && other.number < number),
  )
}

const pageSize = 100n

/** Lines of a file that have no row yet, in their order. */
export function unplacedLines(tx: ReadTx, tenant: InstitutionId, bank: InstitutionId, after: bigint, number: bigint) {
  return tx.all<LineRow>(
    `SELECT bank, number, line, kind, ref, voucher, minor, hash, intent FROM day_end_line
     WHERE tenant = ? AND bank = ? AND number = ? AND line > ? AND journal_row IS NULL ORDER BY line LIMIT ?`,
    ...[tenant, bank, number, after, pageSize],
  )
}

/** False: some of it waits for a letter, or for two people; all of it where its bank did not show that it was signed here. */
export async function place(shop: Shop, slices: Slices, file: FileRow): Promise<boolean> {
  const { store, config, house, chain } = shop
  const { bank, number } = file
  if (file.unsigned === 1n) return false
  if (file.scanned === 0n && !(await isProved(shop, slices, file))) return false
  const starts = await store.read(tx => epochStarts(tx, house, chain))
  /** What came later on a voucher waits for what came before. */
  const waiting = new Set<Subject>()
  let after = 0n
  for (let left = true; left; ) {
    left = await slices.execute(async (tx, slice) => {
      const page = await unplacedLines(tx, config.id, bank, after, number)
      let taken = 0
      for (const line of page) {
        if (taken++ > 0 && !slice.hasTime()) break
        after = line.line
        if (waiting.has(line.voucher) || !(await placeLine(tx, shop, starts, line, now(shop))))
          waiting.add(line.voucher)
      }
      return page.length > 0
    })
    shop.runtime.reached('day-end.placed')
  }
  return waiting.size === 0
}

/** Whether root and number of its lines are those of its header: else it was changed, and people are called. */
async function isProved(shop: Shop, slices: Slices, { bank, number, date, header, lines }: FileRow): Promise<boolean> {
  const tree = new MerkleTree()
  let count = 0n
  for (;;) {
    const page = await shop.store.read(tx =>
      tx.all<{ hash: Uint8Array }>(
        'SELECT hash FROM day_end_line WHERE tenant = ? AND bank = ? AND number = ? AND line > ? ORDER BY line LIMIT ?',
        ...[shop.config.id, bank, number, count, pageSize],
      ),
    )
    for (const { hash } of page) tree.addLeaf(hash)
    count += BigInt(page.length)
    if (page.length === 0) break
    await slices.breathe()
  }
  const [{ root }] = decodeHeader(header ?? new Uint8Array()).sections
  if (count === lines && sameBytes(tree.root(), root)) return true
  const detail = `file ${number} of ${date}, as its bank tells it: its lines are not those of its header`
  const alarm = { peer: bank, kind: 'day-end-contradicted', detail, at: now(shop) } as const
  await shop.store.execute(tx => raiseAlarmOnce(tx, shop.house, alarm))
  return false
}

export async function placeLine(tx: Tx, shop: Shop, starts: EpochStarts, line: LineRow, at: number): Promise<boolean> {
  const row =
    (await ownRow(tx, shop, starts, line)) ?? (await askedAgain(tx, shop, line)) ?? (await doAgain(tx, shop, line, at))
  if (row === undefined) return false
  await noteRow(tx, shop.config.id, line, row)
  return true
}

export async function noteRow(
  tx: Tx,
  tenant: InstitutionId,
  { bank, number, line }: LineRow,
  row: bigint,
): Promise<void> {
  await tx.run(
    'UPDATE day_end_line SET journal_row = ? WHERE tenant = ? AND bank = ? AND number = ? AND line = ?',
    ...[row, tenant, bank, number, line],
  )
  await tx.run(
    'UPDATE day_end_file SET scanned = scanned + 1 WHERE tenant = ? AND bank = ? AND number = ?',
    ...[tenant, bank, number],
  )
}

/** The row of these books that tells of it, when it was written before they parted from the lost ones. */
async function ownRow(tx: ReadTx, shop: Shop, starts: EpochStarts, line: LineRow): Promise<bigint | undefined> {
  const row = rowOf(line.ref)
  if (refOf(starts, row) !== line.ref) return undefined
  const { account, side } = touched(line)
  const found = await tx.one(
    `SELECT 1 AS found FROM entry WHERE chain = ? AND seq = ? AND account = ? AND side = ? AND minor = ?`,
    ...[shop.chain, row, account, side, line.minor],
  )
  return found === undefined ? undefined : row
}

/** The account that a line's row changes, and how. */
function touched({ kind, voucher, bank }: LineRow): { readonly account: AccountId; readonly side: Side } {
  if (isPaidByCard(voucher)) return { account: cardRevenueFrom(bank), side: 'debit' }
  if (kind === 'refund') return { account: revenueFrom(bank), side: 'debit' }
  return { account: promiseOf(voucher), side: kind === 'reversal' ? 'credit' : 'debit' }
}

const isUntold = `NOT EXISTS (SELECT 1 FROM day_end_line AS told
  WHERE told.tenant = ? AND told.bank = ? AND told.journal_row = journal.seq)`

/** The row of what was asked for once more, under its id, in these books: it is the line's, and no file tells of it. */
async function askedAgain(tx: ReadTx, { config, chain }: Shop, line: LineRow): Promise<bigint | undefined> {
  if (line.intent === null) return undefined
  const asked = [line.minor, toHex(line.intent), config.id, line.bank] as const
  const found =
    line.kind === 'refund'
      ? await tx.one<{ seq: bigint }>(
          `SELECT journal.seq FROM (SELECT tenant, posting, voucher AS "of", minor FROM refund
             UNION ALL SELECT tenant, posting, payment, minor FROM card_refund) AS refund
           JOIN journal ON journal.chain = ? AND journal.seq = posting
           WHERE refund.tenant = ? AND refund."of" = ? AND minor = ? AND facts = ? AND ${isUntold}`,
          ...[chain, config.id, line.voucher, ...asked],
        )
      : await tx.one<{ seq: bigint }>(
          `SELECT journal.seq FROM entry JOIN journal ON journal.chain = entry.chain AND journal.seq = entry.seq
           WHERE entry.chain = ? AND account = ? AND side = ? AND minor = ? AND facts = ? AND ${isUntold}`,
          ...[chain, touched(line).account, touched(line).side, ...asked],
        )
  return found?.seq
}

/** Where the money of a line came from and went: the voucher, or what stands for it, and the other side. */
function sidesOf({ kind, bank, minor, voucher }: LineRow, of: AccountId, shop: Shop) {
  const amount = { minor, asset: shop.config.currency }
  const earned = isPaidByCard(voucher) ? cardRevenueFrom(bank) : revenueFrom(bank)
  switch (kind) {
    case 'capture':
      return [debit(of, amount), credit(revenueFrom(bank), amount)]
    case 'reversal':
      return [debit(revenueFrom(bank), amount), credit(of, amount)]
    case 'termination':
      return [debit(of, amount), credit(returningBy(bank), amount)]
    case 'refund':
      return [debit(earned, amount), credit(returningBy(bank), amount)]
  }
}

export const nameOf = ({ bank, number, line }: LineRow) => `recovered ${bank} ${number} ${line}`

/** Books what was done in the lost books. Undefined: these cannot carry it. */
async function doAgain(tx: Tx, shop: Shop, line: LineRow, at: number): Promise<bigint | undefined> {
  const { config, chain } = shop
  const { voucher: of } = line
  if (isPaidByCard(of)) {
    const payment = await paymentRow(tx, config, of)
    // Until the card's bank has said once more what it paid.
    if (payment?.state !== 'paid' || payment.issuer !== line.bank) return undefined
    return book(tx, shop, line, cardRevenueFrom(line.bank), at, nameOf(line))
  }
  const promise = promiseOf(of)
  const voucher = await tx.one<{ state: string }>(
    'SELECT state FROM voucher WHERE tenant = ? AND number = ? AND bank = ? AND sale IS NOT NULL',
    ...[config.id, line.voucher, line.bank],
  )
  if (voucher === undefined) return undefined
  const isEnd = line.kind === 'termination'
  if (line.kind !== 'refund' && voucher.state === 'terminated') return undefined
  if (isEnd) {
    const { posted, available } = await balanceOf(tx, promise, chain)
    if (posted.minor !== line.minor || available.minor !== line.minor) return undefined
  }
  const row = await book(tx, shop, line, promise, at, isEnd ? `termination ${line.voucher}` : nameOf(line))
  if (row === undefined) return undefined
  if (isEnd)
    await tx.run(
      `UPDATE voucher SET state = 'terminated', generation = generation + 1 WHERE tenant = ? AND number = ?`,
      ...[config.id, line.voucher],
    )
  else if (line.kind !== 'refund') await followBalance(tx, shop, promise)
  return row
}

export async function book(
  tx: Tx,
  shop: Shop,
  line: LineRow,
  of: AccountId,
  at: number,
  id: string,
): Promise<bigint | undefined> {
  const { chain, config, calendar } = shop
  const date = await businessDate(tx, calendar, at)
  const earned = (isPaidByCard(line.voucher) ? cardRevenueFrom : revenueFrom)(line.bank)
  for (const account of [earned, returningBy(line.bank), of])
    await openAccount(tx, { chain, account, asset: config.currency, at, businessDate: date })
  const kind = id.startsWith('termination ') ? 'termination' : 'recovered'
  const asked = line.intent === null ? {} : { facts: toHex(line.intent), reference: await nextReference(tx, config.id) }
  const posted = await post(tx, { chain, id, at, businessDate: date, kind, ...asked, entries: sidesOf(line, of, shop) })
  return posted.outcome === 'posted' ? posted.seq : undefined
}
