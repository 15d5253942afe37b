/** One proposal, by its digest, as often as one looks: who proposed what and why; a second person approves it here by their passkey. */
import { checkedMessage, type Standing } from '../../keys/approval.ts'
import { challengeOf } from '../../keys/passkey-assertion.ts'
import { button, grouped, summaryOf, type Trouble } from '../fields.ts'
import { type Html, html } from '../html.ts'
import type { Answer } from '../page.ts'
import { signedForm, toSign } from '../signed-form.ts'
import { toDesk } from './desk.ts'
import { counterKind } from './kinds.ts'
import { factsOf } from './read-back.ts'
import { atCounter, type Clerk, type CounterPage, type CounterVisit } from './visit.ts'

export const proposal: CounterPage = atCounter('/proposal', {
  ask: (visit, clerk) => shown(visit, clerk, visit.query.text('digest')),

  answer: async (visit, clerk, sent) => {
    const { words, decisions, peoplePasskeys, site } = visit
    const digest = sent.text('digest')
    const found = await decisions.find(digest)
    // A second click comes after the first has approved it.
    if (found === undefined || found.checker !== undefined)
      return { goTo: `/proposal?${new URLSearchParams({ digest })}` }
    const failed = (message: string) => shown(visit, clerk, digest, [{ field: 'sign', message }])
    if (counterKind(found.kind) === undefined) return failed(words.say('page.counter.refused.not-their-role'))
    const response = sent.text('response')
    const challenge = challengeOf(checkedMessage(digest))
    const proven = await peoplePasskeys.prove({ response, challenge, site })
    if (proven.outcome === 'refused' || proven.person.keyId !== clerk.person.keyId)
      return failed(words.say(response === '' ? 'page.people.none' : 'page.people.refused'))
    const became = await decisions.approve({ digest, checker: clerk.person.keyId, ...proven.signature })
    if (!became.decided) {
      const isTheirs = became.outcome === 'one-person-only' || became.outcome === 'not-their-role'
      return failed(words.say(isTheirs ? `page.counter.refused.${became.outcome}` : 'page.counter.refused.other'))
    }
    if (!became.done) return failed(words.say('page.counter.not-done', { outcome: became.outcome }))
    if (became.secret !== undefined) clerk.told(digest, became.secret)
    return { goTo: `/proposal?digest=${digest}` }
  },
})

async function shown(
  visit: CounterVisit,
  clerk: Clerk,
  digest: string,
  troubles: readonly Trouble[] = [],
): Promise<Answer> {
  const { words, decisions } = visit
  const found = await decisions.find(digest)
  if (found === undefined || counterKind(found.kind) === undefined) return { goTo: '/desk' }
  const title = words.say(found.checker === undefined ? 'page.counter.proposed' : 'page.counter.done')
  return {
    ...(troubles.length > 0 && { status: 422 }),
    title,
    usesPasskey: true,
    body: html`${summaryOf(words, troubles)}
<h1>${title}</h1>
${await factsOf(visit, found)}
<dl class="facts">
<dt>${words.say('page.counter.maker')}</dt><dd>${found.maker}, ${words.instant(found.proposedAt)}</dd>
${found.checker !== undefined && html`<dt>${words.say('page.counter.checker')}</dt><dd>${found.checker}</dd>`}
</dl>
${secretOf(visit, clerk, digest)}
${found.checker === undefined && (await approving(visit, clerk, digest, found))}
${toDesk(visit)}`,
  }
}

/** The customer's alone, and for a moment: who comes later sees that there was one no more. */
function secretOf({ words }: CounterVisit, clerk: Clerk, digest: string): Html | undefined {
  const secret = clerk.secretOf(digest)
  if (secret === undefined) return undefined
  return html`<p class="notice" role="status">${words.say('page.counter.new-pin')}</p>
<p class="told" data-hidden="${words.say('page.counter.new-pin.hidden')}">${grouped(secret.reveal())}</p>`
}

async function approving(visit: CounterVisit, { person }: Clerk, digest: string, found: Standing): Promise<Html> {
  const { words, site } = visit
  // Whoever made it is told so before they try: the decision itself refuses them all the same.
  if (found.makerKey === person.keyId)
    return html`<p class="notice" role="status">${words.say('page.counter.refused.one-person-only')}</p>`
  const challenge = challengeOf(checkedMessage(digest))
  const label = button(words, words.say('page.counter.approve'))
  return signedForm(visit, { action: '/proposal', carried: { digest }, label }, 'get', toSign(site, challenge))
}
