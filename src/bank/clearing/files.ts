/** Payees' day-end files as they stand in the bank's books, and which of them is due. */
import type { InstitutionId } from '../../ids.ts'
import { isClosedTo } from '../../mail/gate.ts'
import type { ReadTx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { peerOf } from '../private/letters.ts'

export type FileState = 'receiving' | 'received' | 'posted' | 'result sent' | 'refused'

export type FileRow = {
  readonly payee: InstitutionId
  readonly number: bigint
  readonly date: string
  readonly hash: Uint8Array
  readonly header: Uint8Array
  readonly state: FileState
  readonly lines: bigint
  readonly received: bigint
  readonly checked: bigint
  readonly proved: bigint
  readonly refunds_granted: bigint
  readonly posted_on: string | null
  readonly posted_seq: bigint | null
  readonly statement: Uint8Array | null
  readonly told: bigint
  readonly void: bigint
}

export const fileColumns = `payee, number, date, hash, header, state, lines, received, checked, proved, refunds_granted, posted_on,
  posted_seq, statement, told, void`

/** Whether a file of the payee is being looked at: its refunds are promised from what is held for it. */
export async function isFileUnderWay(tx: ReadTx, tenant: InstitutionId, payee: InstitutionId): Promise<boolean> {
  const row = await tx.one(
    `SELECT 1 AS found FROM payee_file WHERE tenant = ? AND payee = ? AND state = 'received' LIMIT 1`,
    ...[tenant, payee],
  )
  return row !== undefined
}

export function fileOf(
  tx: ReadTx,
  tenant: InstitutionId,
  payee: InstitutionId,
  number: bigint,
): Promise<FileRow | undefined> {
  return tx.one<FileRow>(
    `SELECT ${fileColumns} FROM payee_file WHERE tenant = ? AND payee = ? AND number = ?`,
    ...[tenant, payee, number],
  )
}

/** The number of a payee's last file that was taken; 0 before the first. */
export async function lastNumber(tx: ReadTx, tenant: InstitutionId, payee: InstitutionId): Promise<bigint> {
  const row = await tx.one<{ number: bigint | null }>(
    'SELECT max(number) AS number FROM payee_file WHERE tenant = ? AND payee = ?',
    tenant,
    payee,
  )
  return row?.number ?? 0n
}

/**
 * Of each payee the oldest file that is not done, when all of it is here: a later one waits for it. A result waits until its payee, or
 * who speaks for it, has said what it holds of these books.
 */
export async function filesDue(
  tx: ReadTx,
  branch: Pick<Branch, 'config' | 'privatePayees'>,
): Promise<readonly FileRow[]> {
  const { id: tenant } = branch.config
  const open = await tx.all<FileRow>(
    `SELECT ${fileColumns} FROM payee_file WHERE tenant = ? AND state NOT IN ('result sent') AND void = 0 ORDER BY payee, number`,
    tenant,
  )
  const oldest = open.filter(file => !open.some(other => other.payee === file.payee && other.number < file.number))
  const due: FileRow[] = []
  for (const file of oldest) {
    if (file.state === 'posted' && (await isClosedTo(tx, tenant, peerOf(branch, file.payee)))) continue
    if (file.state === 'received' || file.state === 'posted') due.push(file)
  }
  return due
}

/** Each epoch of books that went back of a payee or a host asks once, and files are told again for that alone. */
export async function wasAsked(
  tx: ReadTx,
  tenant: InstitutionId,
  payee: InstitutionId,
  recall: bigint,
): Promise<boolean> {
  const last = await tx.one<{ epoch: bigint | null }>(
    'SELECT max(epoch) AS epoch FROM payee_recall WHERE tenant = ? AND payee = ?',
    ...[tenant, payee],
  )
  return last?.epoch != null && last.epoch >= recall
}
