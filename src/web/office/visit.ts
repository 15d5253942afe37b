/** A request to the office of a payee, by one of its people. */
import type { InstitutionId } from '../../ids.ts'
import type { Office } from '../../merchant/office/office.ts'
import type { Clerk } from '../../merchant/start.ts'
import type { Asset } from '../../money.ts'
import { form } from '../fields.ts'
import { type Content, type Html, html } from '../html.ts'
import type { PageOf } from '../page.ts'
import type { PeopleVisit, SignedInPerson } from '../people/session.ts'
import { forPeople } from '../people/signed-in.ts'

export interface OfficeVisit extends PeopleVisit<SignedInPerson> {
  readonly office: Office
  readonly clerk: Clerk
  readonly tenant: InstitutionId
  readonly currency: Asset
  /** IANA name. */
  readonly timeZone: string
}

export type OfficePage = PageOf<OfficeVisit>

/** A page for people of this payee who are signed in. */
export const atOffice = forPeople<SignedInPerson, OfficeVisit>

const rooms = ['desk', 'payments', 'settlement'] as const

/** Where one goes from each page, and who has signed in. */
export function inOffice(visit: OfficeVisit, { person }: SignedInPerson, content: Content): Html {
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
