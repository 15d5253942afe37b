/** How an office says what happened: an amount with its sign, a voucher by the ends of its number. */
import type { VoucherNumber } from '../../ids.ts'
import type { Happening } from '../../merchant/office/happenings.ts'
import { formatMoney, type Money } from '../../money.ts'
import { type Html, html } from '../html.ts'
import type { Words } from '../words.ts'

/** `6180 •••• 1234`: enough to tell two apart, and too little to try a password with. */
export const masked = (number: VoucherNumber): string => `${number.slice(0, 4)} •••• ${number.slice(-4)}`

/** The two parts of `32.50 CNY`, as a file has them. */
export const amountAndCurrency = (amount: Money): readonly [amount: string, currency: string] => {
  const [digits = '', currency = ''] = formatMoney(amount).split(' ')
  return [digits, currency]
}

/** Whether it is the payee's, and may be given back by a clerk; else it goes back itself. */
export const isEarned = ({ kind }: Pick<Happening, 'kind'>): boolean =>
  kind === 'payment' || kind === 'listening' || kind === 'card-payment'

export function listed(words: Words, each: Happening): Html {
  const { kind, at, reference, voucher, amount, givenBack, seq } = each
  const what = html`<strong>${words.say(`page.office.kind.${kind}`)}</strong>`
  const sign = isEarned(each) ? '' : '−'
  return html`<li><span>${isEarned(each) ? html`<a href="/payment?row=${`${seq}`}">${what}</a>` : what}
<span class="reference">${words.instant(at)}${reference !== '' && html` · ${words.say('page.reference', { reference })}`}</span>
${voucher !== undefined && html`<span class="reference">${words.say('page.office.voucher')} ${masked(voucher)}</span>`}</span>
<span class="sum"><strong>${sign}${words.amount(amount)}</strong>
${givenBack.minor > 0n && html`<span class="reference">${words.say('page.office.given-back', { amount: givenBack })}</span>`}</span></li>`
}
