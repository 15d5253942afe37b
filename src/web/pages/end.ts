/**
 * Ends an open voucher: what is left and where it goes is read back, and one press does it. Its id stands in the form, so that a
 * double click, a reload and a lost answer come to one end.
 */
import { type IntentId, parseIntentId } from '../../ids.ts'
import type { Money } from '../../money.ts'
import { asked } from '../asked.ts'
import { button, form, grouped, type Trouble } from '../fields.ts'
import { html } from '../html.ts'
import { openFirst } from '../next.ts'
import type { Answer, Page, Visit } from '../page.ts'
import { untilKnown } from '../until-known.ts'

export const end: Page = {
  path: '/end',

  ask: async visit => asking(visit, visit.drawIntent()),

  answer: async (visit, sent) => {
    const { merchant, session, words } = visit
    const intent = parseIntentId(sent.text('intent'))
    if (session === undefined || intent === undefined) return openFirst('/end')
    const again = (message: string) => asking(visit, intent, [{ field: 'end', message }])
    const ending = await untilKnown(() => merchant.endVoucher({ intent, session }))
    switch (ending.outcome) {
      case 'ended':
        return ended(visit, ending)
      case 'nothing-left':
        return { goTo: '/voucher' }
      case 'not-now':
      case 'intent-reused':
        return again(words.say('end.not-now'))
      case 'unknown':
        return again(words.say('page.end.unknown'))
      case 'session-ended':
        visit.left()
        return openFirst('/end')
    }
  },
}

async function asking(visit: Visit, intent: IntentId, troubles: readonly Trouble[] = []): Promise<Answer> {
  const { merchant, session, words } = visit
  if (session === undefined) return openFirst('/end')
  const balance = await merchant.balance(session)
  if (balance.outcome === 'session-ended') {
    visit.left()
    return openFirst('/end')
  }
  const { remaining } = balance
  if (remaining.minor === 0n) return { goTo: '/voucher' }
  return {
    amount: remaining,
    ...asked(
      words,
      { title: words.say('page.end.title'), troubles },
      html`<p>${words.say('page.end.lead')}</p>
<dl class="facts">
<dt>${words.say('page.confirm.voucher')}</dt><dd>${grouped(session.voucher)}</dd>
<dt>${words.say('page.end.left')}</dt><dd><strong>${words.amount(remaining)}</strong></dd>
</dl>
${form(visit, '/end', { intent }, html`<div id="end">${button(words, words.say('page.end.go'))}</div>`)}
<p><a href="/voucher">${words.say('page.end.keep')}</a></p>`,
    ),
  }
}

function ended(
  { words }: Visit,
  { amount, reference }: { readonly amount: Money; readonly reference: string },
): Answer {
  return {
    title: words.say('page.end.done.title'),
    amount,
    body: html`<div class="done" role="status"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4.5 12.5l5 5 10-11"/></svg>
<h1>${words.say('page.end.done.title')}</h1>
<p>${words.say('page.end.done', { amount })}</p></div>
<dl class="facts">
<dt>${words.say('page.paid.reference')}</dt><dd class="reference">${reference}</dd>
</dl>`,
  }
}
