/**
 * The payee's day-end files as they stand in its books, and which of them is due. A file begins when its date is closed:
 * for every bank that was pinned by then, also when there is nothing to tell.
 */
import type { InstitutionId } from '../../ids.ts'
import { isClosedTo } from '../../mail/gate.ts'
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
  /** The recall by which it was taken from its bank; `scanned` counts its lines that are placed in the journal. 0: its bank's people have declared it void. */
  readonly held: bigint | null
  /** The first date of whose rows it tells, when that is not its own. */
  readonly since: string | null
  /** The bank's epoch of its latest result, and that result when it is not the first. */
  readonly told_in: bigint | null
  readonly retold: Uint8Array | null
  /** Of a section: the number of its host's file, which goes to the bank in its place. */
  readonly host_number: bigint | null
  /** 1: its bank refused it as a section, and it is sent by itself. */
  readonly alone: bigint
  /** The void file whose dates it tells again. */
  readonly retells: bigint | null
  /** The bank's epoch in which it declared the file void; null: its first. */
  readonly void_in: bigint | null
  /** 1: taken from its bank, which did not show that it was signed here. */
  readonly unsigned: bigint
}

export const fileColumns =
  'bank, number, date, state, scanned, lines, header, hash, sent, breaks, result, held, since, told_in, retold, host_number, alone, retells, void_in, unsigned'

/** Of a section that goes with its host's file: that file's number. */
export function hostFileOf({ host_number, alone }: Pick<FileRow, 'host_number' | 'alone'>): bigint | undefined {
  return alone === 1n ? undefined : (host_number ?? undefined)
}

/** It counts for nothing: taken from its bank, which never had all of its lines, or declared void there. */
export function isVoid({ held, state }: Pick<FileRow, 'held' | 'state'>): boolean {
  return held !== null && state === 'refused'
}

/** Taken from its bank, and not all of it has a row in the journal of these books yet. */
export function isUnplaced({ held, state, scanned, lines }: FileRow): boolean {
  return held !== null && state !== 'refused' && scanned < lines
}

/**
 * Of a section that is in no letter: whether its host's file was only begun, or came from its bank, which may hold the section
 * or not. Undefined: it is on its way, or no section.
 */
export async function unsentIn(tx: ReadTx, row: FileRow): Promise<'begun' | 'taken' | undefined> {
  const { bank, state, held } = row
  const hostFile = hostFileOf(row)
  if (hostFile === undefined || held !== null || (state !== 'closed' && state !== 'built')) return undefined
  const file = await tx.one<{ state: string; held: bigint | null }>(
    'SELECT state, held FROM host_file WHERE bank = ? AND number = ?',
    ...[bank, hostFile],
  )
  if (file === undefined) return undefined
  if (file.held !== null) return 'taken'
  return file.state === 'closed' ? 'begun' : undefined
}

/** Whether the bank has not told yet which files it holds. The last recall counts. */
export async function isRecalling(tx: ReadTx, tenant: InstitutionId, bank: InstitutionId): Promise<boolean> {
  const last = await lastRecall(tx, tenant, bank)
  return last !== undefined && last.state !== 'told'
}

export function lastRecall(tx: ReadTx, tenant: InstitutionId, bank: InstitutionId) {
  return tx.one<{ epoch: bigint; state: string }>(
    'SELECT epoch, state FROM day_end_recall WHERE tenant = ? AND bank = ? ORDER BY epoch DESC LIMIT 1',
    ...[tenant, bank],
  )
}

/** 0 before the first. */
export async function lastNumber(tx: ReadTx, tenant: InstitutionId, bank: InstitutionId): Promise<bigint> {
  const row = await tx.one<{ number: bigint | null }>(
    'SELECT max(number) AS number FROM day_end_file WHERE tenant = ? AND bank = ?',
    ...[tenant, bank],
  )
  return row?.number ?? 0n
}

/**
 * Begins a file for every closed date that has none yet, oldest first; for no bank before it has said what it holds of our books, and
 * of our files where these have gone back. Asked again, it does nothing more.
 */
export async function beginFiles(tx: Tx, shop: Shop): Promise<void> {
  const { id: tenant } = shop.config
  for (const { bank, pinnedAt } of await banksOf(tx, shop)) {
    if (!(await mayBegin(tx, shop, bank))) continue
    let number = await lastNumber(tx, tenant, bank)
    let since = await firstOfHeld(tx, tenant, bank, number)
    for (const date of await untoldDates(tx, tenant, bank, pinnedAt)) {
      number++
      const retells = await toRetell(tx, tenant, bank)
      await tx.run(
        `INSERT INTO day_end_file (tenant, bank, number, date, state, since, retells) VALUES (?, ?, ?, ?, 'closed', ?, ?)`,
        ...[tenant, bank, number, date, since, retells],
      )
      since = null
    }
  }
}

/** Closed dates after that of its last file, oldest first. `pinnedAt`: of its first file, since when the bank is pinned. */
export async function untoldDates(
  tx: ReadTx,
  tenant: InstitutionId,
  bank: InstitutionId,
  pinnedAt: bigint,
): Promise<readonly string[]> {
  const last = await tx.one<{ date: string | null }>(
    'SELECT max(date) AS date FROM day_end_file WHERE tenant = ? AND bank = ?',
    ...[tenant, bank],
  )
  const dates = await tx.all<{ date: string }>(
    'SELECT date FROM business_date WHERE tenant = ? AND date > ? AND closed_at >= ? ORDER BY date',
    // Keys that were exchanged since are no new beginning.
    ...[tenant, last?.date ?? '', last?.date == null ? pinnedAt : 0n],
  )
  return dates.map(({ date }) => date)
}

/** A bank that has not said what it holds is told nothing, nor one whose files are not all placed in these books. */
export async function mayBegin(tx: ReadTx, { house, config }: Shop, bank: InstitutionId): Promise<boolean> {
  if ((await isClosedTo(tx, house, bank)) || (await isRecalling(tx, config.id, bank))) return false
  const unplaced = await tx.one(
    `SELECT 1 AS found FROM day_end_file WHERE tenant = ? AND bank = ? AND held IS NOT NULL AND state <> 'refused'
       AND scanned < lines LIMIT 1`,
    ...[config.id, bank],
  )
  return unplaced === undefined
}

/** The first date of the files up to this one that were taken from the bank; null: this one was not. */
export async function firstOfHeld(tx: ReadTx, tenant: InstitutionId, bank: InstitutionId, through: bigint) {
  const row = await tx.one<{ date: string | null }>(
    `SELECT min(date) AS date FROM day_end_file WHERE tenant = ? AND bank = ? AND number <= ?
       AND number > (SELECT coalesce(max(number), 0) FROM day_end_file WHERE tenant = ? AND bank = ? AND coalesce(held, 0) = 0)`,
    ...[tenant, bank, through, tenant, bank],
  )
  return row?.date ?? null
}

/** The oldest file that was declared void and that no other tells again yet: for the next one that is begun. */
export async function toRetell(tx: ReadTx, tenant: InstitutionId, bank: InstitutionId): Promise<bigint | null> {
  const row = await tx.one<{ number: bigint | null }>(
    `SELECT min(number) AS number FROM day_end_file AS file WHERE tenant = ? AND bank = ? AND held = 0
       AND NOT EXISTS (SELECT 1 FROM day_end_file AS other WHERE other.tenant = file.tenant AND other.bank = file.bank
         AND other.retells = file.number)`,
    ...[tenant, bank],
  )
  return row?.number ?? null
}

export function fileOf(
  tx: ReadTx,
  tenant: InstitutionId,
  bank: InstitutionId,
  number: bigint,
): Promise<FileRow | undefined> {
  return tx.one<FileRow>(
    `SELECT ${fileColumns} FROM day_end_file WHERE tenant = ? AND bank = ? AND number = ?`,
    ...[tenant, bank, number],
  )
}

/**
 * Of each bank the oldest file in one of these states, unless an older one has not got as far. One that is to be sent waits until its
 * bank has said what it holds of these books.
 */
export async function filesDue(
  tx: ReadTx,
  { house, config: { id: tenant } }: Pick<Shop, 'house' | 'config'>,
): Promise<readonly FileRow[]> {
  const open = await tx.all<FileRow>(
    `SELECT ${fileColumns} FROM day_end_file WHERE tenant = ? AND state <> 'reconciled'
       AND NOT (held IS NOT NULL AND state = 'refused') ORDER BY bank, number`,
    tenant,
  )
  const closed = new Set<InstitutionId>()
  for (const bank of new Set(open.map(file => file.bank))) if (await isClosedTo(tx, house, bank)) closed.add(bank)
  const isBefore = (file: FileRow, other: FileRow) => other.bank === file.bank && other.number < file.number
  return open.filter(file => {
    const older = open.filter(other => isBefore(file, other))
    switch (file.state) {
      case 'closed':
      case 'built':
        if (file.host_number !== null || (file.state === 'built' && closed.has(file.bank))) return false
        // Sent in their order, whether or not the one before has its result.
        return older.every(({ state }) => state !== 'closed' && state !== 'built')
      case 'result':
        return older.length === 0 && !isUnplaced(file)
      default:
        return false
    }
  })
}
