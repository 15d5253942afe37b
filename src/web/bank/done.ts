/** What became of an order, by its intent, as often as one looks: this page outlives the session in which it was made. */
import { parseIntentId } from '../../ids.ts'
import { type Html, html } from '../html.ts'
import type { Shown } from '../page.ts'
import { back } from './buy.ts'
import { type BankPage, type BankVisit, signedIn } from './visit.ts'

export const done: BankPage = signedIn('/done', {
  ask: async (visit, { customer }) => {
    const { bank, words } = visit
    const intent = parseIntentId(visit.query.text('intent'))
    if (intent === undefined) return { goTo: '/account' }
    const became = await bank.resolve({ intent, principal: customer.account })
    if (became.outcome === 'not-done') return { goTo: '/account' }
    switch (became.kind) {
      case 'sale':
        return { goTo: '/vouchers' }
      case 'transfer': {
        const { amount, to, reference } = became
        const facts = html`<dl class="facts">
<dt>${words.say('page.bank.transfer.to')}</dt><dd>${words.name(to)}</dd>
<dt>${words.say('page.confirm.amount')}</dt><dd>${words.amount(amount)}</dd>
<dt>${words.say('page.paid.reference')}</dt><dd class="reference">${reference}</dd>
</dl>`
        const said = words.say('page.bank.transfer.sent', { amount, payee: to })
        return { ...tell(visit, words.say('page.bank.transfer.done'), said, facts), amount, payee: to }
      }
      case 'pending-transfer': {
        const { amount, bank: other, reference } = became
        const said = words.say('page.bank.transfer.pending.said', { amount, bank: other, reference })
        return tell(visit, words.say('page.bank.transfer.pending'), said)
      }
      case 'pin-change':
        return tell(visit, words.say('page.bank.pin.title'), words.say('pin.changed'))
      case 'block':
        return tell(visit, words.say('page.bank.lost.done'), words.say('resumed.blocked'))
    }
  },
})

function tell({ words }: BankVisit, title: string, said: string, facts?: Html): Shown {
  return {
    title,
    body: html`<div class="done" role="status"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4.5 12.5l5 5 10-11"/></svg>
<h1>${title}</h1>
<p>${said}</p></div>
${facts}
${back(words.say('page.bank.back'))}`,
  }
}
