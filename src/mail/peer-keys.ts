/**
 * By which keys a counterparty was known, from when to when. Two people pin the first of each purpose, and later ones come in
 * its letters (`key-letters.ts`). The newest is the one to write to it with; those before it count until the counterparty has
 * shown that it uses them no longer.
 */
import type { InstitutionId } from '../ids.ts'
import type { PublicKey, PublicPurpose } from '../keys/keys.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { Place } from './streams.ts'

interface NewPeerKey {
  readonly key: PublicKey
  readonly since: number
  /** Of the letter that told it; undefined: two people pinned it. */
  readonly toldAt?: Place | undefined
}

/** Those of one counterparty that count now. */
export interface LiveKeys {
  /** Newest first. */
  readonly of: (purpose: PublicPurpose) => readonly PublicKey[]
}

/** In the order in which they came to be known, of every counterparty. */
export async function livePeerKeys(tx: ReadTx, tenant: InstitutionId): Promise<ReadonlyMap<InstitutionId, LiveKeys>> {
  const rows = await tx.all<{ peer: InstitutionId; purpose: PublicPurpose; keyId: string; bytes: Uint8Array }>(
    `SELECT peer, purpose, key_id AS keyId, public_key AS bytes FROM peer_key
     WHERE tenant = ? AND ended_at IS NULL ORDER BY peer, purpose, number DESC`,
    tenant,
  )
  const byPeer = new Map<InstitutionId, PublicKey[]>()
  for (const { peer, ...key } of rows) byPeer.set(peer, [...(byPeer.get(peer) ?? []), key])
  return new Map([...byPeer].map(([peer, keys]) => [peer, { of: purpose => keys.filter(k => k.purpose === purpose) }]))
}

/** By which heads of a counterparty were ever known, the newest first: what was signed with an older one stands for ever. */
export async function everyLedgerKey(
  tx: ReadTx,
  tenant: InstitutionId,
  peer: InstitutionId,
): Promise<readonly PublicKey[]> {
  const rows = await tx.all<{ keyId: string; bytes: Uint8Array }>(
    `SELECT key_id AS keyId, public_key AS bytes FROM peer_key
     WHERE tenant = ? AND peer = ? AND purpose = 'ledger' ORDER BY number DESC`,
    ...[tenant, peer],
  )
  return rows.map(row => ({ ...row, purpose: 'ledger' }))
}

/** Two people have pinned a card: its keys count from now on, and none that was known before. */
export async function pinKeys(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  keys: readonly PublicKey[],
  at: number,
): Promise<void> {
  await tx.run(
    'UPDATE peer_key SET ended_at = ? WHERE tenant = ? AND peer = ? AND ended_at IS NULL',
    whole(at),
    tenant,
    peer,
  )
  for (const key of keys) await add(tx, tenant, peer, { key, since: at })
}

export type KeyTaking =
  /** `known`: it is the one that is used already. `older`: it was, and another has taken its place. */
  | { readonly outcome: 'taken' | 'known' | 'older' }
  /** It follows no key by which the peer is known. */
  | { readonly outcome: 'out-of-line' }

/** A peer's letter tells a new key, in place of one of `replaces`. */
export async function takePeerKey(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  { key, since, toldAt, replaces }: NewPeerKey & { readonly replaces: readonly string[] },
): Promise<KeyTaking> {
  const [newest] = (await livePeerKeys(tx, tenant)).get(peer)?.of(key.purpose) ?? []
  const before = await tx.one<{ number: bigint }>(
    `SELECT number FROM peer_key WHERE tenant = ? AND peer = ? AND purpose = ? AND key_id = ? AND public_key = ?
     ORDER BY number DESC LIMIT 1`,
    ...[tenant, peer, key.purpose, key.keyId, key.bytes],
  )
  if (before !== undefined) return { outcome: newest?.keyId === key.keyId ? 'known' : 'older' }
  if (newest === undefined || !replaces.includes(newest.keyId)) return { outcome: 'out-of-line' }
  await add(tx, tenant, peer, { key, since, toldAt })
  return { outcome: 'taken' }
}

/** The peer uses this key, and none of its purpose that it had before. */
export async function endOlderKeys(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  { purpose, keyId }: { readonly purpose: PublicPurpose; readonly keyId: string },
  at: number,
): Promise<void> {
  const row = await tx.one<{ number: bigint }>(
    'SELECT number FROM peer_key WHERE tenant = ? AND peer = ? AND purpose = ? AND key_id = ? AND ended_at IS NULL',
    ...[tenant, peer, purpose, keyId],
  )
  if (row === undefined) return
  await tx.run(
    `UPDATE peer_key SET ended_at = ?
     WHERE tenant = ? AND peer = ? AND purpose = ? AND number < ? AND ended_at IS NULL`,
    ...[whole(at), tenant, peer, purpose, row.number],
  )
}

async function add(tx: Tx, tenant: InstitutionId, peer: InstitutionId, { key, since, toldAt }: NewPeerKey) {
  await tx.run(
    `INSERT INTO peer_key (tenant, peer, purpose, number, key_id, public_key, since, epoch, sequence)
     SELECT ?, ?, ?, coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?
     FROM peer_key WHERE tenant = ? AND peer = ? AND purpose = ?`,
    ...[tenant, peer, key.purpose, key.keyId, key.bytes, whole(since)],
    ...[toldAt?.epoch ?? null, toldAt?.sequence ?? null, tenant, peer, key.purpose],
  )
}

const whole = (ms: number): bigint => BigInt(Math.trunc(ms))
