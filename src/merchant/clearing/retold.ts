/**
 * What a bank whose books went back in time says of files that it had posted before. Its first word stands of what it cleared; the
 * next result may go on from either. What it had paid out by its first word, and has not by its second, is on its settlement account
 * again, and is paid out later: so much is taken back before that is booked.
 */
import { raiseAlarmOnce } from '../../alarm.ts'
import { sameTotals } from '../../clearing/header.ts'
import { decodeResult, type Result } from '../../clearing/result.ts'
import type { InstitutionId } from '../../ids.ts'
import { balanceOf } from '../../ledger/accounts.ts'
import type { Place } from '../../mail/streams.ts'
import { now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { paidOutBy, type Shop } from '../shop.ts'
import type { FileRow } from './files.ts'

/** Keeps what the bank makes of the file now; people hear of it when that is something else than it had told. */
export async function keepRetold(
  tx: Tx,
  shop: Shop,
  file: FileRow,
  encoded: Uint8Array,
  result: Result,
  { epoch }: Place,
): Promise<void> {
  await tx.run(
    'UPDATE day_end_file SET retold = ?, told_in = ? WHERE tenant = ? AND bank = ? AND number = ?',
    ...[encoded, epoch, shop.config.id, file.bank, file.number],
  )
  await tx.run(
    'INSERT INTO day_end_word (tenant, bank, number, epoch, word) VALUES (?, ?, ?, ?, ?)',
    ...[shop.config.id, file.bank, file.number, epoch, encoded],
  )
  const first = decodeResult(file.result ?? new Uint8Array())
  const changed = differenceOf(first, result)
  if (changed === undefined) return
  const detail = `file ${file.number} of ${file.date}: the bank, whose books went back, ${changed}`
  await raiseAlarmOnce(tx, shop.house, { peer: file.bank, kind: 'day-end-lost', detail, at: now(shop) })
}

function differenceOf(first: Result, again: Result): string | undefined {
  const [before, after] = [first.settlement, again.settlement]
  if (!sameTotals(first.accepted, again.accepted) || before.fee !== after.fee)
    return 'makes less or more of it than it had told'
  if (before.paidOut !== after.paidOut)
    return `had told that ${before.paidOut} was paid out by then, and tells ${after.paidOut} now`
  if (before.opening !== after.opening || before.closing !== after.closing)
    return `had told that its settlement account went from ${before.opening} to ${before.closing}, and tells ${after.opening} and ${after.closing} now`
  return undefined
}

/** The result before that of a file, and what its bank said of that one since. */
export async function wordsBefore(
  tx: ReadTx,
  tenant: InstitutionId,
  { bank, number }: Pick<FileRow, 'bank' | 'number'>,
): Promise<readonly Result[]> {
  const before = await tx.one<{ result: Uint8Array; retold: Uint8Array | null }>(
    `SELECT result, retold FROM day_end_file WHERE tenant = ? AND bank = ? AND number < ? AND result IS NOT NULL
     ORDER BY number DESC LIMIT 1`,
    ...[tenant, bank, number],
  )
  return [before?.result, before?.retold].filter(each => each != null).map(decodeResult)
}

export function isGoingOn({ float, settlement }: Pick<Result, 'float' | 'settlement'>, before: Result): boolean {
  return before.float.closing === float.opening && before.settlement.closing === settlement.opening
}

/** The latest epoch of the bank in which it has said something else of files before this one: by those words its result is booked. */
export async function lastWordBefore(
  tx: ReadTx,
  tenant: InstitutionId,
  { bank, number }: Pick<FileRow, 'bank' | 'number'>,
): Promise<bigint> {
  const row = await tx.one<{ epoch: bigint }>(
    'SELECT coalesce(max(epoch), 1) AS epoch FROM day_end_word WHERE tenant = ? AND bank = ? AND number < ?',
    ...[tenant, bank, number],
  )
  return row?.epoch ?? 1n
}

/**
 * Keeps what the bank says of a file that it declared void and has posted after all, as books of it that went back tell: nothing of it
 * counts here, but what it has paid out by then it does not tell again.
 */
export async function keepOfVoid(
  tx: Tx,
  tenant: InstitutionId,
  { bank, number }: FileRow,
  encoded: Uint8Array,
  epoch: bigint,
): Promise<void> {
  await tx.run(
    'INSERT INTO day_end_word (tenant, bank, number, epoch, word) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ...[tenant, bank, number, epoch, encoded],
  )
}

/** By the latest words of void files before this one, unless their bank has declared them void once more since. */
async function paidOutByVoid(
  tx: ReadTx,
  tenant: InstitutionId,
  { bank, number }: Pick<FileRow, 'bank' | 'number'>,
): Promise<bigint> {
  const words = await tx.all<{ word: Uint8Array }>(
    `SELECT word, max(each.epoch) FROM day_end_word AS each JOIN day_end_file AS file USING (tenant, bank, number)
     WHERE tenant = ? AND bank = ? AND number < ? AND state = 'refused' AND held = 0 AND each.epoch > coalesce(void_in, 1)
     GROUP BY number`,
    ...[tenant, bank, number],
  )
  return words.reduce((sum, { word }) => sum + decodeResult(word).settlement.paidOut, 0n)
}

/**
 * How much more these books have as paid out than the bank has by the words from which a result goes on, in minor units; below zero:
 * how much less. 0 where it goes on from what was booked.
 */
export async function payoutsUndone(
  tx: ReadTx,
  { config, chain }: Shop,
  file: FileRow,
  result: Result,
): Promise<bigint> {
  const { bank, number } = file
  const [, retold] = await wordsBefore(tx, config.id, file)
  if (retold === undefined || !isGoingOn(result, retold)) return 0n
  const files = await tx.all<{ paid_out: bigint; retold: Uint8Array | null }>(
    `SELECT paid_out, retold FROM day_end_file WHERE tenant = ? AND bank = ? AND number < ? AND state = 'reconciled'`,
    ...[config.id, bank, number],
  )
  const paidOut = files.reduce(
    (sum, each) => sum + (each.retold === null ? each.paid_out : decodeResult(each.retold).settlement.paidOut),
    await paidOutByVoid(tx, config.id, file),
  )
  return (await balanceOf(tx, paidOutBy(bank), chain)).posted.minor - paidOut
}
