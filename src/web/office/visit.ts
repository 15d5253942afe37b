/** A request to the office of a payee, by one of its people. */
import type { InstitutionId } from '../../ids.ts'
import type { UnsignedAct } from '../../merchant/office/act.ts'
import type { GivenBackByPerson } from '../../merchant/office/give-back.ts'
import type { Happening } from '../../merchant/office/happenings.ts'
import type { DoneAboutKey } from '../../merchant/office/keys.ts'
import type { Office } from '../../merchant/office/office.ts'
import type { Today } from '../../merchant/office/standing.ts'
import type { ApiKeys } from '../../merchant/till/api-keys.ts'
import type { Asset } from '../../money.ts'
import type { Secret } from '../../secret.ts'
import { form } from '../fields.ts'
import { type Content, type Html, html } from '../html.ts'
import type { LiveSections } from '../live-sections.ts'
import type { PageOf } from '../page.ts'
import { PersonAtWork } from '../people/at-work.ts'
import { HeldForms } from '../people/held.ts'
import type { DecidingVisit } from '../people/proposals.ts'
import type { SignedInPerson } from '../people/session.ts'
import { forPeople } from '../people/signed-in.ts'

/** What was read back and waits for its signature. */
export interface HeldAct<A extends UnsignedAct = UnsignedAct> {
  readonly act: A
  readonly content: Uint8Array
  /** What the passkey signs, base64url. */
  readonly challenge: string
  /** Of a key that is to be made: what its program presents. */
  readonly presented?: Secret
  /** How it came out, once it was done: a second click is shown the same. */
  done?: Done
}

type Done =
  | Extract<GivenBackByPerson, { outcome: 'reversed' | 'refunded' }>
  | Pick<Extract<DoneAboutKey, { outcome: 'added' | 'revoked' | 'told-again' }>, 'outcome'>

export class Colleague extends PersonAtWork {
  readonly acts = new HeldForms<HeldAct>()
}

export interface OfficeVisit extends DecidingVisit<Colleague> {
  readonly office: Office
  readonly live: LiveSections<Seen>
  readonly apiKeys: Pick<ApiKeys, 'list'>
  readonly tenant: InstitutionId
  readonly currency: Asset
  /** IANA name. */
  readonly timeZone: string
}

/** What is renewed while somebody looks. */
export interface Seen {
  readonly latest: readonly Happening[]
  readonly today: Today
}

export type OfficePage = PageOf<OfficeVisit>

/** A page for people of this payee who are signed in. */
export const atOffice = forPeople<Colleague, OfficeVisit>

const rooms = ['desk', 'payments', 'settlement', 'shops'] as const

/** Where one goes from each page, and who has signed in. */
export function inOffice(visit: OfficeVisit, { person }: Pick<SignedInPerson, 'person'>, content: Content): Html {
  const { words } = visit
  const here = new URL(visit.here, 'http://here').pathname
  return html`<nav class="rooms" aria-label="${words.say('page.office.rooms')}"><ul>${rooms.map(
    room =>
      html`<li><a href="/${room}"${here === `/${room}` && html` aria-current="page"`}>${words.say(`page.office.${room}`)}</a></li>`,
  )}</ul></nav>
${content}
<div class="who"><p class="number">${person.name}, ${words.say(`page.counter.role.${person.role}`)}</p>
${form(visit, '/leave', {}, html`<button class="link">${words.say('page.bank.leave')}</button>`)}</div>`
}
