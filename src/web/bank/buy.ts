/** Buys a voucher: for whom, and worth how much. What was chosen is read back on the next page. */
import type { Payee } from '../../bank/bank.ts'
import { parseInstitutionId } from '../../ids.ts'
import { compare, type Money } from '../../money.ts'
import { asked } from '../asked.ts'
import { button, form, type Trouble } from '../fields.ts'
import { type Html, html } from '../html.ts'
import type { Answer } from '../page.ts'
import { type BankPage, type BankVisit, signedIn } from './visit.ts'

export const buy: BankPage = signedIn('/buy', {
  ask: async visit => {
    const payees = await visit.bank.payees()
    const chosen = parseInstitutionId(visit.query.text('payee'))
    const [only] = payees.length === 1 ? payees : []
    const payee = payees.find(({ id }) => id === chosen) ?? only
    return payee === undefined ? askPayee(visit, payees) : askDenomination(visit, payee)
  },

  answer: async (visit, session, sent) => {
    const id = parseInstitutionId(sent.text('payee'))
    const payee = (await visit.bank.payees()).find(each => each.id === id)
    if (payee === undefined) return { goTo: '/buy' }
    const amount = payee.denominations.find(({ minor }) => `${minor}` === sent.text('amount'))
    if (amount === undefined) {
      return askDenomination(visit, payee, [
        { field: 'amount', message: visit.words.say('page.bank.buy.amount.missing') },
      ])
    }
    const { intent } = session.hold(visit.drawIntent(), { kind: 'sale', payee, amount })
    return { goTo: `/confirm?intent=${intent}` }
  },
})

function askPayee({ words }: BankVisit, payees: readonly Payee[]): Answer {
  const title = words.say('page.bank.buy.payee')
  return {
    title,
    body: html`<h1>${title}</h1>
${payees.length === 0 && html`<p>${words.say('page.bank.buy.none')}</p>`}
<ul class="choices">${payees.map(({ id, name, number }) => html`<li><a href="/buy?payee=${id}"><strong>${words.name(name)}</strong> <span class="hint">${number}</span></a></li>`)}</ul>
${back(words.say('page.bank.back'))}`,
  }
}

/** `onOffer`: what is left to choose from when the amount that was wanted is sold out. */
export async function askDenomination(
  visit: BankVisit,
  payee: Payee,
  troubles: readonly Trouble[] = [],
  onOffer: readonly Money[] = payee.denominations,
): Promise<Answer> {
  const { words, bank, session } = visit
  const balance = session && (await bank.balance(session.customer.account))
  const title = words.say('page.bank.buy.amount', { payee: payee.name })
  const [trouble] = troubles
  const choice = ({ minor, asset }: Money, i: number) =>
    html`<label class="choice"><input type="radio" name="amount" value="${`${minor}`}"${i === 0 && html` id="amount"`}${trouble !== undefined && html` aria-describedby="amount-error"`} required> <span>${words.amount({ minor, asset })}</span></label>`
  return {
    payee: payee.name,
    ...asked(
      words,
      { title, troubles },
      html`${balance && html`<p class="lead">${words.say('balance.told', { balance })}</p>`}
${
  onOffer.length > 0 &&
  form(visit, '/buy', { payee: payee.id }, [
    html`<fieldset class="field${trouble !== undefined && ' wrong'}"><legend>${words.say('page.bank.buy.legend')}</legend>
${trouble !== undefined && html`<p class="error" id="amount-error">${trouble.message}</p>`}
${onOffer.map(choice)}</fieldset>`,
    button(words, words.say('page.continue')),
  ])
}
${back(words.say('page.bank.back'))}`,
    ),
  }
}

/** The nearest amounts that are in stock, when the one that was wanted is not. */
export const ascending = (amounts: readonly Money[]): readonly Money[] => [...amounts].sort(compare)

export const back = (label: string): Html => html`<p><a href="/account">${label}</a></p>`
