/** A host's day-end files as they stand in its books, and their sections. */
import type { InstitutionId } from '../../../ids.ts'
import type { KeyStore } from '../../../keys/keys.ts'
import type { Calendar } from '../../../ledger/business-date.ts'
import { isClosedTo } from '../../../mail/gate.ts'
import type { Mail } from '../../../mail/mail.ts'
import type { Runtime } from '../../../runtime.ts'
import type { ReadTx, Store } from '../../../store/store.ts'
import { isRecalling } from '../../clearing/files.ts'
import type { HostConfig } from '../config.ts'
import type { Payees } from '../payees.ts'

/** What the host's day end works with. */
export interface House {
  readonly config: HostConfig
  readonly store: Store
  readonly keys: KeyStore
  readonly runtime: Runtime
  /** The one of all its payees. */
  readonly calendar: Calendar
  readonly payees: Payees
  readonly mail: Pick<Mail, 'wake'>
}

export type HostFileRow = {
  readonly bank: InstitutionId
  readonly number: bigint
  readonly date: string
  readonly state: 'closed' | 'built' | 'sent' | 'received' | 'refused'
  readonly header: Uint8Array | null
  readonly hash: Uint8Array | null
  readonly sections: bigint
  readonly lines: bigint
  readonly sections_sent: bigint
  readonly sent: bigint
  readonly letter_sequence: bigint | null
}

const columns = 'bank, number, date, state, header, hash, sections, lines, sections_sent, sent, letter_sequence'

export function hostFileOf(
  tx: ReadTx,
  host: InstitutionId,
  bank: InstitutionId,
  number: bigint,
): Promise<HostFileRow | undefined> {
  return tx.one<HostFileRow>(
    `SELECT ${columns} FROM host_file WHERE tenant = ? AND bank = ? AND number = ?`,
    ...[host, bank, number],
  )
}

/**
 * The oldest that is not sent yet; each of a bank waits for the one before. One of a bank that has not said what it holds of these
 * books, or of their files, waits for that, and the others go on: what it holds may be another file under this number.
 */
export async function openHostFile(tx: ReadTx, host: InstitutionId): Promise<HostFileRow | undefined> {
  const open = await tx.all<HostFileRow>(
    `SELECT ${columns} FROM host_file WHERE tenant = ? AND state IN ('closed', 'built') ORDER BY bank, number`,
    host,
  )
  for (const file of open) if (await mayTell(tx, host, file.bank)) return file
  return undefined
}

/** Whether a bank has said what it holds, so that its files go on. */
export async function mayTell(tx: ReadTx, host: InstitutionId, bank: InstitutionId): Promise<boolean> {
  return !(await isClosedTo(tx, host, bank)) && !(await isRecalling(tx, host, bank))
}

export async function lastHostFile(
  tx: ReadTx,
  host: InstitutionId,
  bank: InstitutionId,
): Promise<{ readonly number: bigint; readonly date: string }> {
  const row = await tx.one<{ number: bigint | null; date: string | null }>(
    'SELECT max(number) AS number, max(date) AS date FROM host_file WHERE tenant = ? AND bank = ?',
    ...[host, bank],
  )
  return { number: row?.number ?? 0n, date: row?.date ?? '' }
}

export type SectionRow = {
  readonly payee: InstitutionId
  readonly number: bigint
  readonly state: string
  readonly lines: bigint
  readonly hash: Uint8Array | null
}

/** Its payees' files, by the bytes of their ids. */
export function sectionsOf(
  tx: ReadTx,
  { bank, number }: Pick<HostFileRow, 'bank' | 'number'>,
): Promise<readonly SectionRow[]> {
  return tx.all<SectionRow>(
    `SELECT tenant AS payee, number, state, lines, hash FROM day_end_file
     WHERE bank = ? AND host_number = ? ORDER BY tenant`,
    ...[bank, number],
  )
}
