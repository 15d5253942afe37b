/**
 * Who may come in over TLS. A handshake costs 1.3 ms of a core, so it is not begun with everybody: a peer knocks with a name
 * that only those can form who have both cards, in the first message of the handshake (SNI, RFC 6066 section 3), and
 * whoever does not is turned away for a quarter of that. The knock proves nothing; the handshake does, by the pinned key.
 */
import { createHash } from 'node:crypto'
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import { encodeCanonical } from '../canonical.ts'
import type { InstitutionId } from '../ids.ts'
import { provenKey } from '../keys/proven-key.ts'
import { RateLimit } from '../keys/rate-limit.ts'
import type { Runtime } from '../runtime.ts'
import { type KnownPeer, keysOf } from './peers.ts'
import type { BundleReceiver, Credentials, OwnIdentity } from './transport.ts'

/** Handshakes of one peer: it keeps its connections, and needs new ones after a restart. */
const handshakes = { burst: 30, perMinute: 300 }

/** The server name under which `from` asks for `to`: 128 bits of a hash over both transport keys, then the institution. */
export function knock(
  from: { readonly institution: InstitutionId; readonly key: Uint8Array },
  to: { readonly institution: InstitutionId; readonly key: Uint8Array },
): string {
  const content = encodeCanonical(['tonebank knock', 1, from.institution, from.key, to.institution, to.key])
  return `${createHash('sha256').update(content).digest('hex').slice(0, 32)}.${to.institution}`
}

interface Door {
  readonly receiver: BundleReceiver
  readonly as: Credentials
  /** By the id of the key of ours that is shown. */
  readonly contexts: Map<string, SecureContext>
  peers: readonly KnownPeer[]
  identities: readonly OwnIdentity[]
  byKnock: ReadonlyMap<string, Knocking>
}

/** A knock says who knocks with which key, and which of ours the other end expects: during a change there are two of either. */
interface Knocking {
  readonly peer: InstitutionId
  readonly key: Uint8Array
  readonly own: OwnIdentity
}

export interface Visitor {
  readonly peer: InstitutionId
  readonly institution: InstitutionId
  readonly receiver: BundleReceiver
}

export class Doors {
  readonly #doors = new Map<string, Door>()
  readonly #handshakes: RateLimit

  constructor(runtime: Runtime) {
    this.#handshakes = new RateLimit(runtime, handshakes)
  }

  /** Returns what closes it again. */
  open(institution: InstitutionId, receiver: BundleReceiver, as: Credentials): () => void {
    const door: Door = { receiver, as, contexts: new Map(), peers: [], identities: [], byKnock: new Map() }
    this.#doors.set(institution, door)
    return () => {
      if (this.#doors.get(institution) === door) this.#doors.delete(institution)
    }
  }

  /** With what to go on with a handshake; undefined: not at all. */
  contextFor(name: string): SecureContext | undefined {
    const found = this.#find(name)
    return found && this.#handshakes.take(name) ? contextOf(found.door, found.knocking.own) : undefined
  }

  /** Who has come, once the handshake is done; undefined when it is not who knocked. */
  visitor(socket: TLSSocket): Visitor | undefined {
    const name = typeof socket.servername === 'string' ? socket.servername : ''
    const found = this.#find(name)
    const proven = provenKey(socket)
    if (found === undefined || proven === undefined) return undefined
    const { door, knocking } = found
    if (!Buffer.from(knocking.key).equals(proven)) return undefined
    return { peer: knocking.peer, institution: door.as.institution, receiver: door.receiver }
  }

  #find(name: string): { readonly door: Door; readonly knocking: Knocking } | undefined {
    const door = this.#doors.get(name.slice(name.indexOf('.') + 1))
    if (door === undefined) return undefined
    const peers = door.as.peers()
    const identities = identitiesOf(door.as)
    if (peers !== door.peers || identities !== door.identities) {
      door.peers = peers
      door.identities = identities
      door.byKnock = knocksOf(door.as.institution, identities, peers)
      for (const keyId of door.contexts.keys())
        if (!identities.some(({ key }) => key.keyId === keyId)) door.contexts.delete(keyId)
    }
    const knocking = door.byKnock.get(name)
    return knocking && { door, knocking }
  }
}

/** Of credentials that name no others: the one, and the same list each time. */
const alone = new WeakMap<Credentials, readonly OwnIdentity[]>()

function identitiesOf(as: Credentials): readonly OwnIdentity[] {
  if (as.identities) return as.identities()
  const only = alone.get(as) ?? [{ key: as.key, identity: as.identity }]
  alone.set(as, only)
  return only
}

function contextOf({ contexts }: Door, { key, identity }: OwnIdentity): SecureContext {
  const known = contexts.get(key.keyId)
  if (known) return known
  const { certificate, privateKey } = identity
  const context = createSecureContext({ cert: certificate, key: privateKey, minVersion: 'TLSv1.3' })
  contexts.set(key.keyId, context)
  return context
}

function knocksOf(
  institution: InstitutionId,
  identities: readonly OwnIdentity[],
  peers: readonly KnownPeer[],
): ReadonlyMap<string, Knocking> {
  const knocks = new Map<string, Knocking>()
  for (const own of identities) {
    for (const peer of peers) {
      for (const { bytes } of keysOf(peer, 'transport')) {
        const from = { institution: peer.institution, key: bytes }
        const name = knock(from, { institution, key: own.key.bytes })
        knocks.set(name, { peer: peer.institution, key: bytes, own })
      }
    }
  }
  return knocks
}
