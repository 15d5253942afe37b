/**
 * Files as they arrive, in letters: a header that fits the file before, then its lines without a gap. The same file again
 * changes nothing, and its result is told again; another one under the same number raises an alarm.
 */
import { raiseAlarmOnce } from '../../alarm.ts'
import { sameBytes } from '../../bytes.ts'
import { countOf, decodeHeader, fileHash, type Header, noFile } from '../../clearing/header.ts'
import { decodeLines, NoLine } from '../../clearing/lines.ts'
import type { InstitutionId } from '../../ids.ts'
import { isHeadSignedBy } from '../../ledger/signed-heads.ts'
import { accepted, refused, type Verdict } from '../../mail/inbox.ts'
import type { Letter } from '../../mail/messages.ts'
import { pinnedPeers } from '../../mail/peers.ts'
import type { Place } from '../../mail/streams.ts'
import { nextTurn, now } from '../../runtime.ts'
import type { Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { peerOf } from '../private/letters.ts'
import { isPayee } from '../private/payees.ts'
import { type FileRow, fileOf, lastNumber } from './files.ts'

/** Undefined: it is no header, or not one of this sender to us, or its journal's head is not signed. */
export async function readHeader(
  branch: Branch,
  from: InstitutionId,
  encoded: Uint8Array,
  // A host signs for the payees for whom it speaks.
  signer = peerOf(branch, from),
): Promise<Header | undefined> {
  const { config, store } = branch
  try {
    const header = decodeHeader(encoded)
    const [{ tenant, head }] = header.sections
    if (header.from !== from || header.to !== config.id || tenant !== from || header.network !== config.network)
      return undefined
    const { code, scale } = header.asset
    if (code !== config.currency.code || scale !== config.currency.scale) return undefined
    const peers = await store.read(tx => pinnedPeers(tx, config.id))
    const key = peers.find(({ institution }) => institution === signer)?.ledger
    const signed = { ...head, at: Number(head.at), signer }
    return key !== undefined && isHeadSignedBy(key, signed) ? header : undefined
  } catch {
    return undefined
  }
}

export async function takeHeader(
  tx: Tx,
  branch: Branch,
  payee: InstitutionId,
  encoded: Uint8Array,
  header: Header | undefined,
): Promise<Verdict> {
  if (header === undefined) return refused('not a header of a file for this bank')
  const { id: tenant } = branch.config
  const { number, date, previous, sections } = header
  if (!(await isPayee(tx, branch, payee))) return refused('its vouchers are not sold here')
  const hash = fileHash(encoded)
  const known = await fileOf(tx, tenant, payee, number)
  if (known !== undefined) {
    if (sameBytes(known.hash, hash)) {
      // Whoever sends it again has lost the result.
      await tx.run(
        `UPDATE payee_file SET state = 'posted', told = 0 WHERE tenant = ? AND payee = ? AND number = ? AND state = 'result sent'`,
        ...[tenant, payee, number],
      )
      return accepted
    }
    const alarm = { peer: payee, kind: 'other-file', detail: `file ${number} of ${date}`, at: now(branch) } as const
    await raiseAlarmOnce(tx, tenant, alarm)
    return refused('another file came under this number')
  }
  const last = await lastNumber(tx, tenant, payee)
  const before = await fileOf(tx, tenant, payee, last)
  if (number !== last + 1n) return refused(`file ${last + 1n} is due`)
  if (!sameBytes(previous, before?.hash ?? noFile)) return refused('it does not follow the file before')
  if (before !== undefined && before.date >= date) return refused('its date is not after that of the file before')
  const lines = countOf(sections[0].totals)
  await tx.run(
    `INSERT INTO payee_file (tenant, payee, number, date, hash, header, state, lines) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[tenant, payee, number, date, hash, encoded, lines === 0n ? 'received' : 'receiving', lines],
  )
  return accepted
}

/** Lines that are decoded at a stretch, before everybody else has a turn. */
const stretch = 500

/** How many lines a part has. Undefined: something in it is not a line. */
export async function countLines(
  { runtime }: Branch,
  { lines }: Pick<Letter<'day-end-lines'>, 'lines'>,
): Promise<bigint | undefined> {
  let count = 0n
  try {
    for (const _ of decodeLines(lines)) {
      count++
      if (count % BigInt(stretch) === 0n) await nextTurn(runtime)
    }
  } catch (error) {
    if (error instanceof NoLine) return undefined
    throw error
  }
  return count
}

export async function takePart(
  tx: Tx,
  { config: { id: tenant } }: Branch,
  payee: InstitutionId,
  { number, from }: Letter<'day-end-lines'>,
  lines: bigint | undefined,
  place: Place,
): Promise<Verdict> {
  if (lines === undefined || lines === 0n) return refused('malformed')
  const file = await fileOf(tx, tenant, payee, number)
  if (file === undefined) return refused('no such file')
  // Sent again with its file, which was here before.
  if (from + lines - 1n <= file.received) return accepted
  if (from !== file.received + 1n || from + lines - 1n > file.lines) return refused('not the lines that are due')
  await noteLines(tx, tenant, file, { from, lines, skipped: 0n }, place)
  return accepted
}

interface Lines {
  /** The number of the first of them in its file. */
  readonly from: bigint
  readonly lines: bigint
  /** Lines of other payees before them in the letter. */
  readonly skipped: bigint
}

/** Lines of a section, in a letter of its host's file. Those that are here with the same section of before are left out. */
export async function takeLines(
  tx: Tx,
  { config: { id: tenant } }: Branch,
  payee: InstitutionId,
  { number, ...lines }: Lines & { readonly number: bigint },
  place: Place,
): Promise<void> {
  const file = await fileOf(tx, tenant, payee, number)
  if (file?.state === 'receiving' && lines.from === file.received + 1n) await noteLines(tx, tenant, file, lines, place)
}

async function noteLines(
  tx: Tx,
  tenant: InstitutionId,
  { payee, number, received: before, lines: all }: FileRow,
  { from, lines, skipped }: Lines,
  { epoch, sequence }: Place,
): Promise<void> {
  await tx.run(
    `INSERT INTO payee_file_part (tenant, payee, number, line, lines, epoch, sequence, skipped) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[tenant, payee, number, from, lines, epoch, sequence, skipped],
  )
  const received = before + lines
  await tx.run(
    'UPDATE payee_file SET received = ?, state = ? WHERE tenant = ? AND payee = ? AND number = ?',
    ...[received, received === all ? 'received' : 'receiving', tenant, payee, number],
  )
}
