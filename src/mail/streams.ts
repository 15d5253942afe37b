/**
 * The numbered streams of messages between two institutions. A restored backup gets a new epoch, so that no old sequence
 * number is used twice.
 */

import type { InstitutionId } from '../ids.ts'
import { invariant, steppedOnce } from '../invariant.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { epochOf } from '../store/tenants.ts'

/** Where a message stands in the stream of one institution to another. */
export interface Place {
  readonly epoch: bigint
  /** 1, 2, 3 … within the epoch. */
  readonly sequence: bigint
}

/** After a backup was restored: every stream starts again at 1, in an epoch above every one that others have seen of us. */
export async function beginEpoch(tx: Tx, tenant: InstitutionId, shown = 0n): Promise<bigint> {
  const own = await epochOf(tx, tenant)
  const epoch = (shown > own ? shown : own) + 1n
  const begun = await tx.run('UPDATE institution SET epoch = ? WHERE tenant = ? AND epoch < ?', epoch, tenant, epoch)
  steppedOnce(begun, 'an epoch did not follow the one before', epoch)
  await tx.run('UPDATE counterparty SET next_outgoing = 1 WHERE tenant = ?', tenant)
  return epoch
}

/** Takes the next number of the stream to `counterparty`. */
export async function nextOutgoing(tx: Tx, tenant: InstitutionId, counterparty: InstitutionId): Promise<Place> {
  const epoch = await epochOf(tx, tenant)
  await know(tx, tenant, counterparty)
  const rows = await tx.all<{ sequence: bigint }>(
    `UPDATE counterparty SET next_outgoing = next_outgoing + 1 WHERE tenant = ? AND counterparty = ?
     RETURNING next_outgoing - 1 AS sequence`,
    tenant,
    counterparty,
  )
  const [row] = rows
  invariant(row !== undefined, 'there is no stream to', counterparty)
  invariant(row.sequence >= 1n, 'a stream to a counterparty does not begin with 1', counterparty)
  return { epoch, sequence: row.sequence }
}

/** What a received message's place means. Only `next` has been noted; the others changed nothing. */
export type Arrival = 'next' | 'repeated' | 'gap' | 'old-epoch'

/** Notes a message from `counterparty` when it is the one that is due. A new epoch starts at 1. */
export async function noteIncoming(
  tx: Tx,
  tenant: InstitutionId,
  counterparty: InstitutionId,
  place: Place,
): Promise<Arrival> {
  await know(tx, tenant, counterparty)
  const row = await tx.one<{ epoch: bigint; last: bigint }>(
    'SELECT incoming_epoch AS epoch, last_incoming AS last FROM counterparty WHERE tenant = ? AND counterparty = ?',
    tenant,
    counterparty,
  )
  invariant(row !== undefined, 'there is no stream from', counterparty)
  if (place.epoch < row.epoch) return 'old-epoch'
  const last = place.epoch > row.epoch ? 0n : row.last
  if (place.sequence <= last) return 'repeated'
  if (place.sequence > last + 1n) return 'gap'
  const noted = await tx.run(
    `UPDATE counterparty SET incoming_epoch = ?, last_incoming = ? WHERE tenant = ? AND counterparty = ?
       AND incoming_epoch = ? AND last_incoming = ?`,
    place.epoch,
    place.sequence,
    tenant,
    counterparty,
    row.epoch,
    row.last,
  )
  steppedOnce(noted, 'a stream did not advance by one', counterparty)
  return 'next'
}

/** What is to come next from `counterparty`, unless it begins a new epoch. */
export async function placeDue(tx: ReadTx, tenant: InstitutionId, counterparty: InstitutionId): Promise<Place> {
  const row = await tx.one<{ epoch: bigint; last: bigint }>(
    'SELECT incoming_epoch AS epoch, last_incoming AS last FROM counterparty WHERE tenant = ? AND counterparty = ?',
    tenant,
    counterparty,
  )
  return { epoch: row?.epoch ?? 0n, sequence: (row?.last ?? 0n) + 1n }
}

async function know(tx: Tx, tenant: InstitutionId, counterparty: InstitutionId): Promise<void> {
  await tx.run(
    `INSERT INTO counterparty (tenant, counterparty, next_outgoing, incoming_epoch, last_incoming)
     VALUES (?, ?, 1, 0, 0) ON CONFLICT (tenant, counterparty) DO NOTHING`,
    tenant,
    counterparty,
  )
}
