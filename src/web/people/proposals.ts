/** What one of an institution's people proposes and another approves, each by a passkey: read back, signed, and to be found by its digest as often as one looks. */
import { type IntentId, parseIntentId } from '../../ids.ts'
import type { Decisions } from '../../institution/decisions.ts'
import { checkedMessage, type Standing, unsignedProposal } from '../../keys/approval.ts'
import { challengeOf } from '../../keys/passkey-assertion.ts'
import { now, randomId } from '../../runtime.ts'
import { asked } from '../asked.ts'
import { button, type Trouble } from '../fields.ts'
import { type Content, type Html, html } from '../html.ts'
import type { Answer, PageOf } from '../page.ts'
import { signedForm, toSign } from '../signed-form.ts'
import type { PersonAtWork } from './at-work.ts'
import type { HeldProposal } from './held.ts'
import type { PeopleVisit } from './session.ts'
import { forPeople } from './signed-in.ts'
import { whyNot } from './why-not.ts'

export interface DecidingVisit<P extends PersonAtWork> extends PeopleVisit<P> {
  readonly decisions: Decisions
  readonly tenant: string
}

/** How a site of people lets them decide. */
export interface Deciding<P extends PersonAtWork, V extends DecidingVisit<P>> {
  /** Where one goes who asks for nothing that is there. */
  readonly home: string
  /** Of the site, the kinds of decisions that it knows. */
  isHere(kind: string): boolean
  /** What it is, as those read it who sign it. */
  factsOf(visit: V, what: Pick<Standing, 'kind' | 'request' | 'why'>): Promise<Html>
  /** What was drawn for the checker's eyes. */
  secretOf?(visit: V, person: P, digest: string): Html | undefined
  /** What stands round every page. */
  framed(visit: V, person: P, content: Content): Html
}

/** Has it read back; its maker signs at `/sign`. The address holds the intent: a double click, a reload and the way back come to the one proposal. */
export async function readBack<P extends PersonAtWork>(
  visit: DecidingVisit<P>,
  person: P,
  asked: Pick<HeldProposal, 'kind' | 'request' | 'why'>,
): Promise<Answer> {
  const { runtime, tenant, decisions } = visit
  const what = { ...asked, request: await decisions.withFacts(asked.kind, asked.request) }
  const drawn = { at: now({ runtime }), nonce: randomId(runtime) }
  const { content, digest, message } = unsignedProposal(person.person.keyId, { tenant, ...what }, drawn)
  const intent = visit.drawIntent()
  person.proposals.hold(intent, { ...what, content, digest, challenge: challengeOf(message) })
  return { goTo: `/sign?intent=${intent}` }
}

export function signPage<P extends PersonAtWork, V extends DecidingVisit<P>>(site: Deciding<P, V>): PageOf<V> {
  const signing = async (
    visit: V,
    person: P,
    intent: IntentId,
    held: HeldProposal,
    troubles: readonly Trouble[] = [],
  ): Promise<Answer> => {
    const { words } = visit
    const title = words.say('page.confirm.title')
    const label = button(words, words.say('page.counter.sign'))
    return {
      usesPasskey: true,
      ...asked(
        words,
        { title, troubles },
        html`${await site.factsOf(visit, held)}
${signedForm(visit, { action: '/sign', carried: { intent }, label }, 'get', toSign(visit.site, held.challenge))}`,
        content => site.framed(visit, person, content),
      ),
    }
  }
  return forPeople<P, V>('/sign', {
    ask: async (visit, person) => {
      const intent = parseIntentId(visit.query.text('intent'))
      const held = person.proposals.held(intent)
      return intent === undefined || held === undefined ? { goTo: site.home } : signing(visit, person, intent, held)
    },
    answer: async (visit, person, sent) => {
      const { words, peoplePasskeys, decisions } = visit
      const intent = parseIntentId(sent.text('intent'))
      const held = person.proposals.held(intent)
      if (intent === undefined || held === undefined) return { goTo: site.home }
      const { challenge, content, digest } = held
      if ((await decisions.find(digest)) !== undefined) return { goTo: `/proposal?digest=${digest}` }
      const response = sent.text('response')
      const proven = await peoplePasskeys.prove({ response, challenge, site: visit.site })
      const again = (message: string) => signing(visit, person, intent, held, [{ field: 'sign', message }])
      if (proven.outcome === 'refused' || proven.person.keyId !== person.person.keyId)
        return again(words.say(response === '' ? 'page.people.none' : 'page.people.refused'))
      const made = await decisions.propose({ content, ...proven.signature })
      if (made.outcome === 'impossible')
        return again(words.say('page.counter.impossible', { outcome: whyNot(words, made.why) }))
      if (made.outcome !== 'proposed') return again(words.say('page.counter.not-proposed'))
      return { goTo: `/proposal?digest=${digest}` }
    },
  })
}

/** One proposal: who proposed what and why; a second person approves it here. */
export function proposalPage<P extends PersonAtWork, V extends DecidingVisit<P>>(site: Deciding<P, V>): PageOf<V> {
  const shown = async (visit: V, person: P, digest: string, troubles: readonly Trouble[] = []): Promise<Answer> => {
    const { words, decisions } = visit
    const found = await decisions.find(digest)
    if (found === undefined || !site.isHere(found.kind)) return { goTo: site.home }
    const isOpen = found.checker === undefined && !found.isWithdrawn
    const title = words.say(found.checker === undefined ? 'page.counter.proposed' : 'page.counter.done')
    return {
      usesPasskey: true,
      ...asked(
        words,
        { title, troubles },
        html`${await site.factsOf(visit, found)}
<dl class="facts">
<dt>${words.say('page.counter.maker')}</dt><dd>${found.maker}, ${words.instant(found.proposedAt)}</dd>
${found.checker !== undefined && html`<dt>${words.say('page.counter.checker')}</dt><dd>${found.checker}</dd>`}
</dl>
${site.secretOf?.(visit, person, digest)}
${found.isWithdrawn && html`<p class="notice" role="status">${words.say('page.counter.withdrawn')}</p>`}
${isOpen && (await decisions.isOvertaken(found)) && html`<p class="notice" role="status">${words.say('page.counter.overtaken')}</p>`}
${isOpen && approving(visit, person, found)}`,
        content => site.framed(visit, person, content),
      ),
    }
  }
  return forPeople<P, V>('/proposal', {
    ask: (visit, person) => shown(visit, person, visit.query.text('digest')),
    answer: async (visit, person, sent) => {
      const { words, decisions, peoplePasskeys } = visit
      const digest = sent.text('digest')
      const found = await decisions.find(digest)
      // A second click comes after the first has approved it.
      if (found === undefined || found.checker !== undefined)
        return { goTo: `/proposal?${new URLSearchParams({ digest })}` }
      const failed = (message: string) => shown(visit, person, digest, [{ field: 'sign', message }])
      if (!site.isHere(found.kind)) return failed(words.say('page.counter.refused.not-their-role'))
      const response = sent.text('response')
      const challenge = challengeOf(checkedMessage(digest))
      const proven = await peoplePasskeys.prove({ response, challenge, site: visit.site })
      if (proven.outcome === 'refused' || proven.person.keyId !== person.person.keyId)
        return failed(words.say(response === '' ? 'page.people.none' : 'page.people.refused'))
      const became = await decisions.approve({ digest, checker: person.person.keyId, ...proven.signature })
      if (!became.decided) {
        const isTheirs = became.outcome === 'one-person-only' || became.outcome === 'not-their-role'
        return failed(words.say(isTheirs ? `page.counter.refused.${became.outcome}` : 'page.counter.refused.other'))
      }
      if (!became.done) return failed(words.say('page.counter.not-done', { outcome: whyNot(words, became.outcome) }))
      if (became.secret !== undefined) person.told(digest, became.secret)
      return { goTo: `/proposal?digest=${digest}` }
    },
  })
}

function approving<P extends PersonAtWork>(
  visit: DecidingVisit<P>,
  { person }: P,
  { digest, makerKey }: Pick<Standing, 'digest' | 'makerKey'>,
): Html {
  const { words, site } = visit
  // Whoever made it is told so before they try: the decision itself refuses them all the same.
  if (makerKey === person.keyId)
    return html`<p class="notice" role="status">${words.say('page.counter.refused.one-person-only')}</p>`
  const challenge = challengeOf(checkedMessage(digest))
  const label = button(words, words.say('page.counter.approve'))
  return signedForm(visit, { action: '/proposal', carried: { digest }, label }, 'get', toSign(site, challenge))
}
