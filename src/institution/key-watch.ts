/**
 * The keys of an institution as its people see them: which there are, for whom older ones are kept, and when a certificate comes
 * to its end. Every night looks after that: a transport key is changed a month before its certificate ends, and people hear of
 * one that is still in use two weeks before.
 */
import { raiseAlarmOnce } from '../alarm.ts'
import type { InstitutionId } from '../ids.ts'
import { lifetimeMs } from '../keys/certificate.ts'
import type { KeyStore, PublicPurpose } from '../keys/keys.ts'
import type { Mail } from '../mail/mail.ts'
import { changeTo, inUse, type OwnKey, ownKeys, type Told, toldKeys } from '../mail/own-keys.ts'
import { ownCard, type PeerCard, pinnedPeers } from '../mail/peers.ts'
import { now, type Runtime } from '../runtime.ts'
import type { ReadTx, Store } from '../store/store.ts'

const dayMs = 86_400_000
const renewBeforeMs = 30 * dayMs
const alarmBeforeMs = 14 * dayMs
/** A counterparty that has not taken a new key by then is either away for long or does not know how. */
const takenWithinMs = 7 * dayMs

export interface ListedKey {
  readonly keyId: string
  readonly purpose: PublicPurpose
  /** Milliseconds since 1970; undefined: it came with the institution, and says nothing of when. */
  readonly since: number | undefined
  /** Of a transport key: when its certificate ends. */
  readonly expiresAt: number | undefined
  readonly state: 'in use' | 'kept' | 'unused' | 'destroyed'
  readonly destroyedAt: number | undefined
  /** In use: who has not taken it yet. Kept: for whom. */
  readonly peers: readonly InstitutionId[]
}

export interface KeyWatch {
  /** What counterparties pin now. */
  card(): PeerCard
  list(): Promise<readonly ListedKey[]>
  /** Raises the alarm for a certificate in a file, once. `end`: milliseconds since 1970. */
  certificateEnds(file: string, end: number): Promise<void>
  /** Renews what is to be renewed, and raises alarms. */
  look(): Promise<void>
}

interface Parts {
  readonly institution: InstitutionId
  readonly store: Store
  readonly runtime: Runtime
  readonly keys: KeyStore
  readonly mail: Pick<Mail, 'changeKey' | 'keysChanged'>
}

export function keyWatch(parts: Parts): KeyWatch {
  const { institution, store, keys } = parts
  return {
    card: () => ownCard(institution, keys),
    certificateEnds: (file, end) => {
      const at = now({ runtime: parts.runtime })
      const alarm = { peer: institution, kind: 'certificate-expires', detail: ends(`in ${file}`, end), at } as const
      return store.execute(tx => raiseAlarmOnce(tx, institution, alarm))
    },
    list: () => store.read(tx => list(tx, parts)),
    look: async () => {
      await renew(parts)
      await warn(parts)
    },
  }
}

async function list(tx: ReadTx, { institution, keys }: Parts): Promise<readonly ListedKey[]> {
  const own = await ownKeys(tx, institution)
  const told = await toldKeys(tx, institution)
  const peers = (await pinnedPeers(tx, institution)).map(peer => peer.institution)
  const live = keys.publicKeys()
  const gone = own.filter(({ keyId }) => !live.some(key => key.keyId === keyId))
  const listed = [...live, ...gone].map(({ keyId, purpose }): ListedKey => {
    const row = own.find(key => key.keyId === keyId)
    const isInUse = inUse(keys, own, purpose).keyId === keyId
    const isKnown = row !== undefined || isInUse
    const isGone = !live.some(key => key.keyId === keyId)
    const later = own.filter(key => key.purpose === purpose && key.number >= (row?.number ?? 1n))
    const isOlder = !isInUse && isKnown && !isGone
    return {
      ...{ keyId, purpose, since: keys.madeAt(keyId) ?? (row && row.since > 0 ? row.since : undefined) },
      expiresAt: purpose === 'transport' && !isGone ? endOf(keys, keyId) : undefined,
      state: isGone ? 'destroyed' : isInUse ? 'in use' : isKnown ? 'kept' : 'unused',
      destroyedAt: row?.destroyedAt,
      peers:
        isOlder || (isInUse && later.length > 0 && row?.origin !== 'first') ? waiting(peers, told, later, keyId) : [],
    }
  })
  return listed.toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1))
}

/** Those of whom something may still come that was made for an older key than the last of `later`. */
function waiting(peers: readonly InstitutionId[], told: readonly Told[], later: readonly OwnKey[], keyId: string) {
  const newer = later.length > 1 ? later.filter(key => key.keyId !== keyId) : later
  return peers.filter(
    peer => !told.some(each => each.peer === peer && each.isConfirmed && newer.some(key => key.keyId === each.keyId)),
  )
}

/** Undefined: its certificate says that it has no end. */
function endOf(keys: Pick<KeyStore, 'madeAt'>, keyId: string): number | undefined {
  const madeAt = keys.madeAt(keyId)
  return madeAt === undefined ? undefined : madeAt + lifetimeMs
}

async function renew({ institution, store, runtime, keys, mail }: Parts): Promise<void> {
  const at = now({ runtime })
  const end = endOf(keys, keys.publicKey('transport').keyId)
  if (end === undefined || end - at > renewBeforeMs) return
  const key = await mail.changeKey('transport')
  await store.execute(async tx => {
    const known = await ownKeys(tx, institution, 'transport')
    if (known.some(({ keyId }) => keyId === key.keyId)) return
    await changeTo(tx, institution, keys, key, { origin: 'renewed', at })
  })
  await mail.keysChanged()
}

async function warn({ institution, store, runtime, keys }: Parts): Promise<void> {
  const at = now({ runtime })
  const ending = keys.publicKeys().filter(({ keyId, purpose }) => {
    const end = purpose === 'transport' ? endOf(keys, keyId) : undefined
    return end !== undefined && end - at <= alarmBeforeMs
  })
  const late = await store.read(async tx => {
    const own = await ownKeys(tx, institution)
    if (own.length === 0) return []
    const told = await toldKeys(tx, institution)
    const overdue = own.filter(
      key =>
        key === own.findLast(each => each.purpose === key.purpose) &&
        key.origin !== 'first' &&
        at - key.since > takenWithinMs,
    )
    // Also one that could not be told yet, and one that took it and has not answered: older keys are kept for either.
    const peers = (await pinnedPeers(tx, institution)).map(peer => peer.institution)
    const isDone = (peer: InstitutionId, keyId: string) =>
      told.some(each => each.peer === peer && each.keyId === keyId && each.isConfirmed)
    return overdue.flatMap(({ keyId }) => peers.filter(peer => !isDone(peer, keyId)).map(peer => ({ keyId, peer })))
  })
  if (ending.length + late.length === 0) return
  await store.execute(async tx => {
    for (const { keyId } of ending) {
      const detail = ends(`of ${keyId}`, endOf(keys, keyId) ?? 0)
      await raiseAlarmOnce(tx, institution, { peer: institution, kind: 'certificate-expires', detail, at })
    }
    for (const { keyId, peer } of late) {
      const detail = `it has not confirmed ${keyId} within a week`
      await raiseAlarmOnce(tx, institution, { peer, kind: 'key-not-taken', detail, at })
    }
  })
}

const dateOf = new Intl.DateTimeFormat('sv-SE', { timeZone: 'UTC' })
const ends = (which: string, end: number) => `the certificate ${which} ends on ${dateOf.format(end)}`
