/**
 * From `built` to `sent` to `received`: header, sections and lines go to the bank as letters of the bulk stream, each written in a
 * command of its own. A letter holds as many sections, or lines of as many of them, as its size allows.
 */
import { raiseAlarm } from '../../../alarm.ts'
import { encodeLine } from '../../../clearing/lines.ts'
import type { Slices } from '../../../clearing/slices.ts'
import type { InstitutionId } from '../../../ids.ts'
import type { Verdict } from '../../../mail/inbox.ts'
import type { Letter } from '../../../mail/messages.ts'
import { writeLetter } from '../../../mail/outbox.ts'
import type { Place } from '../../../mail/streams.ts'
import { now } from '../../../runtime.ts'
import type { ReadTx, Tx } from '../../../store/store.ts'
import { linesFrom, noteFate } from '../../clearing/send.ts'
import { type HostFileRow, type House, type SectionRow, sectionsOf } from './files.ts'

/** Bytes of a letter, about: the bank notes each section that it begins or goes on with, in one command. */
const partBytes = 8 << 10

type Progress = Pick<HostFileRow, 'sections_sent' | 'sent' | 'letter_sequence'>
type Part = 'host-file' | 'host-file-sections' | 'host-file-lines'

export async function sendHostFile(house: House, slices: Slices, file: HostFileRow): Promise<void> {
  const { store, runtime, mail } = house
  const { number } = file
  const sections = await store.read(tx => sectionsOf(tx, file))
  let done: Progress = file
  while (done.letter_sequence === null || done.sections_sent < file.sections || done.sent < file.lines) {
    if (done.letter_sequence === null) {
      if (file.header === null) throw new Error(`file ${number} has no header`)
      done = await write(house, slices, file, 'host-file', { header: file.header }, done)
    } else if (done.sections_sent < file.sections) {
      const headers = await store.read(tx => headersFrom(tx, file.bank, sections, Number(done.sections_sent)))
      const body = { number, from: done.sections_sent + 1n, sections: headers }
      const reached = { ...done, sections_sent: done.sections_sent + BigInt(headers.length) }
      done = await write(house, slices, file, 'host-file-sections', body, reached)
    } else {
      const { count, bytes } = await linesAfter(house, slices, file, sections, done.sent)
      const body = { number, from: done.sent + 1n, lines: bytes }
      done = await write(house, slices, file, 'host-file-lines', body, { ...done, sent: done.sent + count })
    }
    runtime.reached('day-end.host-part-written')
    mail.wake()
  }
}

/** One letter, and how far the file is in letters with it. The last one makes it `sent`. */
async function write<T extends Part>(
  { config }: House,
  slices: Slices,
  { bank, number, sections, lines }: HostFileRow,
  type: T,
  body: Letter<T>,
  { sections_sent, sent }: Progress,
): Promise<Progress> {
  const isLast = sections_sent === sections && sent === lines
  return slices.execute(async tx => {
    const { epoch, sequence } = await writeLetter<T>(tx, { from: config.id, to: bank, stream: 'bulk', type, body })
    await tx.run(
      `UPDATE host_file SET sections_sent = ?, sent = ?, letter_epoch = ?, letter_sequence = ?, state = ?
       WHERE tenant = ? AND bank = ? AND number = ? AND state = 'built'`,
      ...[sections_sent, sent, epoch, sequence, isLast ? 'sent' : 'built', config.id, bank, number],
    )
    return { sections_sent, sent, letter_sequence: sequence }
  })
}

async function headersFrom(tx: ReadTx, bank: InstitutionId, sections: readonly SectionRow[], from: number) {
  const headers: Uint8Array[] = []
  let size = 0
  for (const { payee, number } of sections.slice(from)) {
    const row = await tx.one<{ header: Uint8Array }>(
      'SELECT header FROM day_end_file WHERE tenant = ? AND bank = ? AND number = ?',
      ...[payee, bank, number],
    )
    if (row === undefined) throw new Error(`no section of ${payee}`)
    size += row.header.length
    if (size > partBytes && headers.length > 0) break
    headers.push(new Uint8Array(row.header))
  }
  return headers
}

/** Lines of one section after another, as they lie in the file, from the one after `sent` on. */
async function linesAfter(
  { store }: House,
  slices: Slices,
  { bank }: HostFileRow,
  sections: readonly SectionRow[],
  sent: bigint,
): Promise<{ readonly count: bigint; readonly bytes: Uint8Array }> {
  const parts: Uint8Array[] = []
  let size = 0
  let before = 0n
  for (const { payee, number, lines } of sections) {
    const first = sent > before ? sent - before + 1n : 1n
    before += lines
    if (first > lines) continue
    for (const line of await store.read(tx => linesFrom(tx, payee, { bank, number }, first))) {
      const encoded = encodeLine(line)
      if (size + encoded.length > partBytes && parts.length > 0) return joinedTo(parts)
      parts.push(encoded)
      size += encoded.length
    }
    // Here all of the section is in: a page of its lines is more than a letter holds.
    await slices.breathe()
  }
  return joinedTo(parts)
}

const joinedTo = (parts: readonly Uint8Array[]) => ({
  count: BigInt(parts.length),
  bytes: Uint8Array.from(Buffer.concat(parts)),
})

/** What became of a letter of a file: the last one's receipt is the file's. */
export async function noteHostReceipt(
  tx: Tx,
  house: House,
  bank: InstitutionId,
  place: Place,
  verdict: Verdict,
): Promise<void> {
  const { id } = house.config
  const file = await noteFate(tx, 'host_file', id, bank, place, verdict)
  if (file === undefined || verdict.outcome === 'accepted') return
  const detail = `the host’s file ${file.number} of ${file.date}: ${verdict.reason}`
  await raiseAlarm(tx, id, { peer: bank, kind: 'day-end-refused', detail, at: now(house) })
}
