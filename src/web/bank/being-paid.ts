/**
 * A customer becomes a payee, sees the number by which payers choose it, or is a payee no more: by the same rules as on the telephone.
 * Each is signed for on the next page.
 */
import type { BeingPaid } from '../../bank/bank.ts'
import { button, factList, form, grouped } from '../fields.ts'
import { type Content, html } from '../html.ts'
import type { Answer } from '../page.ts'
import { back } from './buy.ts'
import { type BankPage, type BankVisit, signedIn } from './visit.ts'

export const beingPaid: BankPage = signedIn('/paid', {
  ask: async (visit, { customer }) => shown(visit, await visit.bank.beingPaid(customer.account)),

  answer: async (visit, session) => {
    const now = await visit.bank.beingPaid(session.customer.account)
    if (now.outcome !== 'no-payee' && now.outcome !== 'payee') return { goTo: '/paid' }
    const kind = now.outcome === 'payee' ? 'stop-being-paid' : 'be-paid'
    const { intent } = session.hold(visit.drawIntent(), { kind })
    return { goTo: `/confirm?intent=${intent}` }
  },
})

function shown(visit: BankVisit, now: BeingPaid): Answer {
  const title = visit.words.say('page.bank.paid.title')
  return {
    title,
    body: html`<h1>${title}</h1>
${stateOf(visit, now)}
${back(visit.words.say('page.bank.back'))}`,
  }
}

function stateOf(visit: BankVisit, now: BeingPaid): Content {
  const { words } = visit
  const notice = (said: string) => html`<p class="notice" role="status">${said}</p>`
  switch (now.outcome) {
    case 'payee': {
      const { number, host, phone } = now
      return html`<p class="lead">${words.say('page.bank.paid.how', { host })}</p>
${factList([
  [words.say('page.bank.paid.number'), grouped(number)],
  [words.name(host), phone],
])}
${form(visit, '/paid', {}, html`<button class="link">${words.say('page.bank.paid.stop')}</button>`)}`
    }
    case 'no-payee':
      return html`<p class="lead">${words.say('page.bank.paid.lead')}</p>
${form(visit, '/paid', {}, button(words, words.say('page.continue')))}`
    case 'asked':
      return notice(words.say('page.bank.paid.asked'))
    case 'no-host':
      return notice(words.say('paid.no-host'))
    case 'account-blocked':
      return notice(words.say('account.blocked'))
    case 'out-of-reach':
      return notice(words.say('paid.out-of-reach'))
  }
}
