/**
 * Who may come in over TLS. A handshake costs 1.3 ms of a core, so it is not begun with everybody: a peer knocks with a name
 * that only those can form who have both cards, in the first message of the handshake (SNI, RFC 6066 section 3), and
 * whoever does not is turned away for a quarter of that. The knock proves nothing; the handshake does, by the pinned key.
 */
import { createHash } from 'node:crypto'
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import { encodeCanonical } from '../canonical.ts'
import type { InstitutionId } from '../ids.ts'
import { RateLimit } from '../keys/rate-limit.ts'
import type { Runtime } from '../runtime.ts'
import type { PeerCard } from './peers.ts'
import type { BundleReceiver, Credentials } from './transport.ts'

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

/** The Ed25519 key that the other end proved to have; undefined when it showed none. */
export function provenKey(socket: TLSSocket): Uint8Array | undefined {
  const key = socket.getPeerX509Certificate()?.publicKey
  // SubjectPublicKeyInfo ends with the 32 bytes (RFC 8410 section 4).
  return key?.asymmetricKeyType === 'ed25519' ? key.export({ format: 'der', type: 'spki' }).subarray(-32) : undefined
}

interface Door {
  readonly receiver: BundleReceiver
  readonly as: Credentials
  readonly context: SecureContext
  peers: readonly PeerCard[]
  byKnock: ReadonlyMap<string, PeerCard>
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
    const { certificate, privateKey } = as.identity
    const context = createSecureContext({ cert: certificate, key: privateKey, minVersion: 'TLSv1.3' })
    const door: Door = { receiver, as, context, peers: [], byKnock: new Map() }
    this.#doors.set(institution, door)
    return () => {
      if (this.#doors.get(institution) === door) this.#doors.delete(institution)
    }
  }

  /** With what to go on with a handshake; undefined: not at all. */
  contextFor(name: string): SecureContext | undefined {
    const found = this.#find(name)
    return found && this.#handshakes.take(name) ? found.door.context : undefined
  }

  /** Who has come, once the handshake is done; undefined when it is not who knocked. */
  visitor(socket: TLSSocket): Visitor | undefined {
    const name = typeof socket.servername === 'string' ? socket.servername : ''
    const found = this.#find(name)
    const proven = provenKey(socket)
    if (found === undefined || proven === undefined) return undefined
    const { door, peer } = found
    if (peer.transport === undefined || !Buffer.from(peer.transport.bytes).equals(proven)) return undefined
    return { peer: peer.institution, institution: door.as.institution, receiver: door.receiver }
  }

  #find(name: string): { readonly door: Door; readonly peer: PeerCard } | undefined {
    const door = this.#doors.get(name.slice(name.indexOf('.') + 1))
    if (door === undefined) return undefined
    const peers = door.as.peers()
    if (peers !== door.peers) {
      door.peers = peers
      door.byKnock = knocksOf(door.as, peers)
    }
    const peer = door.byKnock.get(name)
    return peer && { door, peer }
  }
}

function knocksOf(as: Credentials, peers: readonly PeerCard[]): ReadonlyMap<string, PeerCard> {
  const to = { institution: as.institution, key: as.key.bytes }
  return new Map(
    peers.flatMap(peer =>
      peer.transport ? [[knock({ institution: peer.institution, key: peer.transport.bytes }, to), peer]] : [],
    ),
  )
}
