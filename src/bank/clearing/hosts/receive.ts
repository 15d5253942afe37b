/**
 * A host's file as it arrives, in letters: its header, then its sections, then the lines of all of them without a gap. Each section
 * is taken, or refused, as the file that its payee would send by itself, and goes on as that does as soon as its own lines are here.
 */
import { raiseAlarmOnce } from '../../../alarm.ts'
import { sameBytes } from '../../../bytes.ts'
import { countOf, decodeHeader, fileHash, type Header, noFile } from '../../../clearing/header.ts'
import { decodeHostHeader, type HostHeader, rootOfSections } from '../../../clearing/host-header.ts'
import type { InstitutionId } from '../../../ids.ts'
import { accepted, refused, type Verdict } from '../../../mail/inbox.ts'
import type { Letter } from '../../../mail/messages.ts'
import { writeLetter } from '../../../mail/outbox.ts'
import type { Place } from '../../../mail/streams.ts'
import { nextTurn, now } from '../../../runtime.ts'
import type { ReadTx, Tx } from '../../../store/store.ts'
import type { Branch } from '../../branch.ts'
import { payeeOfLetter } from '../../private/letters.ts'
import { readHeader, takeHeader, takeLines } from '../receive.ts'
import { type HostedFileRow, hostedFileOf, isHost, lastHostedNumber } from './files.ts'

function readHostHeader({ config }: Branch, host: InstitutionId, encoded: Uint8Array): HostHeader | undefined {
  try {
    const header = decodeHostHeader(encoded)
    const { from, to, network } = header
    return from === host && to === config.id && network === config.network ? header : undefined
  } catch {
    return undefined
  }
}

export async function takeHostHeader(
  tx: Tx,
  branch: Branch,
  host: InstitutionId,
  { header: encoded }: Letter<'host-file'>,
): Promise<Verdict> {
  const { id: tenant } = branch.config
  const header = readHostHeader(branch, host, encoded)
  if (header === undefined) return refused('not a header of a host’s file for this bank')
  if (!(await isHost(tx, branch, host))) return refused('it speaks for no payee of this bank')
  const { number, date, previous, sections, lines } = header
  const hash = fileHash(encoded)
  const known = await hostedFileOf(tx, tenant, host, number)
  if (known !== undefined) {
    if (sameBytes(known.hash, hash)) return accepted
    const alarm = {
      peer: host,
      kind: 'other-file',
      detail: `the host’s file ${number} of ${date}`,
      at: now(branch),
    } as const
    await raiseAlarmOnce(tx, tenant, alarm)
    return refused('another file came under this number')
  }
  const last = await lastHostedNumber(tx, tenant, host)
  const before = await hostedFileOf(tx, tenant, host, last)
  if (number !== last + 1n) return refused(`file ${last + 1n} is due`)
  if (!sameBytes(previous, before?.hash ?? noFile)) return refused('it does not follow the file before')
  if (before !== undefined && before.date >= date) return refused('its date is not after that of the file before')
  await tx.run(
    'INSERT INTO hosted_file (tenant, host, number, date, hash, header, sections, lines) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ...[tenant, host, number, date, hash, encoded, sections, lines],
  )
  return accepted
}

/** A section as it came; `read`: undefined where it is not one of this payee to us, or its journal's head is not signed. */
interface Section {
  readonly header: Header
  readonly encoded: Uint8Array
  readonly read: Header | undefined
}

/** Signatures verified at a stretch, before everybody else has a turn. */
const stretch = 8

/**
 * Its host has signed each, of whichever payee it is: one that was introduced a moment ago is known when it is taken.
 * Undefined: something in it is no section.
 */
export async function readSections(
  branch: Branch,
  host: InstitutionId,
  { sections }: Letter<'host-file-sections'>,
): Promise<readonly Section[] | undefined> {
  const found: Section[] = []
  for (const encoded of sections) {
    const header = decoded(encoded)
    if (header === undefined) return undefined
    found.push({ header, encoded, read: await readHeader(branch, header.from, encoded, host) })
    if (found.length % stretch === 0) await nextTurn(branch.runtime)
  }
  return found
}

function decoded(encoded: Uint8Array): Header | undefined {
  try {
    return decodeHeader(encoded)
  } catch {
    return undefined
  }
}

export async function takeSections(
  tx: Tx,
  branch: Branch,
  host: InstitutionId,
  { number, from }: Letter<'host-file-sections'>,
  sections: readonly Section[] | undefined,
): Promise<Verdict> {
  if (sections === undefined || sections.length === 0) return refused('malformed')
  const file = await hostedFileOf(tx, branch.config.id, host, number)
  if (file === undefined) return refused('no such file')
  const through = from + BigInt(sections.length) - 1n
  const isKnown = through <= file.sections_received
  if (!isKnown && (from !== file.sections_received + 1n || through > file.sections))
    return refused('not the sections that are due')
  const { cutOff } = decodeHostHeader(file.header)
  if (isKnown) {
    // As after any file that comes again: who sends it has lost its results.
    for (const section of sections)
      if (!(await isRefused(tx, branch, file, section.header.from)))
        await takeSection(tx, branch, file, cutOff, section)
    return accepted
  }
  const before = await sectionsBefore(tx, branch, file, from)
  const wrong = wrongIn(file, before, sections)
  if (wrong !== undefined) return refused(wrong)
  let first = before.reduce((sum, { lines }) => sum + lines, 1n)
  for (const [at, section] of sections.entries()) {
    const reason = await takeSection(tx, branch, file, cutOff, section)
    await noteSection(tx, branch, file, from + BigInt(at), section.header, section.encoded, first, reason)
    first += linesIn(section.header)
  }
  await tx.run(
    'UPDATE hosted_file SET sections_received = ? WHERE tenant = ? AND host = ? AND number = ?',
    ...[through, branch.config.id, host, number],
  )
  return accepted
}

async function isRefused(tx: ReadTx, { config }: Branch, { host, number }: HostedFileRow, payee: InstitutionId) {
  const row = await tx.one(
    'SELECT payee FROM hosted_section WHERE tenant = ? AND host = ? AND number = ? AND payee = ? AND refused IS NOT NULL',
    ...[config.id, host, number, payee],
  )
  return row !== undefined
}

const linesIn = ({ sections: [{ totals }] }: Header) => countOf(totals)

type SectionRow = { readonly payee: InstitutionId; readonly hash: Uint8Array; readonly lines: bigint }

function sectionsBefore(tx: ReadTx, { config }: Branch, { host, number }: HostedFileRow, from: bigint) {
  return tx.all<SectionRow>(
    'SELECT payee, hash, lines FROM hosted_section WHERE tenant = ? AND host = ? AND number = ? AND section < ? ORDER BY section',
    ...[config.id, host, number, from],
  )
}

/** What of these sections is not as the file's header has it. The last ones complete its root. */
function wrongIn(file: HostedFileRow, before: readonly SectionRow[], sections: readonly Section[]): string | undefined {
  const payees = [...before.slice(-1).map(({ payee }) => payee), ...sections.map(({ header }) => header.from)]
  if (payees.some((payee, at) => at > 0 && payee <= (payees[at - 1] ?? ''))) return 'its sections are not in order'
  if (BigInt(before.length + sections.length) < file.sections) return undefined
  const { root, lines } = decodeHostHeader(file.header)
  const hashes = [...before.map(({ hash }) => hash), ...sections.map(({ encoded }) => fileHash(encoded))]
  const count = sections.reduce(
    (sum, { header }) => sum + linesIn(header),
    before.reduce((sum, each) => sum + each.lines, 0n),
  )
  return sameBytes(rootOfSections(hashes), root) && count === lines
    ? undefined
    : 'its sections are not those of its header'
}

/** @returns why it was not taken, if it was not */
async function takeSection(
  tx: Tx,
  branch: Branch,
  { host, date }: HostedFileRow,
  ofHost: HostHeader['cutOff'],
  section: Section,
): Promise<string | undefined> {
  const { from: payee, cutOff } = section.header
  if ((await payeeOfLetter(tx, branch, host, payee)) === undefined || payee === host)
    return 'about a payee for whom it does not speak'
  const isOfDate = section.header.date === date && cutOff.at === ofHost.at && cutOff.timeZone === ofHost.timeZone
  if (!isOfDate) return 'of another date than its host’s file'
  const verdict = await takeHeader(tx, branch, payee, section.encoded, section.read)
  return verdict.outcome === 'refused' ? verdict.reason : undefined
}

async function noteSection(
  tx: Tx,
  { config }: Branch,
  { host, number }: HostedFileRow,
  section: bigint,
  header: Header,
  encoded: Uint8Array,
  first: bigint,
  reason: string | undefined,
): Promise<void> {
  const { from: payee, number: payeeNumber } = header
  await tx.run(
    `INSERT INTO hosted_section (tenant, host, number, section, payee, payee_number, hash, first_line, lines, refused)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[
      config.id,
      host,
      number,
      section,
      payee,
      payeeNumber,
      fileHash(encoded),
      first,
      linesIn(header),
      reason ?? null,
    ],
  )
  if (reason === undefined) return
  const body = { payee, number: payeeNumber, reason }
  await writeLetter(tx, { from: config.id, to: host, type: 'day-end-refused', body, stream: 'bulk' })
}

/** Lines of whichever sections they are; those of one that was refused are passed over. */
export async function takeHostLines(
  tx: Tx,
  branch: Branch,
  host: InstitutionId,
  { number, from }: Letter<'host-file-lines'>,
  lines: bigint | undefined,
  place: Place,
): Promise<Verdict> {
  const { id: tenant } = branch.config
  if (lines === undefined || lines === 0n) return refused('malformed')
  const file = await hostedFileOf(tx, tenant, host, number)
  if (file === undefined || file.sections_received < file.sections)
    return refused('no such file, or not all its sections')
  const through = from + lines - 1n
  if (through <= file.received) return accepted
  if (from !== file.received + 1n || through > file.lines) return refused('not the lines that are due')
  for (const { payee, payee_number, first_line, lines } of await sectionsWithin(tx, branch, file, from, through)) {
    const begin = from > first_line ? from : first_line
    const end = through < first_line + lines - 1n ? through : first_line + lines - 1n
    const range = {
      number: payee_number,
      from: begin - first_line + 1n,
      lines: end - begin + 1n,
      skipped: begin - from,
    }
    await takeLines(tx, branch, payee, range, place)
  }
  await tx.run(
    'UPDATE hosted_file SET received = ? WHERE tenant = ? AND host = ? AND number = ?',
    ...[through, tenant, host, number],
  )
  return accepted
}

function sectionsWithin(
  tx: ReadTx,
  { config }: Branch,
  { host, number }: HostedFileRow,
  from: bigint,
  through: bigint,
) {
  return tx.all<{ payee: InstitutionId; payee_number: bigint; first_line: bigint; lines: bigint }>(
    `SELECT payee, payee_number, first_line, lines FROM hosted_section
     WHERE tenant = ? AND host = ? AND number = ? AND lines > 0 AND refused IS NULL AND first_line <= ?
       AND first_line >= (SELECT max(first_line) FROM hosted_section AS other WHERE other.tenant = ? AND other.host = ? AND other.number = ?
         AND other.lines > 0 AND other.first_line <= ?)
     ORDER BY first_line`,
    ...[config.id, host, number, through, config.id, host, number, from],
  )
}
