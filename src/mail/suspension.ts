/**
 * A peer that says what cannot be (it asks for letters again that it gave receipts for, or accuses us of having sent others)
 * is sent nothing more but, now and then, the one letter that should be due. Its answer to that may prove that it has all
 * that it must have; else two people look into it and let it go on.
 */

import type { InstitutionId } from '../ids.ts'
import { steppedOnce } from '../invariant.ts'
import type { Approved } from '../keys/approval.ts'
import type { ReadTx, Tx } from '../store/store.ts'

export async function isSuspended(tx: ReadTx, tenant: InstitutionId, peer: InstitutionId): Promise<boolean> {
  const row = await tx.one<{ suspended: bigint }>(
    'SELECT suspended FROM clearing_peer WHERE tenant = ? AND peer = ?',
    tenant,
    peer,
  )
  return row?.suspended === 1n
}

/** False when it was suspended before. */
export async function suspend(tx: Tx, tenant: InstitutionId, peer: InstitutionId): Promise<boolean> {
  const changed = await tx.run(
    'UPDATE clearing_peer SET suspended = 1 WHERE tenant = ? AND peer = ? AND suspended = 0',
    tenant,
    peer,
  )
  return changed === 1n
}

export async function resume(tx: Tx, tenant: InstitutionId, peer: InstitutionId): Promise<boolean> {
  // Read first: nearly every receipt comes from a peer that is not suspended, and a statement that writes is logged.
  if (!(await isSuspended(tx, tenant, peer))) return false
  const resumed = await tx.run(
    'UPDATE clearing_peer SET suspended = 0 WHERE tenant = ? AND peer = ? AND suspended = 1',
    tenant,
    peer,
  )
  steppedOnce(resumed, 'a peer was resumed that was not suspended', peer)
  return true
}

/** The alarm with which it was suspended last. Undefined: it is not suspended. */
export async function whySuspended(tx: ReadTx, tenant: InstitutionId, peer: InstitutionId) {
  if (!(await isSuspended(tx, tenant, peer))) return undefined
  const alarm = await tx.one<{ number: bigint; kind: string; detail: string; at: bigint }>(
    `SELECT number, kind, detail, at FROM clearing_alarm WHERE tenant = ? AND peer = ?
       AND kind IN ('accused-of-other-content', 'accused-of-old-epoch', 'peer-lost-receipts') ORDER BY number DESC LIMIT 1`,
    ...[tenant, peer],
  )
  return { alarm: alarm?.number ?? 0n, kind: alarm?.kind ?? '', detail: alarm?.detail ?? '', since: alarm?.at ?? 0n }
}

export type Resumption = { readonly outcome: 'resumed' } | { readonly outcome: 'not-suspended' }

/**
 * Two people have looked into it. Should the peer say the same again, it is suspended again. Afterwards the mail has to
 * meet its peers again (`Mail.meetPeers`).
 */
export async function resumePeer(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  _by: Approved,
): Promise<Resumption> {
  return (await resume(tx, tenant, peer)) ? { outcome: 'resumed' } : { outcome: 'not-suspended' }
}
