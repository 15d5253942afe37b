/** Somebody signed in, and what they have before them: proposals that were read back, and secrets that may be seen for a moment. */
import type { Person } from '../../keys/people.ts'
import type { Runtime } from '../../runtime.ts'
import type { Secret } from '../../secret.ts'
import { HeldForms, type HeldProposal } from './held.ts'
import type { SignedInPerson } from './session.ts'

/** What was drawn may be looked at for so long. */
const sightMs = 120_000

export class PersonAtWork implements SignedInPerson {
  readonly kind = 'person' as const
  readonly person: Person
  readonly passkey: string
  readonly proposals = new HeldForms<HeldProposal>()
  readonly #runtime: Runtime
  readonly #told = new Map<string, { readonly secret: Secret; readonly untilMs: number }>()

  constructor(runtime: Runtime, { person, passkey }: SignedInPerson) {
    this.#runtime = runtime
    this.person = person
    this.passkey = passkey
  }

  /** Shown once: what a decision or an act drew. */
  told(name: string, secret: Secret): void {
    this.#told.set(name, { secret, untilMs: this.#runtime.monotonicMs() + sightMs })
  }

  secretOf(name: string): Secret | undefined {
    const told = this.#told.get(name)
    if (told === undefined || told.untilMs > this.#runtime.monotonicMs()) return told?.secret
    this.#told.delete(name)
    return undefined
  }
}
