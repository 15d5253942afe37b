/** A payment that was made: how much, to whom, when, and the reference to quote. It can be opened again at any time. */
import type { Money } from '../../money.ts'
import { type Html, html } from '../html.ts'
import { openFirst } from '../next.ts'
import type { Page, Visit } from '../page.ts'

export const paid: Page = {
  path: '/paid',

  ask: async visit => {
    const { merchant, session, words } = visit
    const reference = visit.query.digits('reference')
    if (session === undefined) return openFirst(`/paid?reference=${reference}`)
    const found = await merchant.findPayment({ session, reference })
    switch (found.outcome) {
      case 'session-ended':
        visit.left()
        return openFirst(`/paid?reference=${reference}`)
      case 'not-found':
        return { goTo: '/voucher' }
      case 'found': {
        const { payment, remaining } = found
        return {
          title: words.say('page.paid.title'),
          amount: payment.amount,
          body: html`${paidFacts(visit, { ...payment, remaining })}
<p class="hint">${words.say('page.paid.keep')}</p>
<p><a href="/voucher">${words.say('page.back.voucher')}</a></p>`,
        }
      }
    }
  },
}

interface Made {
  readonly amount: Money
  readonly reference: string
  readonly at?: number
  readonly remaining?: Money
}

export function paidFacts(
  { words, merchant }: Visit,
  { amount, reference, at, remaining }: Made,
  more: readonly (readonly [what: string, value: string])[] = [],
): Html {
  return html`<div class="done" role="status"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4.5 12.5l5 5 10-11"/></svg>
<h1>${words.say('page.paid.title')}</h1>
<p>${words.say('page.paid.to', { amount, payee: merchant.name })}</p></div>
<dl class="facts">
${more.map(([what, value]) => html`<dt>${what}</dt><dd>${value}</dd>`)}
<dt>${words.say('page.paid.reference')}</dt><dd class="reference">${reference}</dd>
${at !== undefined && html`<dt>${words.say('page.paid.when')}</dt><dd>${words.instant(at)} <span class="hint">${words.zone(at)}</span></dd>`}
${remaining !== undefined && html`<dt>${words.say('page.paid.left')}</dt><dd>${words.amount(remaining)}</dd>`}
</dl>`
}
