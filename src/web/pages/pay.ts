/** How much is to be paid. What is sent is read back on the next page, under an id that is this payment's for ever. */

import type { VoucherSession } from '../../merchant/merchant.ts'
import { asked } from '../asked.ts'
import { button, type Trouble, textField } from '../fields.ts'
import { html } from '../html.ts'
import { openFirst } from '../next.ts'
import type { Answer, Page, Visit } from '../page.ts'

export const pay: Page = {
  path: '/pay',

  ask: async visit => {
    const { session } = visit
    if (session === undefined) return openFirst('/pay')
    return askAmount(visit, session)
  },
}

/** `troubles`: what was wrong with what was typed, which stays. */
export async function askAmount(
  visit: Visit,
  session: VoucherSession,
  typed = '',
  troubles: readonly Trouble[] = [],
): Promise<Answer> {
  const { words, merchant } = visit
  const balance = await merchant.balance(session)
  if (balance.outcome === 'session-ended') {
    visit.left()
    return openFirst('/pay')
  }
  return asked(
    words,
    { title: words.say('page.pay.title', { payee: merchant.name }), troubles },
    html`<form method="get" action="/pay/confirm" novalidate autocomplete="off">
<input type="hidden" name="intent" value="${visit.drawIntent()}">
${textField({
  name: 'amount',
  label: words.say('page.pay.amount'),
  hint: words.say('page.pay.amount.hint', { left: balance.remaining }),
  value: typed,
  before: words.symbolOf(balance.remaining.asset),
  inputmode: 'decimal',
  autocomplete: 'off',
  maxlength: 16,
  troubles,
})}
${button(words, words.say('page.continue'))}
</form>
<p><a href="/voucher">${words.say('page.back.voucher')}</a></p>`,
  )
}
