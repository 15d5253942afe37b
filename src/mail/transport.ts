/**
 * How bytes get from one institution to another and an answer back. A transport promises nothing: what it carries may be
 * lost, doubled, late or out of order, and both ends are written for that.
 */

import type { InstitutionId } from '../ids.ts'
import type { TransportIdentity } from '../keys/certificate.ts'
import type { PublicKey } from '../keys/keys.ts'
import type { KnownPeer } from './peers.ts'

/** Who one is on a connection, and whom one lets in or talks to. Transports within one process need none of it. */
export interface Credentials {
  readonly institution: InstitutionId
  readonly identity: TransportIdentity
  readonly key: PublicKey
  /** The peers that are pinned now: the same list until that changes. */
  peers(): readonly KnownPeer[]
  /** All by which one is known, `key` among them, while peers are told of a new one: the same list until that changes. */
  identities?(): readonly OwnIdentity[]
}

/** A transport key of one's own, and what it shows on a connection. */
export interface OwnIdentity {
  readonly key: PublicKey
  readonly identity: TransportIdentity
}

export interface Transport {
  /**
   * Carries `bytes` to the institution `to` and resolves with its answer. Rejects with `DeadlineExceeded` or
   * `Undeliverable`; in either case it stays open whether the bytes arrived. With `TooLarge` they did not.
   */
  deliver(to: InstitutionId, bytes: Uint8Array, deadlineMs: number, as: Credentials): Promise<Uint8Array>
}

/** A transport as one institution uses it. */
export interface Deliveries {
  deliver(to: InstitutionId, bytes: Uint8Array, deadlineMs: number): Promise<Uint8Array>
}

/**
 * What an institution does with bytes that arrive; `from` is the peer that a connection has proved. Bytes that it cannot
 * read have an answer, too. Rejects with `TooBusy`, or when it cannot tell what became of a letter.
 */
export type BundleReceiver = (bytes: Uint8Array, from?: InstitutionId) => Promise<Uint8Array>

/** The way in: registers who receives for an institution, until `close`. */
export interface Entrance {
  listen(institution: InstitutionId, receiver: BundleReceiver, as: Credentials): Promise<{ close(): Promise<void> }>
}

export interface Transports {
  readonly outgoing: Transport
  readonly incoming: Entrance
}

/** The other institution could not be reached, or answered with something that is no answer. */
export class Undeliverable extends Error {
  constructor(to: InstitutionId, reason: string) {
    super(`cannot deliver to ${to}: ${reason}`)
    this.name = 'Undeliverable'
  }
}

/** The other institution takes no delivery of this size. */
export class TooLarge extends Undeliverable {
  constructor(to: InstitutionId) {
    super(to, 'it takes no delivery of this size')
    this.name = 'TooLarge'
  }
}

/** This peer has asked more often than it may. Nothing was looked at. */
export class TooBusy extends Error {
  constructor(from: InstitutionId) {
    super(`${from} asks too often`)
    this.name = 'TooBusy'
  }
}
