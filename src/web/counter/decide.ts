/** How clerks decide at the counter: what a proposal is, and a PIN that a decision drew, for a moment. */
import { grouped } from '../fields.ts'
import { html } from '../html.ts'
import { type Deciding, proposalPage, signPage } from '../people/proposals.ts'
import { toDesk } from './desk.ts'
import { counterKind } from './kinds.ts'
import { factsOf } from './read-back.ts'
import type { Clerk, CounterVisit } from './visit.ts'

const atCounter: Deciding<Clerk, CounterVisit> = {
  home: '/desk',
  isHere: kind => counterKind(kind) !== undefined,
  factsOf,
  // The customer's alone, and for a moment: who comes later sees that there was one no more.
  secretOf: ({ words }, clerk, digest) => {
    const secret = clerk.secretOf(digest)
    if (secret === undefined) return undefined
    return html`<p class="notice" role="status">${words.say('page.counter.new-pin')}</p>
<p class="told" data-hidden="${words.say('page.counter.new-pin.hidden')}">${grouped(secret.reveal())}</p>`
  },
  framed: (visit, _, content) => html`${content}
${toDesk(visit)}`,
}

/** A second person approves here what a first has proposed. */
export const proposal = proposalPage(atCounter)
/** A clerk signs what they propose. */
export const sign = signPage(atCounter)
