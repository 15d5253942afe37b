/** What somebody does in the office, read back and signed by their passkey: once, however often it is sent. */
import { type IntentId, parseIntentId } from '../../ids.ts'
import { challengeOf } from '../../keys/passkey-assertion.ts'
import { type SignedAct, type UnsignedAct, unsignedAct } from '../../merchant/office/act.ts'
import { now } from '../../runtime.ts'
import type { Secret } from '../../secret.ts'
import { asked } from '../asked.ts'
import { button, factList, type Trouble } from '../fields.ts'
import { html } from '../html.ts'
import type { Answer } from '../page.ts'
import { signedForm, toSign } from '../signed-form.ts'
import { atOffice, type Colleague, type HeldAct, inOffice, type OfficePage, type OfficeVisit } from './visit.ts'

type What<A = UnsignedAct> = A extends UnsignedAct ? Pick<A, 'kind' | 'request'> : never

/** Has it read back at `path`. The address holds the intent: a double click, a reload and the way back come to the one outcome. */
export function holdAct(
  visit: OfficeVisit,
  { person, acts }: Colleague,
  path: string,
  what: What & { readonly why: string; readonly presented?: Secret },
): Answer {
  const { presented, ...asked } = what
  const { intent } = asked.request
  const act = { ...asked, tenant: visit.tenant, person: person.keyId, at: now(visit) }
  const { content, message } = unsignedAct(act)
  acts.hold(intent, { act, content, challenge: challengeOf(message), ...(presented && { presented }) })
  return { goTo: `${path}?intent=${intent}` }
}

export interface Signing<A extends UnsignedAct> {
  readonly path: string
  /** Where one goes who has nothing to sign. */
  readonly home: string
  isOf(act: UnsignedAct): act is A
  /** What is read back: a sentence, facts, and the verb of the button. */
  said(
    visit: OfficeVisit,
    act: A,
  ): {
    readonly lead: string
    readonly facts: readonly (readonly [what: string, value: string])[]
    readonly verb: string
  }
  /** Does it. @returns why not */
  carryOut(visit: OfficeVisit, person: Colleague, held: HeldAct<A>, signed: SignedAct): Promise<string | undefined>
  done(visit: OfficeVisit, person: Colleague, held: HeldAct<A>): Answer
}

export function actPage<A extends UnsignedAct>(site: Signing<A>): OfficePage {
  const heldOf = ({ acts }: Colleague, intent: IntentId | undefined) => {
    const held = acts.held(intent)
    return held !== undefined && site.isOf(held.act) ? (held as HeldAct<A>) : undefined
  }
  return atOffice(site.path, {
    ask: async (visit, person) => {
      const intent = parseIntentId(visit.query.text('intent'))
      const held = heldOf(person, intent)
      if (intent === undefined || held === undefined) return { goTo: site.home }
      return held.done === undefined ? signing(site, visit, person, intent, held) : site.done(visit, person, held)
    },
    answer: async (visit, person, sent) => {
      const { words, peoplePasskeys } = visit
      const intent = parseIntentId(sent.text('intent'))
      const held = heldOf(person, intent)
      if (intent === undefined || held === undefined) return { goTo: site.home }
      const here = { goTo: `${site.path}?intent=${intent}` }
      if (held.done !== undefined) return here
      const again = (message: string) => signing(site, visit, person, intent, held, [{ field: 'sign', message }])
      const { challenge, content } = held
      const response = sent.text('response')
      const proven = await peoplePasskeys.prove({ response, challenge, site: visit.site })
      if (proven.outcome === 'refused' || proven.person.keyId !== person.person.keyId)
        return again(words.say(response === '' ? 'page.people.none' : 'page.people.refused'))
      const whyNot = await site.carryOut(visit, person, held, { content, ...proven.signature })
      return whyNot === undefined ? here : again(whyNot)
    },
  })
}

function signing<A extends UnsignedAct>(
  site: Signing<A>,
  visit: OfficeVisit,
  person: Colleague,
  intent: IntentId,
  { act, challenge }: HeldAct<A>,
  troubles: readonly Trouble[] = [],
): Answer {
  const { words } = visit
  const { lead, facts, verb } = site.said(visit, act)
  const title = words.say('page.confirm.title')
  return {
    usesPasskey: true,
    ...asked(
      words,
      { title, troubles },
      html`<p>${lead}</p>
${factList([...facts, [words.say('page.counter.why'), act.why]])}
${signedForm(visit, { action: site.path, carried: { intent }, label: button(words, verb) }, 'get', toSign(visit.site, challenge))}`,
      content => inOffice(visit, person, content),
    ),
  }
}
