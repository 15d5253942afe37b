/** Somebody of the institution at its page: one who sets up a passkey, or one who has signed in by theirs. It lies in this process alone. */

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { PersonPasskeys } from '../../institution/person-passkeys.ts'
import type { PasskeySite } from '../../keys/passkey.ts'
import type { Person } from '../../keys/people.ts'
import type { Runtime } from '../../runtime.ts'
import type { VisitOf } from '../page.ts'

export interface SettingUp {
  readonly kind: 'setting-up'
  /** As the desk of passkeys knows it. */
  readonly id: string
  readonly challenge: string
  /** Of the passkey that was made, to be compared. */
  digits?: string
}

export interface SignedInPerson {
  readonly kind: 'person'
  readonly person: Person
  readonly passkey: string
}

/** A request, as the pages see it by which people come in. `P`: what a signed-in person's session is at this site. */
export interface PeopleVisit<P extends SignedInPerson> extends VisitOf<SettingUp | P> {
  readonly peoplePasskeys: PersonPasskeys
  readonly site: PasskeySite
  readonly challenges: SignInChallenges
}

const lifeMs = 5 * 60_000
const nonceBytes = 24
/** Of the nonce and the end of its life. */
const saidBytes = nonceBytes + 8

/**
 * What is to be signed to come in: each once, and not for long. They say themselves that they are ours, so that nothing is kept of all the
 * pages that nobody answers, and nobody can have a clerk's forgotten by opening many.
 */
export class SignInChallenges {
  readonly #runtime: Runtime
  readonly #key: Uint8Array
  /** Those by which somebody came in, until when they would be good. */
  readonly #usedUntilMs = new Map<string, number>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
    this.#key = runtime.random(32)
  }

  /** Base64url, and longer than a proposal's could be. */
  draw(): string {
    const said = Buffer.alloc(saidBytes)
    said.set(this.#runtime.random(nonceBytes))
    said.writeDoubleBE(this.#runtime.monotonicMs() + lifeMs, nonceBytes)
    return Buffer.concat([said, this.#signed(said)]).toString('base64url')
  }

  isOpen(challenge: string): boolean {
    const bytes = Buffer.from(challenge, 'base64url')
    const [said, signed] = [bytes.subarray(0, saidBytes), bytes.subarray(saidBytes)]
    const ours = this.#signed(said)
    // Written in one way alone: the same bytes in other letters would be another one, and good once more.
    if (bytes.toString('base64url') !== challenge || signed.length !== ours.length) return false
    if (!timingSafeEqual(signed, ours) || this.#usedUntilMs.has(challenge)) return false
    return this.#runtime.monotonicMs() < said.readDoubleBE(nonceBytes)
  }

  /** False when it was used before, by whoever sent it twice. */
  use(challenge: string): boolean {
    if (!this.isOpen(challenge)) return false
    const nowMs = this.#runtime.monotonicMs()
    for (const [used, untilMs] of this.#usedUntilMs) if (untilMs <= nowMs) this.#usedUntilMs.delete(used)
    this.#usedUntilMs.set(challenge, nowMs + lifeMs)
    return true
  }

  #signed(said: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update('tonebank: I sign in').update(said).digest()
  }
}

/** Somebody who was revoked, or whose passkey was let go, is signed in no more. */
export async function isStillOpen(passkeys: PersonPasskeys, session: SettingUp | SignedInPerson): Promise<boolean> {
  return session.kind === 'setting-up' || passkeys.isInUse(session.person.keyId, session.passkey)
}
