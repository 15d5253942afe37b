/**
 * From `built` to `sent` to `received`: the header and the lines go to the bank as letters of the bulk stream, each written in
 * a command of its own. The receipt of the last one, which the bank signed, means that it has the whole file.
 */
import { raiseAlarm } from '../../alarm.ts'
import { encodeLine, type Line, type LineKind } from '../../clearing/lines.ts'
import type { Slices } from '../../clearing/slices.ts'
import type { InstitutionId, VoucherNumber } from '../../ids.ts'
import type { Verdict } from '../../mail/inbox.ts'
import type { Place } from '../../mail/streams.ts'
import { now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { type Shop, writeToBank } from '../shop.ts'
import type { FileRow } from './files.ts'

/** About so many bytes of lines in a letter: decoding them is a short moment of whoever receives it. */
const partBytes = 16 << 10
/** A line is about 30 bytes, and 17 more where it names an intent. */
const partLines = 700n

export async function send(shop: Shop, slices: Slices, file: FileRow): Promise<void> {
  const { id: tenant } = shop.config
  const { bank, number, lines } = file
  let sent = await begun(shop, slices, file)
  /** Read, and in no letter yet. */
  let read: readonly Uint8Array[] = []
  while (sent < lines) {
    const from = sent + 1n
    if (read.length < Number(partLines)) {
      const next = from + BigInt(read.length)
      const more = next > lines ? [] : await shop.store.read(tx => linesFrom(tx, tenant, file, next))
      read = [...read, ...more.map(encodeLine)]
    }
    const part = partOf(read)
    read = read.slice(Number(part.count))
    const upTo = from + part.count - 1n
    await slices.execute(async tx => {
      const place = await writeToBank(tx, shop, {
        ...{ to: bank, stream: 'bulk' },
        type: 'day-end-lines',
        body: { number, from, lines: part.bytes },
      })
      await noteSent(tx, tenant, file, upTo, place)
    })
    sent = upTo
    shop.runtime.reached('day-end.part-written')
    shop.mail.wake()
  }
  shop.runtime.reached('day-end.sent')
  shop.mail.wake()
}

/** Writes the letter with the header, unless that was done before. @returns how many lines are in letters */
function begun(shop: Shop, slices: Slices, file: FileRow): Promise<bigint> {
  const { id: tenant } = shop.config
  return slices.execute(async tx => {
    const { bank, number } = file
    const { header } = file
    if (header === null) throw new Error(`file ${number} has no header`)
    const row = await tx.one<{ sent: bigint; letter: bigint | null }>(
      'SELECT sent, letter_sequence AS letter FROM day_end_file WHERE tenant = ? AND bank = ? AND number = ?',
      ...[tenant, bank, number],
    )
    if (row === undefined) throw new Error(`no file ${number}`)
    if (row.letter !== null) return row.sent
    const place = await writeToBank(tx, shop, {
      ...{ to: bank, stream: 'bulk' },
      type: 'day-end-file',
      body: { header },
    })
    await noteSent(tx, tenant, file, 0n, place)
    return 0n
  })
}

async function noteSent(tx: Tx, tenant: InstitutionId, file: FileRow, sent: bigint, place: Place): Promise<void> {
  await tx.run(
    `UPDATE day_end_file SET sent = ?, letter_epoch = ?, letter_sequence = ?, state = ?
     WHERE tenant = ? AND bank = ? AND number = ? AND state = 'built'`,
    ...[sent, place.epoch, place.sequence, sent === file.lines ? 'sent' : 'built', tenant, file.bank, file.number],
  )
}

/** Lines of a file from the `from`th on, a page of them. */
export async function linesFrom(
  tx: ReadTx,
  tenant: InstitutionId,
  { bank, number }: Pick<FileRow, 'bank' | 'number'>,
  from: bigint,
): Promise<readonly Line[]> {
  const rows = await tx.all<{
    kind: string
    ref: bigint
    voucher: VoucherNumber
    minor: bigint
    intent: Uint8Array | null
  }>(
    `SELECT kind, ref, voucher, minor, intent FROM day_end_line
     WHERE tenant = ? AND bank = ? AND number = ? AND line >= ? ORDER BY line LIMIT ?`,
    ...[tenant, bank, number, from, partLines],
  )
  return rows.map(({ kind, voucher, intent, ...line }) => ({
    ...line,
    ...{ kind: kind as LineKind, number: voucher, intent: intent ?? undefined },
  }))
}

function partOf(lines: readonly Uint8Array[]) {
  let [count, size] = [0, 0]
  for (const { length } of lines) {
    if (size + length > partBytes && count > 0) break
    count++
    size += length
  }
  return { count: BigInt(count), bytes: Uint8Array.from(Buffer.concat(lines.slice(0, count))) }
}

/** What became of a letter of a file: the last one's receipt is the file's. */
export async function noteReceipt(
  tx: Tx,
  shop: Shop,
  bank: InstitutionId,
  place: Place,
  verdict: Verdict,
): Promise<void> {
  const file = await noteFate(tx, 'day_end_file', shop.config.id, bank, place, verdict)
  if (file === undefined || verdict.outcome === 'accepted') return
  const detail = `file ${file.number} of ${file.date}: ${verdict.reason}`
  await raiseAlarm(tx, shop.house, { peer: bank, kind: 'day-end-refused', detail, at: now(shop) })
}

/** Of a payee's file or a host's. @returns the file that is refused by this letter's fate */
export async function noteFate(
  tx: Tx,
  table: 'day_end_file' | 'host_file',
  tenant: InstitutionId,
  bank: InstitutionId,
  { epoch, sequence }: Place,
  verdict: Verdict,
): Promise<{ readonly number: bigint; readonly date: string } | undefined> {
  if (verdict.outcome === 'accepted') {
    await tx.run(
      `UPDATE ${table} SET state = 'received'
       WHERE tenant = ? AND bank = ? AND state = 'sent' AND letter_epoch = ? AND letter_sequence = ?`,
      ...[tenant, bank, epoch, sequence],
    )
    return undefined
  }
  // Whichever part was refused, the file is: its parts lie in one run of the stream.
  const file = await tx.one<{ number: bigint; date: string }>(
    `SELECT number, date FROM ${table} WHERE tenant = ? AND bank = ? AND state IN ('built', 'sent', 'received')
       AND letter_epoch = ? AND letter_sequence >= ? ORDER BY number LIMIT 1`,
    ...[tenant, bank, epoch, sequence],
  )
  if (file !== undefined)
    await tx.run(
      `UPDATE ${table} SET state = 'refused' WHERE tenant = ? AND bank = ? AND number = ?`,
      ...[tenant, bank, file.number],
    )
  return file
}
