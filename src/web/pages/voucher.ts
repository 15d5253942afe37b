/** An open voucher: what is left on it, what was paid with it, and what can be done next. */

import type { GivenBack, PastPayment } from '../../merchant/merchant.ts'
import { form } from '../fields.ts'
import { type Html, html } from '../html.ts'
import { openFirst } from '../next.ts'
import type { Page, Visit } from '../page.ts'

/** As many as fit on a telephone's screen. */
const most = 5

export const voucher: Page = {
  path: '/voucher',

  ask: async visit => {
    const { merchant, session, words } = visit
    if (session === undefined) return openFirst('/voucher')
    const balance = await merchant.balance(session)
    const past = await merchant.lastPayments(session, most)
    if (balance.outcome === 'session-ended' || past.outcome === 'session-ended') {
      visit.left()
      return openFirst('/voucher')
    }
    const { remaining } = balance
    return {
      title: words.say('page.voucher.title'),
      body: html`${visit.query.text('done') === 'password' && html`<p class="notice" role="status">${words.say('password.changed')}</p>`}
${givenBackTo(visit, balance.givenBack)}
<h1 class="quiet">${words.say('page.voucher.left')}</h1>
<p class="figure">${words.amount(remaining)}</p>
<p class="number">${words.say('page.voucher.number', { number: session.voucher })}</p>
${remaining.minor > 0n ? html`<p><a class="primary" href="/pay">${words.say('page.voucher.pay')}</a></p>` : html`<p class="notice">${words.say('voucher.exhausted')}</p>`}
<h2>${words.say('page.voucher.payments')}</h2>
${paymentsOf(visit, past.payments)}
<h2>${words.say('page.voucher.more')}</h2>
<p><a href="/password">${words.say('page.voucher.password')}</a></p>
${remaining.minor > 0n && html`<p><a href="/end">${words.say('page.voucher.end')}</a></p>`}
${form(visit, '/leave', {}, html`<button class="link">${words.say('page.voucher.leave')}</button>`)}`,
    }
  },

  /** What was given back has been read: it is shown no more. */
  answer: async (visit, sent) => {
    const { merchant, session } = visit
    if (session === undefined) return openFirst('/voucher')
    await merchant.heardOf({ session, references: sent.text('references').split(' ') })
    return { goTo: '/voucher' }
  },
}

function givenBackTo(visit: Visit, givenBack: readonly GivenBack[]): Html | undefined {
  const { words } = visit
  if (givenBack.length === 0) return undefined
  const references = givenBack.map(({ reference }) => reference).join(' ')
  return html`<div class="notice" role="status">${givenBack.map(
    ({ at, amount, reference }) =>
      html`<p>${words.say('page.voucher.given-back', { amount })} ${words.instant(at)} · ${words.say('page.reference', { reference })}</p>`,
  )}
${form(visit, '/voucher', { references }, html`<button class="link">${words.say('page.voucher.read')}</button>`)}</div>`
}

function paymentsOf({ words }: Visit, payments: readonly PastPayment[]): Html {
  if (payments.length === 0) return html`<p>${words.say('payments.none')}</p>`
  return html`<ol class="payments" reversed>${payments.map(({ kind, at, amount, reference }) =>
    kind === 'reversal'
      ? html`
<li><span><span>${words.instant(at)}</span> <span class="reference">${words.say('page.voucher.reversal')}</span></span> <strong>+${words.amount(amount)}</strong></li>`
      : html`
<li><a href="/paid?reference=${reference}"><span>${words.instant(at)}</span> <span class="reference">${words.say('page.reference', { reference })}</span></a> <strong>${words.amount(amount)}</strong></li>`,
  )}
</ol>
<p class="hint">${words.say('page.zone', { zone: words.zone(payments[0]?.at ?? 0) })}</p>`
}
