/**
 * Telling a payee whose books went back in time which of its files this bank holds: each header, its lines as they came, and, as
 * after any file that comes again, its result. A file of which not every line had come is void from then on.
 */
import { countOf, decodeHeader } from '../../clearing/header.ts'
import { encodeLine } from '../../clearing/lines.ts'
import type { Slices } from '../../clearing/slices.ts'
import type { InstitutionId } from '../../ids.ts'
import { isWithinReach } from '../../mail/gate.ts'
import { accepted, refused, type Verdict } from '../../mail/inbox.ts'
import { keptLetterWith } from '../../mail/kept-letter.ts'
import type { Letter } from '../../mail/messages.ts'
import type { Place } from '../../mail/streams.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { peerOf, writeToPayee } from '../private/letters.ts'
import { isPayee } from '../private/payees.ts'
import { type FileRow, fileOf, lastNumber, wasAsked } from './files.ts'
import { tellHostFile } from './hosts/held.ts'
import { type HashedLine, partsOf } from './parts.ts'

/** Whoever takes such a letter notes each line in one command. */
const linesInLetter = 200

export async function recallTaking(
  tx: Tx,
  branch: Branch,
  payee: InstitutionId,
  { recall, from }: Letter<'day-end-recall'>,
  { epoch }: Place,
): Promise<Verdict> {
  const { id: tenant } = branch.config
  if (!(await isPayee(tx, branch, payee))) return refused('its vouchers are not sold here')
  if (recall !== epoch) return refused('of another epoch than it is asked in')
  if (await wasAsked(tx, tenant, payee, recall)) return accepted
  const last = await lastNumber(tx, tenant, payee)
  // Its other lines are lost with the books that had written them.
  await tx.run(
    `UPDATE payee_file SET state = 'refused', void = 1 WHERE tenant = ? AND payee = ? AND number >= ? AND state = 'receiving'`,
    ...[tenant, payee, from],
  )
  await tx.run(
    `INSERT INTO payee_recall (tenant, payee, epoch, next, last) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ...[tenant, payee, recall, from, last],
  )
  if (last < from)
    await writeToPayee(tx, branch, { to: payee, type: 'day-end-held', body: { recall, last }, stream: 'bulk' })
  return accepted
}

type RecallRow = {
  readonly payee: InstitutionId
  readonly epoch: bigint
  readonly next: bigint
  readonly lines: bigint | null
  readonly last: bigint
}

/** Tells the next file of the oldest recall. False: everything was told. */
export async function tellHeld(branch: Branch, slices: Slices): Promise<boolean> {
  const due = await branch.store.read(tx => recallDue(tx, branch))
  if (due === undefined) return false
  if (await tellHostFile(branch, slices, due)) return true
  const file = await branch.store.read(tx => fileOf(tx, branch.config.id, due.payee, due.next))
  if (file === undefined) throw new Error(`no file ${due.next} of ${due.payee}`)
  const told = due.lines ?? 0n
  if (due.lines === null) await tellHeader(branch, slices, due, file)
  if (isTold(file, told)) return true
  for await (const part of partsOf(branch, slices, file, told + 1n)) {
    const skipped = Number(told + 1n - part.from)
    for (let at = Math.max(skipped, 0); at < part.lines.length; at += linesInLetter)
      await tellLines(branch, slices, due, file, part.from + BigInt(at), part.lines.slice(at, at + linesInLetter))
  }
  return true
}

async function recallDue(tx: ReadTx, branch: Branch): Promise<RecallRow | undefined> {
  const rows = await tx.all<RecallRow>(
    'SELECT payee, epoch, next, lines, last FROM payee_recall WHERE tenant = ? AND next <= last ORDER BY payee, epoch',
    branch.config.id,
  )
  for (const row of rows) if (await isWithinReach(tx, branch.config.id, peerOf(branch, row.payee))) return row
  return undefined
}

function isTold({ header, void: isVoid }: FileRow, lines: bigint): boolean {
  const [{ totals }] = decodeHeader(header).sections
  return isVoid === 1n || lines === countOf(totals)
}

async function tellHeader(branch: Branch, slices: Slices, due: RecallRow, file: FileRow): Promise<void> {
  await slices.execute(async tx => {
    const { payee, epoch: recall, last } = due
    const { number, header, void: isVoid } = file
    const proof = await keptLetterWith(tx, branch.config.id, peerOf(branch, payee), header)
    const body = { recall, last, file: { number, header, isVoid: isVoid === 1n, ...(proof && { proof }) } }
    await writeToPayee(tx, branch, { to: payee, type: 'day-end-held', body, stream: 'bulk' })
    await noteTold(tx, branch, due, file, 0n)
  })
  branch.runtime.reached('day-end.held-told')
  branch.mail.wake()
}

async function tellLines(
  branch: Branch,
  slices: Slices,
  due: RecallRow,
  file: FileRow,
  from: bigint,
  lines: readonly HashedLine[],
): Promise<void> {
  const bytes = Uint8Array.from(Buffer.concat(lines.map(encodeLine)))
  await slices.execute(async tx => {
    const { payee, epoch: recall, last } = due
    const body = { recall, last, number: file.number, from, lines: bytes }
    await writeToPayee(tx, branch, { to: payee, type: 'day-end-held-lines', body, stream: 'bulk' })
    await noteTold(tx, branch, due, file, from + BigInt(lines.length) - 1n)
  })
  branch.runtime.reached('day-end.held-told')
  branch.mail.wake()
}

/** With its last line a file is told, and its result follows. */
async function noteTold(tx: Tx, branch: Branch, { payee, epoch }: RecallRow, file: FileRow, lines: bigint) {
  const { id: tenant } = branch.config
  const done = isTold(file, lines)
  await tx.run(
    'UPDATE payee_recall SET next = ?, lines = ? WHERE tenant = ? AND payee = ? AND epoch = ?',
    ...[done ? file.number + 1n : file.number, done ? null : lines, tenant, payee, epoch],
  )
  if (!done) return
  await tx.run(
    `UPDATE payee_file SET state = 'posted', told = 0 WHERE tenant = ? AND payee = ? AND number = ? AND state = 'result sent'`,
    ...[tenant, payee, file.number],
  )
}
