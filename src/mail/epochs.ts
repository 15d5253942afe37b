/**
 * Epochs: an institution whose books went back in time numbers its letters anew. It says so in the first letter of the new
 * epoch, one above the highest that anybody has seen of it, and names where its books start. What others hold above that
 * start is counted as lost; everything below must still fit. An epoch that was not announced, or is too far ahead, is not
 * believed.
 */
import { raiseAlarm, raiseAlarmOnce } from '../alarm.ts'
import type { InstitutionId } from '../ids.ts'
import type { Approved } from '../keys/approval.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { epochOf } from '../store/tenants.ts'
import { ClosedToPeer, isClosedTo, noteOpen } from './gate.ts'
import { type ContentOf, encodeContent } from './letter.ts'
import { type EpochBody, epochBodyOf, epochType, logChain } from './own-letters.ts'
import { contradiction, highestHeld, nameOf } from './standing.ts'
import { beginEpoch, lastSent, nextOutgoing, type Place, placeDue, type Stream, streamOf } from './streams.ts'
import { resume } from './suspension.ts'

/** A peer that we hear of for the first time may have had as many. */
const highestFirstEpoch = 1_000n

/** Epochs of lost books that are begun again with the next. Of more than that, people have to say that they are believed. */
const mostAtOnce = 100n

/** Where a chain stood when an epoch began; `logChain` is the change log. */
export type ChainStart = EpochBody['starts'][number]

/**
 * Begins an epoch of our own and announces it to every peer that we are open to; the others hear of it when we open to them.
 * `shown`: the highest epoch of ours that any peer has shown under our own signature. Those between are begun with it, as a
 * peer that never saw them takes none that leaves some out. `starts`: where our books stand now, before anything else is
 * written.
 */
export async function beginNewEpoch(
  tx: Tx,
  tenant: InstitutionId,
  { shown, starts }: { readonly shown: bigint; readonly starts: readonly ChainStart[] },
): Promise<bigint> {
  const before = await epochOf(tx, tenant)
  const epoch = await beginEpoch(tx, tenant, shown)
  const first = epoch - before > mostAtOnce ? epoch : before + 1n
  for (let each = first; each <= epoch; each++) await noteStarts(tx, tenant, tenant, each, starts)
  const peers = await tx.all<{ peer: InstitutionId }>(
    'SELECT peer FROM clearing_peer WHERE tenant = ? AND closed = 0 ORDER BY peer',
    tenant,
  )
  for (const { peer } of peers) await announceSince(tx, tenant, peer, before)
  return epoch
}

/** A peer has said what it holds: letters to it may be written. `shown`: the last epoch of ours that it has seen. */
export async function openStreams(tx: Tx, tenant: InstitutionId, peer: InstitutionId, shown: bigint): Promise<void> {
  await noteOpen(tx, tenant, peer)
  await announceSince(tx, tenant, peer, shown)
}

/**
 * The next place for a letter. The first of an epoch is taken by its announcement, as to a peer that was pinned since; the
 * bulk stream has none, and its letters of an epoch wait until that was announced.
 * @throws ClosedToPeer
 */
export async function nextPlace(
  tx: Tx,
  from: InstitutionId,
  to: InstitutionId,
  stream: Stream = 'first',
): Promise<Place> {
  if (await isClosedTo(tx, from, to)) throw new ClosedToPeer(to)
  const place = await nextOutgoing(tx, from, to, stream)
  if (place.epoch === 1n || place.sequence > 1n) return place
  await writeAnnouncement(tx, from, to, place)
  return nextOutgoing(tx, from, to)
}

/** Announces every epoch above `shown`, which is 1 at least, that was not announced to it before. */
async function announceSince(tx: Tx, from: InstitutionId, to: InstitutionId, shown: bigint): Promise<void> {
  const own = await epochOf(tx, from)
  const missing = await tx.all<{ epoch: bigint }>(
    `SELECT epoch FROM (SELECT epoch FROM clearing_epoch_start WHERE tenant = ? AND peer = ?
       UNION SELECT epoch FROM institution WHERE tenant = ?) AS begun
     WHERE epoch > ? AND NOT EXISTS (SELECT 1 FROM clearing_outbox AS letter
       WHERE letter.tenant = ? AND letter.peer = ? AND letter.epoch = begun.epoch AND sequence = 1)
     ORDER BY epoch`,
    ...[from, from, from, shown, from, to],
  )
  for (const { epoch } of missing) {
    const place = epoch === own ? await nextOutgoing(tx, from, to) : { epoch, sequence: 1n }
    await writeAnnouncement(tx, from, to, place)
  }
}

async function writeAnnouncement(tx: Tx, from: InstitutionId, to: InstitutionId, place: Place): Promise<void> {
  const body: EpochBody = {
    starts: [...(await startsOf(tx, from, from, place.epoch))],
    due: await placeDue(tx, from, to),
    bulkDue: await placeDue(tx, from, to, 'bulk'),
    sent: await lastSent(tx, from, to, 'first', place.epoch),
    bulkSent: await lastSent(tx, from, to, 'bulk', place.epoch),
  }
  await tx.run(
    'INSERT INTO clearing_outbox (tenant, peer, epoch, sequence, type, content) VALUES (?, ?, ?, ?, ?, ?)',
    from,
    to,
    place.epoch,
    place.sequence,
    epochType,
    encodeContent({ kind: 'letter', from, to, ...place, type: epochType, body }),
  )
}

/** Whether what a peer signed in `epoch` may count: `later` once the announcement has come that must be on its way. */
export async function admitEpoch(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  epoch: bigint,
  at: number,
): Promise<'now' | 'later' | 'never'> {
  const known = await knownEpoch(tx, tenant, peer)
  if (epoch <= known || (known === 0n && epoch <= highestFirstEpoch)) return 'now'
  if (epoch <= (await farthest(tx, tenant, peer, known))) return 'later'
  await raiseJump(tx, tenant, peer, epoch, known, at)
  return 'never'
}

/** Whether a letter of an epoch above that of the stream may begin it. An alarm says why when not. */
export async function mayBegin(
  tx: Tx,
  tenant: InstitutionId,
  { from: peer, epoch, sequence, type, body }: ContentOf<'letter'>,
  at: number,
): Promise<boolean> {
  const known = await knownEpoch(tx, tenant, peer)
  // The first stream announces an epoch; letters of the bulk stream wait for it.
  if (streamOf({ sequence }) === 'bulk') return epoch === known || (epoch === 1n && known === 0n)
  if (epoch > (await farthest(tx, tenant, peer, known))) {
    await raiseJump(tx, tenant, peer, epoch, known, at)
    return false
  }
  if (sequence !== 1n) return false
  if (epoch === 1n || epochBodyOf({ type, body }) !== undefined) return true
  const detail = `its first letter of epoch ${epoch} does not announce it`
  await raiseAlarmOnce(tx, tenant, { peer, kind: 'unannounced-epoch', detail, at })
  return false
}

/** A peer has announced an epoch (`sentAgain`: letters that it had lost): what we hold above its start is lost there, and people hear how much. */
export async function noteAnnouncement(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  epoch: bigint,
  { starts }: EpochBody,
  sentAgain: number,
  at: number,
): Promise<void> {
  const lost: string[] = []
  for (const { chain, seq, hash } of starts) {
    const held = { tenant, peer, chain }
    const found = await contradiction(tx, held, { epoch, seq, hash })
    const kind = chain === logChain ? 'forked-log' : 'forked-ledger'
    if (found !== undefined) await raiseAlarm(tx, tenant, { peer, kind, detail: found, at })
    const highest = await highestHeld(tx, held, epoch)
    if (highest !== undefined && highest > seq)
      lost.push(`rows ${seq + 1n} to ${highest} of ${nameOf(chain)} are lost there`)
  }
  await noteStarts(tx, tenant, peer, epoch, starts)
  if (sentAgain > 0) lost.push(`${sentAgain} letters are sent there again`)
  await resume(tx, tenant, peer)
  const detail = [`epoch ${epoch} began`, ...lost].join('; ')
  await raiseAlarm(tx, tenant, { peer, kind: 'peer-recovered', detail, at })
}

async function startsOf(
  tx: ReadTx,
  tenant: InstitutionId,
  of: InstitutionId,
  epoch: bigint,
): Promise<readonly ChainStart[]> {
  return tx.all<{ chain: string; seq: bigint; hash: string }>(
    'SELECT chain, seq, hash FROM clearing_epoch_start WHERE tenant = ? AND peer = ? AND epoch = ? ORDER BY chain',
    tenant,
    of,
    epoch,
  )
}

export type EpochPermission = { readonly outcome: 'allowed' } | { readonly outcome: 'not-a-peer' }

/** Two people have asked the peer why it left epochs out, and let it go on with this one. */
export async function allowEpoch(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  epoch: bigint,
  _by: Approved,
): Promise<EpochPermission> {
  const changed = await tx.run(
    'UPDATE clearing_peer SET allowed_epoch = ? WHERE tenant = ? AND peer = ?',
    epoch,
    tenant,
    peer,
  )
  return changed === 1n ? { outcome: 'allowed' } : { outcome: 'not-a-peer' }
}

async function noteStarts(
  tx: Tx,
  tenant: InstitutionId,
  of: InstitutionId,
  epoch: bigint,
  starts: readonly ChainStart[],
): Promise<void> {
  for (const { chain, seq, hash } of starts) {
    await tx.run(
      'INSERT INTO clearing_epoch_start (tenant, peer, epoch, chain, seq, hash) VALUES (?, ?, ?, ?, ?, ?)',
      ...[tenant, of, epoch, chain, seq, hash],
    )
  }
}

/** The highest epoch of which the peer has shown us anything that counted; 0: nothing yet. */
async function knownEpoch(tx: ReadTx, tenant: InstitutionId, peer: InstitutionId): Promise<bigint> {
  const row = await tx.one<{ epoch: bigint | null }>(
    `SELECT max(epoch) AS epoch FROM (
       SELECT incoming_epoch AS epoch FROM counterparty WHERE tenant = ? AND counterparty = ?
       UNION ALL SELECT max(epoch) FROM clearing_head WHERE tenant = ? AND peer = ?
       UNION ALL SELECT max(epoch) FROM clearing_log_head WHERE tenant = ? AND peer = ?)`,
    ...[tenant, peer, tenant, peer, tenant, peer],
  )
  return row?.epoch ?? 0n
}

async function farthest(tx: ReadTx, tenant: InstitutionId, peer: InstitutionId, known: bigint): Promise<bigint> {
  const row = await tx.one<{ allowed: bigint | null }>(
    'SELECT allowed_epoch AS allowed FROM clearing_peer WHERE tenant = ? AND peer = ?',
    tenant,
    peer,
  )
  const next = known === 0n ? highestFirstEpoch : known + 1n
  const allowed = row?.allowed ?? 0n
  return allowed > next ? allowed : next
}

async function raiseJump(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  epoch: bigint,
  known: bigint,
  at: number,
): Promise<void> {
  const detail = `it sends from epoch ${epoch}, and ${known} is the last that is known of it`
  await raiseAlarmOnce(tx, tenant, { peer, kind: 'epoch-jump', detail, at })
}
