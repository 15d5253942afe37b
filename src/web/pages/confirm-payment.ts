/**
 * Reads a payment back, and pays. The address holds the payment's id: a double click, a reload, the way back and a lost
 * answer come to the same payment, and whoever comes here after it was made is shown that it was.
 */
import { parseIntentId } from '../../ids.ts'
import type { Money } from '../../money.ts'
import { compare } from '../../money.ts'
import { button, form, grouped } from '../fields.ts'
import type { Form } from '../form.ts'
import { html } from '../html.ts'
import { openFirst } from '../next.ts'
import type { Answer, Page, Visit } from '../page.ts'
import { readAmount } from '../read-amount.ts'
import { untilKnown } from '../until-known.ts'
import { askAmount } from './pay.ts'

export const confirmPayment: Page = {
  path: '/pay/confirm',

  ask: async visit => {
    const { merchant, session, words } = visit
    const asked = readPayment(visit, visit.query)
    if (session === undefined) return openFirst(asked.here)
    if (asked.intent === undefined) return { goTo: '/pay' }
    const before = await merchant.resolve({ intent: asked.intent, principal: session.voucher })
    if (before.outcome === 'done' && before.kind === 'payment') return { goTo: `/paid?reference=${before.reference}` }
    const balance = await merchant.balance(session)
    if (balance.outcome === 'session-ended') {
      visit.left()
      return openFirst(asked.here)
    }
    const { amount } = asked
    if ('trouble' in amount) return askAmount(visit, session, asked.typed, [amount.trouble])
    const { remaining } = balance
    if (compare(remaining, amount.money) < 0) return askAmount(visit, session, asked.typed, [tooMuch(visit, remaining)])
    return {
      title: words.say('page.confirm.title'),
      amount: amount.money,
      body: html`<h1>${words.say('page.confirm.title')}</h1>
<dl class="facts">
<dt>${words.say('page.confirm.payee')}</dt><dd>${words.name(merchant.name)}</dd>
<dt>${words.say('page.confirm.amount')}</dt><dd><strong>${words.amount(amount.money)}</strong></dd>
<dt>${words.say('page.confirm.voucher')}</dt><dd>${grouped(session.voucher)}</dd>
<dt>${words.say('page.confirm.left')}</dt><dd>${words.amount({ ...remaining, minor: remaining.minor - amount.money.minor })}</dd>
</dl>
${form(visit, '/pay/confirm', { intent: asked.intent, amount: asked.typed }, button(words, words.say('page.confirm.pay', { amount: amount.money, payee: merchant.name })))}
<p><a href="/pay">${words.say('page.confirm.change')}</a></p>`,
    }
  },

  answer: async (visit, sent) => {
    const { merchant, session, words } = visit
    const asked = readPayment(visit, sent)
    if (session === undefined) return openFirst(asked.here)
    const { intent, amount } = asked
    if (intent === undefined || 'trouble' in amount) return { goTo: asked.here }

    const payment = await untilKnown(() => merchant.pay({ intent, session, amount: amount.money }))
    switch (payment.outcome) {
      case 'paid':
        return { goTo: `/paid?reference=${payment.reference}` }
      case 'insufficient-value':
        return askAmount(visit, session, asked.typed, [tooMuch(visit, payment.remaining)])
      case 'refused-amount':
      case 'intent-reused':
        return askAmount(visit, session, asked.typed, [{ field: 'amount', message: words.say('pay.refused') }])
      case 'under-review':
        return askAmount(visit, session, asked.typed, [{ field: 'amount', message: words.say('voucher.under-review') }])
      case 'session-ended':
        visit.left()
        return openFirst(asked.here)
      case 'unknown':
        return notKnownYet(visit, asked.here, amount.money)
    }
  },
}

function readPayment(visit: Visit, sent: Form) {
  const typed = sent.text('amount')
  const intent = parseIntentId(sent.text('intent'))
  const here = `/pay/confirm?${new URLSearchParams({ intent: intent ?? '', amount: typed })}`
  return { typed, intent, here, amount: readAmount(visit, 'amount', typed) }
}

const tooMuch = ({ words }: Visit, left: Money) => ({ field: 'amount', message: words.say('pay.too-much', { left }) })

/** It may have been paid or not: the same address says which, as soon as it is known. */
function notKnownYet({ words }: Visit, here: string, amount: Money): Answer {
  return {
    status: 503,
    title: words.say('page.unknown.title'),
    amount,
    body: html`<h1>${words.say('page.unknown.title')}</h1>
<p>${words.say('page.unknown')}</p>
<p><a class="primary" href="${here}">${words.say('page.unknown.again')}</a></p>`,
  }
}
