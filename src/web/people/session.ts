/** Somebody of the institution at its page: one who sets up a passkey, or one who has signed in by theirs. It lies in this process alone. */

import { encodeCanonical } from '../../canonical.ts'
import type { PersonPasskeys } from '../../institution/person-passkeys.ts'
import type { PasskeySite } from '../../keys/passkey.ts'
import { challengeOf } from '../../keys/passkey-assertion.ts'
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
/** More are waited for of nobody; the oldest gives way. */
const most = 1_000

/** What is to be signed to come in: each once, and not for long. */
export class SignInChallenges {
  readonly #runtime: Runtime
  readonly #untilMs = new Map<string, number>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** Of a form that no proposal's could be: base64url. */
  draw(): string {
    const challenge = challengeOf(encodeCanonical(['tonebank: I sign in', this.#runtime.random(32)]))
    this.#untilMs.set(challenge, this.#runtime.monotonicMs() + lifeMs)
    const [oldest] = this.#untilMs.keys()
    if (this.#untilMs.size > most && oldest !== undefined) this.#untilMs.delete(oldest)
    return challenge
  }

  take(challenge: string): boolean {
    const until = this.#untilMs.get(challenge)
    this.#untilMs.delete(challenge)
    return until !== undefined && this.#runtime.monotonicMs() < until
  }
}

/** Somebody who was revoked, or whose passkey was let go, is signed in no more. */
export async function isStillOpen(passkeys: PersonPasskeys, session: SettingUp | SignedInPerson): Promise<boolean> {
  return session.kind === 'setting-up' || passkeys.isInUse(session.person.keyId, session.passkey)
}
