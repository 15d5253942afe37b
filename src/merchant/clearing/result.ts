/**
 * From `received` to `result` to `reconciled`: the bank says what it accepted, and what it owes the payee moves by that much,
 * once its statement adds up, goes on from the one before, and speaks of every line that was sent.
 */
import { raiseAlarm, raiseAlarmOnce } from '../../alarm.ts'
import { sameBytes } from '../../bytes.ts'
import { addTo, decodeHeader, noTotals, type Totals } from '../../clearing/header.ts'
import { type LineKind, lineKinds } from '../../clearing/lines.ts'
import { type BreakKind, breakKinds, decodeResult, isRefusal, type Result, wrongIn } from '../../clearing/result.ts'
import type { InstitutionId } from '../../ids.ts'
import { accepted, refused, type Verdict } from '../../mail/inbox.ts'
import type { Letter } from '../../mail/messages.ts'
import type { Place } from '../../mail/streams.ts'
import { now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { epochOf } from '../../store/tenants.ts'
import type { Shop } from '../shop.ts'
import { feeBeyond } from './agreed-fee.ts'
import { bookResult, NotBookable } from './book-result.ts'
import { type FileRow, fileOf, hostFileOf, isRecalling, unsentIn } from './files.ts'
import { mayCount, takeAfterAll } from './retell.ts'
import { isGoingOn, keepRetold, wordsBefore } from './retold.ts'

/** Notes which lines the bank refused, and why. Told again, it does nothing more. */
export async function takeBreaks(
  tx: Tx,
  shop: Shop,
  bank: InstitutionId,
  { number, breaks }: Letter<'day-end-breaks'>,
  { epoch, sequence }: Place,
): Promise<Verdict> {
  const { id: tenant } = shop.config
  const file = await fileOf(tx, tenant, bank, number)
  if (await comesAgain(tx, shop, bank, file)) return accepted
  if (file === undefined || file.hash === null) return refused('no such file')
  // Told again with a result that is here: the first word stands.
  if (file.result !== null) return accepted
  if (file.held === 0n && !(await mayCount(tx, tenant, file, epoch))) return accepted
  for (const [line, kind] of breaks) {
    if (!(breakKinds as readonly string[]).includes(kind)) return refused('an unknown kind of break')
    const noted = await tx.run(
      `UPDATE day_end_line SET break = ?, break_epoch = ?, break_sequence = ?
       WHERE tenant = ? AND bank = ? AND number = ? AND line = ? AND break IS NULL`,
      ...[kind, epoch, sequence, tenant, bank, number, line],
    )
    await tx.run(
      'UPDATE day_end_file SET breaks = breaks + ? WHERE tenant = ? AND bank = ? AND number = ? AND ? > 0',
      ...[noted, tenant, bank, number, noted],
    )
  }
  return accepted
}

/**
 * A bank whose books went back in time judges a file once more, and knows nothing of a letter by which it had told breaks of it. What
 * it told with a result stands.
 */
export async function forgetBreaks(tx: Tx, shop: Shop, bank: InstitutionId, { epoch, sequence }: Place): Promise<void> {
  const { id: tenant } = shop.config
  const told = await tx.one<{ number: bigint }>(
    `SELECT DISTINCT number FROM day_end_line
     WHERE tenant = ? AND bank = ? AND break IS NOT NULL AND break_epoch = ? AND break_sequence = ?`,
    ...[tenant, bank, epoch, sequence],
  )
  const file = told && (await fileOf(tx, tenant, bank, told.number))
  if (file === undefined || file.result !== null) return
  const forgotten = await tx.run(
    `UPDATE day_end_line SET break = NULL, break_epoch = NULL, break_sequence = NULL
     WHERE tenant = ? AND bank = ? AND number = ? AND break_epoch = ? AND break_sequence = ?`,
    ...[tenant, bank, file.number, epoch, sequence],
  )
  await tx.run(
    'UPDATE day_end_file SET breaks = breaks - ? WHERE tenant = ? AND bank = ? AND number = ?',
    ...[forgotten, tenant, bank, file.number],
  )
}

/** Keeps the bank's result. The same again changes nothing; another one raises an alarm. */
export async function takeResult(
  tx: Tx,
  shop: Shop,
  bank: InstitutionId,
  encoded: Uint8Array,
  result: Result | undefined,
  place: Place,
): Promise<Verdict> {
  if (result === undefined) return refused('malformed')
  const { id: tenant } = shop.config
  const file = await fileOf(tx, tenant, bank, result.number)
  if (await comesAgain(tx, shop, bank, file)) return accepted
  if (file?.hash == null || file.date !== result.date || !sameBytes(file.hash, result.file))
    return refused('no such file')
  if (file.result !== null) {
    if (sameBytes(file.retold ?? file.result, encoded)) return accepted
    // Also its first word: books that went back once more may be where those were.
    if (place.epoch > (file.told_in ?? 1n)) {
      await keepRetold(tx, shop, file, encoded, result, place)
      return accepted
    }
    // A letter from before its last word.
    if (sameBytes(file.result, encoded)) return accepted
    const detail = `result of file ${file.number}`
    await raiseAlarmOnce(tx, shop.house, { peer: bank, kind: 'other-file', detail, at: now(shop) })
    return refused('another result came before')
  }
  if (file.held === 0n) return takeAfterAll(tx, shop, file, encoded, place)
  // Only books that went back have a result of a file that they have not sent.
  if (!(await isSent(tx, file)) && (await epochOf(tx, shop.house)) === 1n) return refused('the file was not sent')
  await tx.run(
    `UPDATE day_end_file SET state = 'result', result = ?, told_in = ? WHERE tenant = ? AND bank = ? AND number = ?`,
    ...[encoded, place.epoch > 1n ? place.epoch : null, tenant, bank, file.number],
  )
  return accepted
}

/** Of what the lost books had sent, and these have not: the bank tells of it again, as it is asked for it or sent it once more. */
async function comesAgain(tx: ReadTx, shop: Shop, bank: InstitutionId, file: FileRow | undefined): Promise<boolean> {
  if (file === undefined) return isRecalling(tx, shop.config.id, bank)
  if (file.state !== 'closed' && (await unsentIn(tx, file)) === undefined) return false
  return (await epochOf(tx, shop.house)) > 1n
}

/** A section is on its way with its host's file, and may be answered before the rest of that. */
async function isSent(tx: ReadTx, file: FileRow): Promise<boolean> {
  const { bank, state } = file
  if (state === 'sent' || state === 'received') return true
  const hostFile = hostFileOf(file)
  if (state !== 'built' || hostFile === undefined) return false
  const sent = await tx.one(
    'SELECT number FROM host_file WHERE bank = ? AND number = ? AND letter_sequence IS NOT NULL',
    ...[bank, hostFile],
  )
  return sent !== undefined
}

/** The bank did not take a section of the host's file: the others go on. */
export async function noteSectionRefused(
  tx: Tx,
  shop: Shop,
  bank: InstitutionId,
  { number, reason }: Letter<'day-end-refused'>,
): Promise<Verdict> {
  const { id: tenant } = shop.config
  const file = await fileOf(tx, tenant, bank, number)
  if (file?.host_number == null) return refused('no section of a file that was sent')
  const noted = await tx.run(
    `UPDATE day_end_file SET state = 'refused' WHERE tenant = ? AND bank = ? AND number = ? AND state = 'built' AND alone = 0`,
    ...[tenant, bank, number],
  )
  const detail = `file ${number} of ${file.date}: ${reason}`
  if (noted > 0n) await raiseAlarm(tx, shop.house, { peer: bank, kind: 'day-end-refused', detail, at: now(shop) })
  return accepted
}

/** @returns undefined when the bytes are no result */
export function readResult(encoded: Uint8Array): Result | undefined {
  try {
    return decodeResult(encoded)
  } catch {
    return undefined
  }
}

/** @throws Error when it has none */
export function resultOf({ result }: Pick<FileRow, 'result'>): Result {
  return decodeResult(result ?? new Uint8Array())
}

/** Moves what the bank accepted. False: the result contradicts the file, or these books, and people were called. */
export async function reconcile(shop: Shop, file: FileRow): Promise<boolean> {
  const at = now(shop)
  let reconciled: boolean
  try {
    reconciled = await shop.store.execute(tx => reconcileOnce(tx, shop, file, at), 'unhurried')
  } catch (error) {
    if (!(error instanceof NotBookable)) throw error
    // Other files, and other banks, do not wait for it.
    await shop.store.execute(
      tx => callPeople(tx, shop, file, [`${error.message}: ${error.missing} is missing`], at, 'day-end-not-booked'),
      'unhurried',
    )
    reconciled = false
  }
  shop.runtime.reached('day-end.reconciled')
  return reconciled
}

async function reconcileOnce(tx: Tx, shop: Shop, file: FileRow, at: number): Promise<boolean> {
  const due = await fileOf(tx, shop.config.id, file.bank, file.number)
  if (due?.state !== 'result' || due.result === null || due.header === null) return false
  const result = decodeResult(due.result)
  const wrong = await contradictions(tx, shop, due, result)
  if (wrong.length > 0) {
    await callPeople(tx, shop, due, wrong, at)
    return false
  }
  await bookResult(tx, shop, due, result, at)
  const told = await breaksOf(tx, shop.config.id, due)
  if (told.length > 0) {
    const detail = `file ${due.number} of ${due.date}: ${told.map(({ kind, count }) => `${count} ${kind}`).join(', ')}`
    await raiseAlarm(tx, shop.house, { peer: due.bank, kind: 'day-end-breaks', detail, at })
  }
  return true
}

function callPeople(
  tx: Tx,
  shop: Shop,
  { bank, number, date }: FileRow,
  wrong: readonly string[],
  at: number,
  kind: 'day-end-contradicted' | 'day-end-not-booked' = 'day-end-contradicted',
) {
  const detail = `file ${number} of ${date}: ${wrong.join('; ')}`
  return raiseAlarmOnce(tx, shop.house, { peer: bank, kind, detail, at })
}

/** What in a result does not fit the file, or the result before, in words. */
export async function contradictions(
  tx: ReadTx,
  { config: { id: tenant }, house }: Pick<Shop, 'config' | 'house'>,
  file: FileRow,
  result: Result,
): Promise<string[]> {
  const wrong = wrongIn(result)
  const beyond = await feeBeyond(tx, house, file.bank, result)
  if (beyond !== undefined) wrong.push(beyond)
  const last = await wordsBefore(tx, tenant, file)
  const [float, settled] = [result.float.opening, result.settlement.opening]
  if (last.length === 0 ? float !== 0n || settled !== 0n : !last.some(each => isGoingOn(result, each)))
    wrong.push(
      `float and settlement account open with ${float} and ${settled}, and closed with ${last.map(each => `${each.float.closing} and ${each.settlement.closing}`).join(', or ')}`,
    )
  if (result.breaks !== file.breaks) wrong.push(`${result.breaks} breaks are counted, and ${file.breaks} were told`)
  // What nobody has shown to be signed here may be anything: its lines were looked at.
  const sent =
    file.unsigned === 1n
      ? await linesIn(tx, tenant, file)
      : decodeHeader(file.header ?? new Uint8Array()).sections[0].totals
  const lost = await refusedIn(tx, tenant, file)
  for (const kind of lineKinds) {
    const { count, minor } = result.accepted[kind]
    if (count + lost[kind].count !== sent[kind].count || minor + lost[kind].minor !== sent[kind].minor)
      wrong.push(
        `missing-there: ${sent[kind].count} ${kind}s were sent, ${count} accepted and ${lost[kind].count} refused`,
      )
  }
  return wrong
}

async function refusedIn(tx: ReadTx, tenant: InstitutionId, { bank, number }: FileRow): Promise<Totals> {
  const rows = await tx.all<{ kind: LineKind; minor: bigint; break: BreakKind }>(
    'SELECT kind, minor, break FROM day_end_line WHERE tenant = ? AND bank = ? AND number = ? AND break IS NOT NULL',
    ...[tenant, bank, number],
  )
  return totalsOf(rows.filter(row => isRefusal(row.break)))
}

async function linesIn(tx: ReadTx, tenant: InstitutionId, { bank, number }: FileRow): Promise<Totals> {
  return totalsOf(
    await tx.all<{ kind: LineKind; minor: bigint }>(
      'SELECT kind, minor FROM day_end_line WHERE tenant = ? AND bank = ? AND number = ?',
      ...[tenant, bank, number],
    ),
  )
}

function totalsOf(lines: readonly { readonly kind: LineKind; readonly minor: bigint }[]): Totals {
  const totals = noTotals()
  for (const line of lines) addTo(totals, line)
  return totals
}

export function breaksOf(
  tx: ReadTx,
  tenant: InstitutionId,
  { bank, number }: Pick<FileRow, 'bank' | 'number'>,
): Promise<readonly { readonly kind: string; readonly count: bigint; readonly minor: bigint }[]> {
  return tx.all(
    `SELECT break AS kind, count(*) AS count, sum(minor) AS minor FROM day_end_line
     WHERE tenant = ? AND bank = ? AND number = ? AND break IS NOT NULL GROUP BY break ORDER BY break`,
    ...[tenant, bank, number],
  )
}
