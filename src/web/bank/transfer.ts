/** Sends money to another account. The name of its holder is read back on the next page, with the amount. */
import { parseAccountNumber } from '../../ids.ts'
import { asked } from '../asked.ts'
import { button, form, type Trouble, textField } from '../fields.ts'
import { Form } from '../form.ts'
import { html } from '../html.ts'
import type { Answer } from '../page.ts'
import { readAmount } from '../read-amount.ts'
import { back } from './buy.ts'
import type { BankSession } from './session.ts'
import { type BankPage, type BankVisit, signedIn } from './visit.ts'

export const transfer: BankPage = signedIn('/transfer', {
  ask: (visit, session) => asking(visit, session),

  answer: async (visit, session, sent) => {
    const { words, bank } = visit
    const troubles: Trouble[] = []
    const [typed, account] = [sent.digits('account'), parseAccountNumber(sent.digits('account'))]
    const wrong = (message: string) => troubles.push({ field: 'account', message })
    if (typed === '') wrong(words.say('page.bank.transfer.account.missing'))
    else if (account === undefined) wrong(words.say('account.check-digits'))
    else if (account === session.customer.account) wrong(words.say('transfer.account.own'))
    const amount = readAmount(visit, 'amount', sent.text('amount'))
    if ('trouble' in amount) troubles.push(amount.trouble)
    const by = session.customer.account
    const named = account && troubles.length === 0 ? await bank.nameHolder({ by, account }) : undefined
    if (named?.outcome === 'unknown' && account) wrong(words.say('transfer.account.unknown', { account }))
    if (named?.outcome === 'out-of-reach') wrong(words.say('transfer.bank-out-of-reach', { bank: named.bank }))
    if (named?.outcome === 'busy') wrong(words.say('try-again-soon'))
    const to = named?.outcome === 'found' ? named.holder : undefined
    if (to === undefined || 'trouble' in amount) return asking(visit, session, sent, troubles)
    const { intent } = session.hold(visit.drawIntent(), { kind: 'transfer', to, amount: amount.money })
    return { goTo: `/confirm?intent=${intent}` }
  },
})

async function asking(
  visit: BankVisit,
  { customer }: BankSession,
  sent = new Form(''),
  troubles: readonly Trouble[] = [],
): Promise<Answer> {
  const { words, bank } = visit
  const balance = await bank.balance(customer.account)
  const title = words.say('page.bank.transfer.title')
  return asked(
    words,
    { title, troubles },
    html`${form(visit, '/transfer', {}, [
      textField({
        name: 'account',
        label: words.say('page.bank.transfer.account'),
        hint: words.say('page.bank.transfer.account.hint'),
        value: sent.digits('account'),
        inputmode: 'numeric',
        autocomplete: 'off',
        maxlength: 24,
        isGrouped: true,
        troubles,
      }),
      textField({
        name: 'amount',
        label: words.say('page.confirm.amount'),
        hint: words.say('balance.told', { balance }),
        value: sent.text('amount'),
        before: words.symbolOf(balance.asset),
        inputmode: 'decimal',
        autocomplete: 'off',
        maxlength: 16,
        troubles,
      }),
      button(words, words.say('page.continue')),
    ])}
${back(words.say('page.bank.back'))}`,
  )
}
