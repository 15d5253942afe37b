/**
 * A payee whose books went back in time asks each bank which files it holds, before it begins any for it, and takes them as its
 * own: header, lines and result. Whatever was paid in the lost books and told of is known there (`place.ts`).
 *
 *     due ──1 the bank is within reach──▶ asked ──2 all that it holds has come──▶ told
 */
import { raiseAlarmOnce } from '../../alarm.ts'
import { sameBytes } from '../../bytes.ts'
import { countOf, decodeHeader, fileHash, type Header } from '../../clearing/header.ts'
import { type DecodedLine, decodeLines, NoLine } from '../../clearing/lines.ts'
import { leafHash } from '../../clearing/merkle.ts'
import type { Slices } from '../../clearing/slices.ts'
import type { InstitutionId } from '../../ids.ts'
import { isWithinReach } from '../../mail/gate.ts'
import { accepted, refused, type Verdict } from '../../mail/inbox.ts'
import type { Letter } from '../../mail/messages.ts'
import { fileLetters, isSignedHere } from '../../mail/signed-header.ts'
import { now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { epochOf } from '../../store/tenants.ts'
import { banksOf, type Shop, writeToBank } from '../shop.ts'
import { fileOf, lastNumber, lastRecall, unsentIn } from './files.ts'

/** In the command that notes that the books went back. */
export async function noteRecalls(
  tx: Tx,
  shop: Pick<Shop, 'house' | 'hosted'> & { readonly config: { readonly id: InstitutionId } },
): Promise<void> {
  const epoch = await epochOf(tx, shop.house)
  for (const { bank } of await banksOf(tx, shop))
    await tx.run(
      `INSERT INTO day_end_recall (tenant, bank, epoch, state) VALUES (?, ?, ?, 'due') ON CONFLICT DO NOTHING`,
      ...[shop.config.id, bank, epoch],
    )
}

/** Step 1, for one bank. False: nobody is to be asked. */
export async function askNext(shop: Shop, slices: Slices): Promise<boolean> {
  const { store, config, house, mail } = shop
  const due = await store.read(async tx => {
    for (const { bank } of await banksOf(tx, shop)) {
      const recall = await lastRecall(tx, config.id, bank)
      if (recall?.state === 'due' && (await isWithinReach(tx, house, bank))) return bank
    }
    return undefined
  })
  if (due === undefined) return false
  await slices.execute(async tx => {
    const recall = await lastRecall(tx, config.id, due)
    if (recall?.state !== 'due') return
    const body = { recall: recall.epoch, from: await firstMissing(tx, config.id, due) }
    await writeToBank(tx, shop, { to: due, type: 'day-end-recall', body, stream: 'bulk' })
    await noteState(tx, config.id, due, recall.epoch, 'asked')
  })
  shop.runtime.reached('day-end.recalled')
  mail.wake()
  return true
}

/**
 * A bank that refuses to be asked, as it does not sell for this payee any more, holds nothing that could be taken. Of a host's files
 * likewise.
 */
export async function noteRefused(
  tx: Tx,
  { config }: { readonly config: { readonly id: InstitutionId } },
  bank: InstitutionId,
  verdict: Verdict,
  body: Letter<'day-end-recall' | 'host-file-recall'> | undefined,
): Promise<void> {
  if (verdict.outcome === 'refused' && body !== undefined) await noteState(tx, config.id, bank, body.recall, 'told')
}

/**
 * The number after the last file of these books; or of one that was being told to them when they went back once more, or of a section
 * that was not on its way, which the lost books may have sent.
 */
async function firstMissing(tx: ReadTx, tenant: InstitutionId, bank: InstitutionId): Promise<bigint> {
  const last = await lastNumber(tx, tenant, bank)
  const file = await fileOf(tx, tenant, bank, last)
  if (file === undefined) return last + 1n
  const isMissing = (file.held !== null && file.sent < file.lines) || (await unsentIn(tx, file)) !== undefined
  return isMissing ? last : last + 1n
}

export function noteState(
  tx: Tx,
  tenant: InstitutionId,
  bank: InstitutionId,
  epoch: bigint,
  state: 'asked' | 'told',
): Promise<bigint> {
  return tx.run(
    'UPDATE day_end_recall SET state = ? WHERE tenant = ? AND bank = ? AND epoch = ?',
    ...[state, tenant, bank, epoch],
  )
}

/** Whether a letter answers the recall that is open. What answers an older one was told again since, and changes nothing. */
export async function isAnswer(
  tx: ReadTx,
  tenant: InstitutionId,
  bank: InstitutionId,
  epoch: bigint,
): Promise<boolean> {
  const recall = await lastRecall(tx, tenant, bank)
  return recall?.epoch === epoch && recall.state === 'asked'
}

/** Of a file of these books at this bank, a payee's or a host's; undefined: it is none. */
export function readOwnHeader<H extends Pick<Header, 'from' | 'to' | 'network' | 'number'>>(
  decode: (encoded: Uint8Array) => H,
  { id, network }: Pick<Shop['config'], 'id' | 'network'>,
  bank: InstitutionId,
  number: bigint,
  encoded: Uint8Array,
): H | undefined {
  try {
    const header = decode(encoded)
    const isOurs = header.from === id && header.to === bank && header.network === network
    return isOurs && header.number === number ? header : undefined
  } catch {
    return undefined
  }
}

/** Step 2: a file begins, or there is none. Of one that was not shown to be signed here nothing is placed before two people say so. */
export async function takeHeld(
  tx: Tx,
  shop: Shop,
  bank: InstitutionId,
  { recall, last, file }: Letter<'day-end-held'>,
): Promise<Verdict> {
  const { id: tenant } = shop.config
  if (!(await isAnswer(tx, tenant, bank, recall))) return accepted
  if (file === undefined) {
    await noteState(tx, tenant, bank, recall, 'told')
    return accepted
  }
  const { number, header: encoded, isVoid, proof } = file
  const header = readOwnHeader(decodeHeader, shop.config, bank, number, encoded)
  if (header === undefined) return refused('not a file of this payee')
  const way = { from: shop.house, to: bank, by: fileLetters }
  const unsigned = (await isSignedHere(tx, shop.keys, way, encoded, proof)) ? 0n : 1n
  const before = await fileOf(tx, tenant, bank, number - 1n)
  const known = await fileOf(tx, tenant, bank, number)
  if (known?.held != null && known.hash !== null && sameBytes(known.hash, fileHash(encoded))) {
    await tx.run(
      'UPDATE day_end_file SET held = ?, unsigned = min(unsigned, ?) WHERE tenant = ? AND bank = ? AND number = ?',
      ...[recall, unsigned, tenant, bank, number],
    )
    return accepted
  }
  const isOwn = known !== undefined && (await unsentIn(tx, known)) !== undefined
  if (!isOwn && number !== (await lastNumber(tx, tenant, bank)) + 1n) return refused('another file is due')
  if (before?.hash && !sameBytes(before.hash, header.previous)) return refused('it does not follow the file before')
  if (unsigned === 1n) {
    if (before !== undefined && before.date >= header.date)
      return refused('its date is not after that of the file before')
    const detail = `file ${number} of ${header.date}, as its bank tells it: it does not show that it was signed here`
    const alarm = { peer: bank, kind: 'day-end-contradicted', detail, at: now(shop) } as const
    await raiseAlarmOnce(tx, shop.house, alarm)
  }
  const lines = isVoid ? 0n : countOf(header.sections[0].totals)
  const here = isOwn ? await forgetRows(tx, tenant, bank, number) : 0n
  if (!isVoid && here > lines) return refused('these books have more lines of it')
  await tx.run(
    `INSERT INTO day_end_file (tenant, bank, number, date, state, lines, header, hash, held, sent, unsigned) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant, bank, number) DO UPDATE SET date = excluded.date, state = excluded.state, lines = excluded.lines,
       header = excluded.header, hash = excluded.hash, held = excluded.held, sent = excluded.sent, unsigned = excluded.unsigned, scanned = 0, host_number = NULL, alone = 0`,
    ...[tenant, bank, number, header.date, isVoid ? 'refused' : 'received'],
    ...[lines, encoded, fileHash(encoded), recall, here, unsigned],
  )
  if (number === last && lines === 0n) await noteState(tx, tenant, bank, recall, 'told')
  return accepted
}

/** Of lines that these books had written themselves: they are placed as those are that the bank tells. @returns how many there are */
async function forgetRows(tx: Tx, tenant: InstitutionId, bank: InstitutionId, number: bigint): Promise<bigint> {
  await tx.run(
    'UPDATE day_end_line SET journal_row = NULL WHERE tenant = ? AND bank = ? AND number = ? AND journal_row IS NOT NULL',
    ...[tenant, bank, number],
  )
  const row = await tx.one<{ count: bigint }>(
    'SELECT count(*) AS count FROM day_end_line WHERE tenant = ? AND bank = ? AND number = ?',
    ...[tenant, bank, number],
  )
  return row?.count ?? 0n
}

/** Step 2: lines of it. */
export async function takeHeldLines(
  tx: Tx,
  shop: Shop,
  bank: InstitutionId,
  { recall, last, number, from, lines: bytes }: Letter<'day-end-held-lines'>,
): Promise<Verdict> {
  const { id: tenant } = shop.config
  if (!(await isAnswer(tx, tenant, bank, recall))) return accepted
  const file = await fileOf(tx, tenant, bank, number)
  const lines = readLines(bytes)
  if (file?.held !== recall || lines === undefined) return refused('not lines of a file that was told')
  const through = from + BigInt(lines.length) - 1n
  if (from > file.sent + 1n || through > file.lines) return refused('not the lines that are due')
  for (const [at, { kind, ref, number: voucher, minor, intent, encoded }] of lines.entries()) {
    const line = from + BigInt(at)
    // Some may have been here before; root and number of all of them are looked at when they are placed.
    if (line <= file.sent) continue
    await tx.run(
      `INSERT INTO day_end_line (tenant, bank, number, line, kind, ref, voucher, minor, hash, intent)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[tenant, bank, number, line, kind, ref, voucher, minor, leafHash(encoded), intent ?? null],
    )
  }
  await tx.run(
    'UPDATE day_end_file SET sent = max(sent, ?) WHERE tenant = ? AND bank = ? AND number = ?',
    ...[through, tenant, bank, number],
  )
  if (through === file.lines && number === last) await noteState(tx, tenant, bank, recall, 'told')
  return accepted
}

function readLines(bytes: Uint8Array): readonly DecodedLine[] | undefined {
  try {
    return [...decodeLines(bytes)]
  } catch (error) {
    if (error instanceof NoLine) return undefined
    throw error
  }
}
