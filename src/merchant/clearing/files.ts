/**
 * The payee's day-end files as they stand in its books, and which of them is due. A file begins when its date is closed:
 * for every bank that was pinned by then, also when there is nothing to tell.
 */
import type { InstitutionId } from '../../ids.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { banksOf, type Shop } from '../shop.ts'

export type FileState = 'closed' | 'built' | 'sent' | 'received' | 'result' | 'reconciled' | 'refused'

export type FileRow = {
  readonly bank: InstitutionId
  readonly number: bigint
  readonly date: string
  readonly state: FileState
  readonly scanned: bigint
  readonly lines: bigint
  readonly header: Uint8Array | null
  readonly hash: Uint8Array | null
  readonly sent: bigint
  readonly breaks: bigint
  readonly result: Uint8Array | null
}

const columns = 'bank, number, date, state, scanned, lines, header, hash, sent, breaks, result'

/** Begins a file for every closed date that has none yet, oldest first. Asked again, it does nothing more. */
export async function beginFiles(tx: Tx, shop: Shop): Promise<void> {
  const { id: tenant } = shop.config
  for (const { bank, pinnedAt } of await banksOf(tx, shop)) {
    const last = await tx.one<{ number: bigint | null; date: string | null }>(
      'SELECT max(number) AS number, max(date) AS date FROM day_end_file WHERE tenant = ? AND bank = ?',
      tenant,
      bank,
    )
    const dates = await tx.all<{ date: string }>(
      'SELECT date FROM business_date WHERE tenant = ? AND date > ? AND closed_at >= ? ORDER BY date',
      tenant,
      last?.date ?? '',
      // Keys that were exchanged since are no new beginning.
      last?.number == null ? pinnedAt : 0n,
    )
    let number = last?.number ?? 0n
    for (const { date } of dates) {
      number++
      await tx.run(
        `INSERT INTO day_end_file (tenant, bank, number, date, state) VALUES (?, ?, ?, ?, 'closed')`,
        ...[tenant, bank, number, date],
      )
    }
  }
}

export function fileOf(
  tx: ReadTx,
  tenant: InstitutionId,
  bank: InstitutionId,
  number: bigint,
): Promise<FileRow | undefined> {
  return tx.one<FileRow>(
    `SELECT ${columns} FROM day_end_file WHERE tenant = ? AND bank = ? AND number = ?`,
    ...[tenant, bank, number],
  )
}

/** Of each bank the oldest file in one of these states, unless an older one has not got as far. */
export async function filesDue(tx: ReadTx, tenant: InstitutionId): Promise<readonly FileRow[]> {
  const open = await tx.all<FileRow>(
    `SELECT ${columns} FROM day_end_file WHERE tenant = ? AND state <> 'reconciled' ORDER BY bank, number`,
    tenant,
  )
  const isBefore = (file: FileRow, other: FileRow) => other.bank === file.bank && other.number < file.number
  return open.filter(file => {
    const older = open.filter(other => isBefore(file, other))
    switch (file.state) {
      case 'closed':
      case 'built':
        // Sent in their order, whether or not the one before has its result.
        return older.every(({ state }) => state !== 'closed' && state !== 'built')
      case 'result':
        return older.length === 0
      default:
        return false
    }
  })
}
