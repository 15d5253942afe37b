/** A request to the counter's page, and what a clerk has before them: proposals that were read back, secrets that may be seen for a moment. */
import type { Bank } from '../../bank/bank.ts'
import type { CardDesk } from '../../bank/cards/desk.ts'
import type { Teller } from '../../bank/start.ts'
import type { InstitutionId } from '../../ids.ts'
import type { Decisions } from '../../institution/decisions.ts'
import type { Person } from '../../keys/people.ts'
import type { Asset } from '../../money.ts'
import type { Runtime } from '../../runtime.ts'
import type { Secret } from '../../secret.ts'
import type { PageOf } from '../page.ts'
import { HeldForms } from '../people/held.ts'
import type { PeopleVisit, SignedInPerson } from '../people/session.ts'
import { forPeople } from '../people/signed-in.ts'

/** What was read back and waits for its maker's signature. */
export interface Held {
  readonly kind: string
  readonly request: Readonly<Record<string, unknown>>
  readonly why: string
  readonly content: Uint8Array
  readonly digest: string
  /** What the passkey signs, base64url. */
  readonly challenge: string
}

/** A PIN that was drawn may be looked at for so long. */
const sightMs = 120_000

export class Clerk extends HeldForms<Held> implements SignedInPerson {
  readonly kind = 'person' as const
  readonly person: Person
  readonly passkey: string
  readonly #runtime: Runtime
  readonly #told = new Map<string, { readonly secret: Secret; readonly untilMs: number }>()

  constructor(runtime: Runtime, { person, passkey }: SignedInPerson) {
    super()
    this.#runtime = runtime
    this.person = person
    this.passkey = passkey
  }

  /** For the customer who stands there: what a decision drew. */
  told(digest: string, secret: Secret): void {
    this.#told.set(digest, { secret, untilMs: this.#runtime.monotonicMs() + sightMs })
  }

  secretOf(digest: string): Secret | undefined {
    const told = this.#told.get(digest)
    if (told === undefined || told.untilMs > this.#runtime.monotonicMs()) return told?.secret
    this.#told.delete(digest)
    return undefined
  }
}

export interface CounterVisit extends PeopleVisit<Clerk> {
  readonly bank: Bank
  readonly teller: Pick<Teller, 'drawAccountNumber' | 'closings'>
  readonly cards: Pick<CardDesk, 'list'>
  readonly decisions: Decisions
  readonly tenant: InstitutionId
  readonly currency: Asset
}

export type CounterPage = PageOf<CounterVisit>

/** A page for clerks who are signed in. */
export const atCounter = forPeople<Clerk, CounterVisit>
