/**
 * Which of an institution's own keys is used towards whom, and what is still to be done of a change: every step is carried out
 * again after a crash until the books say that it was done.
 *
 *     ──▶ key made ──commit──▶ in use, and told to each peer that is open ──▶ taken ──▶ confirmed by all, or let go by two people ──▶ older ones destroyed
 *
 * A peer that has not taken a new key is written to with the one that it knows. Where a peer does not answer, the next try is
 * made with another of our keys: it may have pinned a newer card, and books that went back in time do not know what it knows.
 */
import type { InstitutionId } from '../ids.ts'
import type { KeyStore, PublicKey, PublicPurpose } from '../keys/keys.ts'
import { publicPurposes } from '../keys/keys.ts'
import type { Runtime } from '../runtime.ts'
import type { Store } from '../store/store.ts'
import { isClosedTo } from './gate.ts'
import { proofOf } from './key-letters.ts'
import { writeLetter } from './outbox.ts'
import { inUse, noteDestroyed, noteTold, type OwnKey, ownKeys, spareKey, type Told, toldKeys } from './own-keys.ts'
import { pinnings } from './peers.ts'
import type { OwnIdentity } from './transport.ts'

interface Parts {
  readonly institution: InstitutionId
  readonly store: Store
  readonly runtime: Runtime
  readonly keys: KeyStore
}

/** Between peers and purposes that can be tried out. What signs heads is never guessed: a wrong one would raise an alarm there. */
const triedOut = ['envelope', 'transport'] as const

/** Private keys of these are of no use, once nothing is made for them any more. Heads are verified with theirs for ever. */
const destroyable: readonly PublicPurpose[] = ['envelope', 'receive', 'transport']

export class KeyChanges {
  readonly #parts: Parts
  #own: readonly OwnKey[] = []
  #told: readonly Told[] = []
  #pinnedAt: ReadonlyMap<InstitutionId, number> = new Map()
  #identities: readonly OwnIdentity[] = []
  /** How often each peer did not answer since it last did with what was tried then. */
  readonly #offsets = new Map<InstitutionId, number>()
  #working: Promise<void> = Promise.resolve()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Reads what the books say. */
  async refresh(): Promise<void> {
    const { institution, store, keys } = this.#parts
    const [own, told, pinned] = await store.read(async tx => [
      await ownKeys(tx, institution),
      await toldKeys(tx, institution),
      await pinnings(tx, institution),
    ])
    this.#own = own
    this.#told = told
    this.#pinnedAt = new Map(pinned.map(({ peer, pinnedAt }) => [peer, Number(pinnedAt)]))
    for (const purpose of publicPurposes) keys.use(inUse(keys, own, purpose).keyId)
    const live = keys.publicKeys().filter(({ purpose }) => purpose === 'transport')
    const isSame =
      live.length === this.#identities.length && live.every((key, i) => key.keyId === this.#identities[i]?.key.keyId)
    if (!isSame) this.#identities = live.map(key => ({ key, identity: keys.transportIdentity(key.keyId) }))
  }

  /** With which we are known on connections: the same list until it changes. */
  identities(): readonly OwnIdentity[] {
    return this.#identities
  }

  /** The key to sign with for this peer. */
  signing(to: InstitutionId): string {
    return this.#candidate(to, 'envelope').keyId
  }

  /** The key to sign heads with for this peer. */
  heads(to: InstitutionId): string {
    return this.#candidates(to, 'ledger')[0]?.keyId ?? this.#parts.keys.publicKey('ledger').keyId
  }

  /** As whom to connect to this peer. */
  identity(to: InstitutionId): OwnIdentity {
    const key = this.#candidate(to, 'transport')
    const known = this.#identities.find(each => each.key.keyId === key.keyId)
    return known ?? { key, identity: this.#parts.keys.transportIdentity(key.keyId) }
  }

  /** The receiving key in use, for a peer that knows none of those that are left: it was let go before that peer took another. */
  receiving(to: InstitutionId): PublicKey | undefined {
    if (this.#own.every(({ letGo }) => letGo === undefined)) return undefined
    const known = this.#known(to, 'receive')
    const isLeft = this.#parts.keys.publicKeys().some(({ keyId }) => keyId === known)
    return isLeft ? undefined : this.#parts.keys.publicKey('receive')
  }

  /** It did not answer, or not so that it could be believed. */
  failed(to: InstitutionId): void {
    this.#offsets.set(to, (this.#offsets.get(to) ?? 0) + 1)
  }

  /** A key for a change: one that was made for a change that did not come to pass, or a new one. */
  async keyFor(purpose: PublicPurpose): Promise<PublicKey> {
    const { institution, store, keys, runtime } = this.#parts
    const own = await store.read(tx => ownKeys(tx, institution, purpose))
    const key = spareKey(keys, own, purpose) ?? (await keys.make(purpose))
    runtime.reached('key.made')
    return key
  }

  /** Tells and destroys what is to be told and destroyed. Returns whether letters were written. */
  carryOn(): Promise<boolean> {
    const done = this.#working.then(() => this.#carryOnNow())
    this.#working = done.then(
      () => {},
      () => {},
    )
    return done
  }

  async #carryOnNow(): Promise<boolean> {
    await this.refresh()
    if (this.#own.length === 0) return false
    let isTold = false
    for (const peer of this.#pinnedAt.keys()) if (await this.#tell(peer)) isTold = true
    await this.#destroy()
    if (isTold) await this.refresh()
    return isTold
  }

  /** Every change that it was not told of, or refused as its program did not know such letters. */
  async #tell(peer: InstitutionId): Promise<boolean> {
    const { institution, store, keys, runtime } = this.#parts
    let isTold = false
    for (const purpose of publicPurposes) {
      const own = this.#own.filter(key => key.purpose === purpose)
      const newest = own.at(-1)
      if (newest === undefined || newest.origin === 'first') continue
      const before = this.#told.find(told => told.peer === peer && told.keyId === newest.keyId)
      if (before !== undefined && before.outcome !== 'refused') continue
      const proof = await proofOf(keys, institution, newest)
      const replaces = own.slice(0, -1).map(({ keyId }) => keyId)
      const { keyId, bytes } = newest
      const told = await store.execute(async tx => {
        if (await isClosedTo(tx, institution, peer)) return false
        const body = { purpose, key: { keyId, bytes }, replaces, proof }
        const place = await writeLetter(tx, { from: institution, to: peer, type: 'new-key', body })
        await noteTold(tx, institution, keyId, peer, place)
        return true
      })
      if (told) runtime.reached('key.told')
      isTold ||= told
    }
    return isTold
  }

  async #destroy(): Promise<void> {
    const { institution, store, keys, runtime } = this.#parts
    for (const purpose of destroyable) {
      const own = this.#own.filter(key => key.purpose === purpose)
      // Keys that were brought back from an older export: people have to say what is to become of them.
      if (keys.publicKey(purpose).keyId !== own.at(-1)?.keyId) continue
      const reached = own.findLastIndex((_, i) => this.#areAllAt(own.slice(i)))
      for (const [at, { keyId, destroyedAt, letGo }] of own.entries()) {
        const isOver = at < reached || (letGo !== undefined && at < own.length - 1)
        if (!isOver || destroyedAt !== undefined) continue
        await keys.destroy(keyId)
        runtime.reached('key.destroyed')
        const now = runtime.wallNow()
        await store.execute(tx => noteDestroyed(tx, institution, keyId, now))
      }
    }
    await this.refresh()
  }

  /** Whether every peer has confirmed one of these. */
  #areAllAt(these: readonly OwnKey[]): boolean {
    return [...this.#pinnedAt.keys()].every(peer =>
      this.#told.some(told => told.peer === peer && told.isConfirmed && these.some(key => key.keyId === told.keyId)),
    )
  }

  #candidate(to: InstitutionId, purpose: (typeof triedOut)[number]): PublicKey {
    let offset = this.#offsets.get(to) ?? 0
    for (const each of triedOut) {
      const candidates = this.#candidates(to, each)
      const found = candidates[offset % candidates.length]
      if (each === purpose && found !== undefined) return found
      offset = Math.floor(offset / Math.max(candidates.length, 1))
    }
    return this.#parts.keys.publicKey(purpose)
  }

  /** The one that the peer knows by all that the books say, then the others, newest first. */
  #candidates(to: InstitutionId, purpose: PublicPurpose): readonly PublicKey[] {
    const live = this.#parts.keys.publicKeys().filter(key => key.purpose === purpose)
    if (live.length < 2) return live
    const known = this.#known(to, purpose)
    const newestFirst = live.toReversed()
    const first = newestFirst.find(({ keyId }) => keyId === known) ?? newestFirst[0]
    return first === undefined ? [] : [first, ...newestFirst.filter(key => key !== first)]
  }

  #known(to: InstitutionId, purpose: PublicPurpose): string | undefined {
    const own = this.#own.filter(key => key.purpose === purpose)
    if (own.length === 0) return inUse(this.#parts.keys, this.#own, purpose).keyId
    const pinnedAt = this.#pinnedAt.get(to) ?? Number.POSITIVE_INFINITY
    const isKnown = ({ keyId, since, origin }: OwnKey) => {
      const told = this.#told.find(each => each.peer === to && each.keyId === keyId)
      // Who was pinned later has a card of ours that has it.
      return origin === 'first' || (told ? told.isTaken : pinnedAt > since)
    }
    return own.findLast(isKnown)?.keyId
  }
}
