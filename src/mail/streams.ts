/**
 * The numbered streams of letters between two institutions. There are two in each direction: the first for what a caller may
 * wait for, and the bulk stream for what is large and may take its time, so that no activation waits behind a file. A
 * restored backup gets a new epoch, so that no old sequence number is used twice.
 */
import type { InstitutionId } from '../ids.ts'
import { invariant, steppedOnce } from '../invariant.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { epochOf } from '../store/tenants.ts'

/** Where a letter stands in the streams of one institution to another. */
export interface Place {
  readonly epoch: bigint
  /** 1, 2, 3 … within the epoch; in the bulk stream 2⁴⁰ + 1, 2⁴⁰ + 2 … */
  readonly sequence: bigint
}

export type Stream = 'first' | 'bulk'

interface StreamFacts {
  readonly table: 'counterparty' | 'bulk_stream'
  /** Letters have the numbers above `base`, up to `top`. */
  readonly base: bigint
  readonly top: bigint
}

const bulkBase = 1n << 40n

const facts: Readonly<Record<Stream, StreamFacts>> = {
  first: { table: 'counterparty', base: 0n, top: bulkBase },
  bulk: { table: 'bulk_stream', base: bulkBase, top: (1n << 63n) - 1n },
}

/** Of which stream a letter is: its number says so. */
export function streamOf({ sequence }: Pick<Place, 'sequence'>): Stream {
  return sequence > bulkBase ? 'bulk' : 'first'
}

/** The numbers of a stream's letters: above the first, up to the second. */
export function numbersOf(stream: Stream): readonly [above: bigint, upTo: bigint] {
  return [facts[stream].base, facts[stream].top]
}

/** The number of the first letter of a stream in each epoch. */
export function firstOf(stream: Stream): bigint {
  return facts[stream].base + 1n
}

/** After a backup was restored: every stream starts again, in an epoch above every one that others have seen of us. */
export async function beginEpoch(tx: Tx, tenant: InstitutionId, shown = 0n): Promise<bigint> {
  const own = await epochOf(tx, tenant)
  const epoch = (shown > own ? shown : own) + 1n
  const begun = await tx.run('UPDATE institution SET epoch = ? WHERE tenant = ? AND epoch < ?', epoch, tenant, epoch)
  steppedOnce(begun, 'an epoch did not follow the one before', epoch)
  await tx.run('UPDATE counterparty SET next_outgoing = 1 WHERE tenant = ?', tenant)
  await tx.run('UPDATE bulk_stream SET next_outgoing = ? WHERE tenant = ?', firstOf('bulk'), tenant)
  return epoch
}

/** Takes the next number of a stream to `counterparty`. */
export async function nextOutgoing(
  tx: Tx,
  tenant: InstitutionId,
  counterparty: InstitutionId,
  stream: Stream = 'first',
): Promise<Place> {
  const epoch = await epochOf(tx, tenant)
  await know(tx, tenant, counterparty, stream)
  const rows = await tx.all<{ sequence: bigint }>(
    `UPDATE ${facts[stream].table} SET next_outgoing = next_outgoing + 1 WHERE tenant = ? AND counterparty = ?
     RETURNING next_outgoing - 1 AS sequence`,
    tenant,
    counterparty,
  )
  const [row] = rows
  invariant(row !== undefined, 'there is no stream to', counterparty)
  const isItsOwn = row.sequence > facts[stream].base && row.sequence <= facts[stream].top
  invariant(isItsOwn, 'a letter has a number of the other stream', counterparty)
  return { epoch, sequence: row.sequence }
}

/** Where the next letter to `counterparty` will stand. */
export async function placeToCome(tx: ReadTx, tenant: InstitutionId, counterparty: InstitutionId): Promise<Place> {
  const row = await tx.one<{ next: bigint }>(
    'SELECT next_outgoing AS next FROM counterparty WHERE tenant = ? AND counterparty = ?',
    tenant,
    counterparty,
  )
  return { epoch: await epochOf(tx, tenant), sequence: row?.next ?? firstOf('first') }
}

/** The place of the last letter of a stream that was written to `peer` before an epoch; that before its first, when none was. */
export async function lastSent(
  tx: ReadTx,
  tenant: InstitutionId,
  peer: InstitutionId,
  stream: Stream,
  before: bigint,
): Promise<Place> {
  const row = await tx.one<{ epoch: bigint; sequence: bigint }>(
    `SELECT epoch, sequence FROM clearing_outbox WHERE tenant = ? AND peer = ? AND epoch < ? AND sequence > ? AND sequence <= ?
     ORDER BY epoch DESC, sequence DESC LIMIT 1`,
    ...[tenant, peer, before, ...numbersOf(stream)],
  )
  return row ?? { epoch: 1n, sequence: facts[stream].base }
}

/** What a received letter's place means. Only `next` has been noted; the others changed nothing. */
export type Arrival = 'next' | 'repeated' | 'gap' | 'old-epoch'

/** Notes a letter from `counterparty` when it is the one that is due in its stream. */
export async function noteIncoming(
  tx: Tx,
  tenant: InstitutionId,
  counterparty: InstitutionId,
  place: Place,
): Promise<Arrival> {
  const stream = streamOf(place)
  await know(tx, tenant, counterparty, stream)
  const due = await placeDue(tx, tenant, counterparty, stream)
  if (place.epoch < due.epoch) return 'old-epoch'
  const next = place.epoch > due.epoch ? firstOf(stream) : due.sequence
  if (place.sequence < next) return 'repeated'
  if (place.sequence > next) return 'gap'
  const noted = await tx.run(
    `UPDATE ${facts[stream].table} SET incoming_epoch = ?, last_incoming = ? WHERE tenant = ? AND counterparty = ?
       AND incoming_epoch = ? AND last_incoming = ?`,
    place.epoch,
    place.sequence,
    tenant,
    counterparty,
    due.epoch,
    due.sequence - 1n,
  )
  steppedOnce(noted, 'a stream did not advance by one', counterparty)
  return 'next'
}

/** What is to come next in a stream from `counterparty`, unless it begins a new epoch. */
export async function placeDue(
  tx: ReadTx,
  tenant: InstitutionId,
  counterparty: InstitutionId,
  stream: Stream = 'first',
): Promise<Place> {
  const { table, base } = facts[stream]
  const row = await tx.one<{ epoch: bigint; last: bigint }>(
    `SELECT incoming_epoch AS epoch, last_incoming AS last FROM ${table} WHERE tenant = ? AND counterparty = ?`,
    tenant,
    counterparty,
  )
  return { epoch: row?.epoch ?? 0n, sequence: (row?.last ?? base) + 1n }
}

async function know(tx: Tx, tenant: InstitutionId, counterparty: InstitutionId, stream: Stream): Promise<void> {
  const { table, base } = facts[stream]
  await tx.run(
    `INSERT INTO ${table} (tenant, counterparty, next_outgoing, incoming_epoch, last_incoming)
     VALUES (?, ?, ?, 0, ?) ON CONFLICT (tenant, counterparty) DO NOTHING`,
    tenant,
    counterparty,
    base + 1n,
    base,
  )
}
