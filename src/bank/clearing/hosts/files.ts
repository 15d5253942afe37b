/** Hosts' day-end files as they stand in the bank's books. */
import type { InstitutionId } from '../../../ids.ts'
import type { ReadTx } from '../../../store/store.ts'
import type { Branch } from '../../branch.ts'

export type HostedFileRow = {
  readonly host: InstitutionId
  readonly number: bigint
  readonly date: string
  readonly hash: Uint8Array
  readonly header: Uint8Array
  readonly sections: bigint
  readonly sections_received: bigint
  readonly lines: bigint
  readonly received: bigint
  readonly void: bigint
}

export function hostedFileOf(
  tx: ReadTx,
  tenant: InstitutionId,
  host: InstitutionId,
  number: bigint,
): Promise<HostedFileRow | undefined> {
  return tx.one<HostedFileRow>(
    `SELECT host, number, date, hash, header, sections, sections_received, lines, received, void FROM hosted_file
     WHERE tenant = ? AND host = ? AND number = ?`,
    ...[tenant, host, number],
  )
}

/** The number of a host's last file that was taken; 0 before the first. */
export async function lastHostedNumber(tx: ReadTx, tenant: InstitutionId, host: InstitutionId): Promise<bigint> {
  const row = await tx.one<{ number: bigint | null }>(
    'SELECT max(number) AS number FROM hosted_file WHERE tenant = ? AND host = ?',
    ...[tenant, host],
  )
  return row?.number ?? 0n
}

/** Whether it speaks for private payees of this bank: it did for one at least, or is the one that does by configuration. */
export async function isHost(tx: ReadTx, { config }: Pick<Branch, 'config'>, peer: InstitutionId): Promise<boolean> {
  if (config.host?.id === peer) return true
  const row = await tx.one(
    `SELECT payee FROM private_payee WHERE tenant = ? AND host = ?
     UNION ALL SELECT payee FROM introduced_payee WHERE tenant = ? AND host = ? LIMIT 1`,
    ...[config.id, peer, config.id, peer],
  )
  return row !== undefined
}
