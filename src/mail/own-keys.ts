/**
 * Changes of an institution's own keys, as its books have them. A key of a purpose is the newest row; each counterparty is told
 * of it by letter, takes it, and confirms that nothing it wrote for an older one is still to come. Before a purpose is changed
 * for the first time it has no rows, and its key is the one that came with the institution.
 */
import type { InstitutionId } from '../ids.ts'
import { invariant, steppedOnce } from '../invariant.ts'
import { type KeyStore, type PublicKey, type PublicPurpose, publicPurposes } from '../keys/keys.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { Place } from './streams.ts'

export type Origin = 'first' | 'decided' | 'renewed' | 'found'

export interface OwnKey extends PublicKey {
  readonly number: bigint
  /** Milliseconds since 1970. */
  readonly since: number
  readonly origin: Origin
  readonly destroyedAt: number | undefined
  /** Two people's decision to destroy it, whoever may have something still that was made for it. */
  readonly letGo: string | undefined
}

/** Of one purpose, or of all; in order. */
export async function ownKeys(tx: ReadTx, tenant: InstitutionId, of?: PublicPurpose): Promise<readonly OwnKey[]> {
  const rows = await tx.all<{
    purpose: PublicPurpose
    number: bigint
    keyId: string
    bytes: Uint8Array
    since: bigint
    origin: Origin
    destroyed: bigint | null
    letGo: string | null
  }>(
    `SELECT purpose, number, key_id AS keyId, public_key AS bytes, since, origin, destroyed_at AS destroyed, let_go AS letGo
     FROM own_key WHERE tenant = ? ORDER BY purpose, number`,
    tenant,
  )
  const asked = rows.filter(({ purpose }) => of === undefined || of === purpose)
  return asked.map(({ since, destroyed, letGo, ...row }) => ({
    ...{ ...row, since: Number(since), letGo: letGo ?? undefined },
    destroyedAt: destroyed === null ? undefined : Number(destroyed),
  }))
}

/**
 * The key of a purpose that the books say is in use. Where they say nothing it is the first that there is: a later one was made
 * for a change that was never carried out, or that the books have lost.
 */
export function inUse(keys: Pick<KeyStore, 'publicKeys'>, own: readonly OwnKey[], purpose: PublicPurpose): PublicKey {
  const newest = own.filter(key => key.purpose === purpose).at(-1)
  const there = keys.publicKeys().filter(key => key.purpose === purpose)
  const found = there.find(({ keyId }) => keyId === newest?.keyId) ?? there[0]
  invariant(found !== undefined, 'there is no key for', purpose)
  return found
}

/** A key that the books say is in use, and that is not here. */
export async function keyElsewhere(
  tx: ReadTx,
  tenant: InstitutionId,
  keys: Pick<KeyStore, 'publicKeys'>,
): Promise<OwnKey | undefined> {
  const own = await ownKeys(tx, tenant)
  const newest = publicPurposes.flatMap(purpose => own.filter(key => key.purpose === purpose).slice(-1))
  return newest.find(({ keyId }) => !keys.publicKeys().some(key => key.keyId === keyId))
}

/** From now on `keys` uses those that the books say are in use. */
export async function useOwnKeys(tx: ReadTx, tenant: InstitutionId, keys: KeyStore): Promise<void> {
  const own = await ownKeys(tx, tenant)
  for (const purpose of publicPurposes) keys.use(inUse(keys, own, purpose).keyId)
}

/** A key that was made and never came into use. A change takes it, rather than make one more. */
export function spareKey(
  keys: Pick<KeyStore, 'publicKeys'>,
  own: readonly OwnKey[],
  purpose: PublicPurpose,
): PublicKey | undefined {
  const known = own.filter(key => key.purpose === purpose)
  const there = keys.publicKeys().filter(key => key.purpose === purpose)
  const unknown = there.filter(({ keyId }) => !known.some(key => key.keyId === keyId))
  return known.length === 0 ? unknown.slice(1).at(-1) : unknown.at(-1)
}

/** From now on `key` is the one of its purpose. Its counterparties have to be told (`tellOwnKeys`). */
export async function changeTo(
  tx: Tx,
  tenant: InstitutionId,
  keys: Pick<KeyStore, 'publicKeys' | 'madeAt'>,
  key: PublicKey,
  by: { readonly origin: Exclude<Origin, 'first'>; readonly decision?: string; readonly at: number },
): Promise<void> {
  const own = await ownKeys(tx, tenant, key.purpose)
  if (own.length === 0) {
    const first = inUse(keys, own, key.purpose)
    if (first.keyId !== key.keyId)
      await insert(tx, tenant, first, { origin: 'first', at: keys.madeAt(first.keyId) ?? 0 })
  }
  await insert(tx, tenant, key, by)
}

/** Keys that lie beside books that do not know them: the books went back in time to before a change. */
export async function adoptFound(tx: Tx, tenant: InstitutionId, keys: KeyStore, at: number): Promise<void> {
  for (const purpose of publicPurposes) {
    for (;;) {
      const own = await ownKeys(tx, tenant, purpose)
      const there = keys.publicKeys().filter(key => key.purpose === purpose)
      const [next] = there.slice(own.length === 0 ? 1 : 0).filter(key => !own.some(each => each.keyId === key.keyId))
      if (next === undefined) break
      await changeTo(tx, tenant, keys, next, { origin: 'found', at })
    }
  }
}

async function insert(
  tx: Tx,
  tenant: InstitutionId,
  { purpose, keyId, bytes }: PublicKey,
  { origin, decision, at }: { readonly origin: Origin; readonly decision?: string; readonly at: number },
): Promise<void> {
  await tx.run(
    `INSERT INTO own_key (tenant, purpose, number, key_id, public_key, since, origin, decision)
     SELECT ?, ?, coalesce(max(number), 0) + 1, ?, ?, ?, ?, ? FROM own_key WHERE tenant = ? AND purpose = ?`,
    ...[tenant, purpose, keyId, bytes, BigInt(Math.trunc(at)), origin, decision ?? null, tenant, purpose],
  )
}

/** How a counterparty stands to a key of our own that it was told of. */
export interface Told {
  readonly keyId: string
  readonly peer: InstitutionId
  /** Its answer to the letter; undefined: none yet. */
  readonly outcome: 'accepted' | 'refused' | undefined
  readonly isTaken: boolean
  readonly isConfirmed: boolean
}

export async function toldKeys(tx: ReadTx, tenant: InstitutionId): Promise<readonly Told[]> {
  const rows = await tx.all<{
    keyId: string
    peer: InstitutionId
    outcome: 'accepted' | 'refused' | null
    taken: bigint | null
    confirmed: bigint | null
  }>(
    `SELECT key_id AS keyId, told.peer, outcome, taken_at AS taken, confirmed_at AS confirmed
     FROM own_key_told AS told LEFT JOIN clearing_outbox USING (tenant, peer, epoch, sequence)
     WHERE tenant = ? ORDER BY key_id, told.peer`,
    tenant,
  )
  return rows.map(({ keyId, peer, outcome, taken, confirmed }) => ({
    ...{ keyId, peer, outcome: outcome ?? undefined, isTaken: taken !== null, isConfirmed: confirmed !== null },
  }))
}

export async function noteTold(
  tx: Tx,
  tenant: InstitutionId,
  keyId: string,
  peer: InstitutionId,
  { epoch, sequence }: Place,
): Promise<void> {
  await tx.run(
    `INSERT INTO own_key_told (tenant, key_id, peer, epoch, sequence) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (tenant, key_id, peer) DO UPDATE SET epoch = excluded.epoch, sequence = excluded.sequence`,
    ...[tenant, keyId, peer, epoch, sequence],
  )
}

/** The peer has taken the letter at this place: it knows the key. */
export async function noteTaken(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  { epoch, sequence }: Place,
  at: number,
): Promise<void> {
  await tx.run(
    `UPDATE own_key_told SET taken_at = ? WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ? AND taken_at IS NULL`,
    ...[BigInt(Math.trunc(at)), tenant, peer, epoch, sequence],
  )
}

/** All that the peer wrote before it took the key has come. False when it was not told of such a key. */
export async function noteConfirmed(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  keyId: string,
  at: number,
): Promise<boolean> {
  const when = BigInt(Math.trunc(at))
  const row = await tx.one<{ confirmed: bigint | null }>(
    'SELECT confirmed_at AS confirmed FROM own_key_told WHERE tenant = ? AND key_id = ? AND peer = ?',
    ...[tenant, keyId, peer],
  )
  if (row === undefined) return false
  if (row.confirmed !== null) return true
  const noted = await tx.run(
    `UPDATE own_key_told SET taken_at = coalesce(taken_at, ?), confirmed_at = ?
     WHERE tenant = ? AND key_id = ? AND peer = ? AND confirmed_at IS NULL`,
    ...[when, when, tenant, keyId, peer],
  )
  steppedOnce(noted, 'a key was confirmed twice', keyId)
  return true
}

export async function noteDestroyed(tx: Tx, tenant: InstitutionId, keyId: string, at: number): Promise<void> {
  const noted = await tx.run(
    'UPDATE own_key SET destroyed_at = ? WHERE tenant = ? AND key_id = ? AND destroyed_at IS NULL',
    ...[BigInt(Math.trunc(at)), tenant, keyId],
  )
  steppedOnce(noted, 'a key was destroyed twice', keyId)
}

/**
 * An older receiving key is destroyed without waiting for those that have not confirmed the new one. What they sealed to it is refused
 * and made anew.
 */
export async function letKeyGo(
  tx: Tx,
  tenant: InstitutionId,
  keyId: string,
  decision: string,
): Promise<{ readonly outcome: 'let-go' | 'unknown-key' | 'in-use' | 'gone-before' }> {
  const own = await ownKeys(tx, tenant, 'receive')
  const key = own.find(each => each.keyId === keyId)
  if (key === undefined) return { outcome: 'unknown-key' }
  if (key === own.at(-1)) return { outcome: 'in-use' }
  if (key.destroyedAt !== undefined || key.letGo !== undefined) return { outcome: 'gone-before' }
  await tx.run('UPDATE own_key SET let_go = ? WHERE tenant = ? AND key_id = ?', decision, tenant, keyId)
  return { outcome: 'let-go' }
}
