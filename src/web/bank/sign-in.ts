/** Account number and PIN, with the tries, closings and limits of the telephone. What waits to be written down comes first. */
import type { Bank, SignIn } from '../../bank/bank.ts'
import { type AccountNumber, parseAccountNumber } from '../../ids.ts'
import { asked } from '../asked.ts'
import { button, form, secretField, type Trouble, textField } from '../fields.ts'
import { Form } from '../form.ts'
import { html } from '../html.ts'
import { safeNext } from '../next.ts'
import type { Answer } from '../page.ts'
import type { Words } from '../words.ts'
import { BankSession } from './session.ts'
import type { BankPage, BankVisit } from './visit.ts'

export const signIn: BankPage = {
  path: '/',

  ask: async visit => {
    const next = safeNext(visit.query.text('next'))
    return visit.session ? { goTo: next ?? '/account' } : asking(visit, next)
  },

  answer: async (visit, sent) => {
    const { bank, words, origin, runtime } = visit
    const next = safeNext(sent.text('next'))
    const again = (field: string, message: string) => asking(visit, next, sent, [{ field, message }])
    const typed = sent.digits('account')
    const account = parseAccountNumber(typed)
    if (typed === '') return again('account', words.say('page.bank.account.missing'))
    if (account === undefined) return again('account', words.say('account.check-digits'))
    const pin = sent.secret('pin')
    if (pin.length === 0) return again('pin', words.say('page.bank.pin.missing'))

    const answer = await bank.signIn({ account, pin, origin })
    if (answer.outcome !== 'signed-in') return again('account', whyNot(words, answer))
    visit.opened(new BankSession(runtime, answer.customer, answer.returned))
    const untold = await oldestUntold(bank, account)
    return { goTo: untold === undefined ? (next ?? '/account') : `/told?voucher=${untold}` }
  },
}

function asking(visit: BankVisit, next?: string, sent = new Form(''), troubles: readonly Trouble[] = []): Answer {
  const { words } = visit
  const title = words.say('page.bank.sign-in.title')
  return asked(
    words,
    { title, troubles },
    html`${visit.query.text('ended') !== '' && html`<p class="notice" role="status">${words.say('page.bank.ended')}</p>`}
<p class="lead">${words.say('page.bank.sign-in.lead')}</p>
${form(visit, '/', next === undefined ? {} : { next }, [
  textField({
    name: 'account',
    label: words.say('page.bank.account'),
    value: sent.digits('account'),
    inputmode: 'numeric',
    autocomplete: 'off',
    maxlength: 24,
    isGrouped: true,
    troubles,
  }),
  secretField({
    name: 'pin',
    label: words.say('page.bank.pin'),
    hint: words.say('page.bank.pin.hint'),
    maxlength: 12,
    show: words.say('page.show'),
    hide: words.say('page.hide'),
    troubles,
  }),
  button(words, words.say('page.bank.sign-in.go')),
])}
<p class="hint">${words.say('page.bank.sign-in.trust')}</p>`,
  )
}

const minuteMs = 60_000
/** Longer than this is told in hours. */
const mostMinutes = 90

function whyNot(words: Words, answer: Exclude<SignIn, { outcome: 'signed-in' }>): string {
  switch (answer.outcome) {
    case 'refused':
      return answer.triesLeft === 1 ? words.say('page.bank.wrong.last') : words.say('sign-in.wrong')
    case 'closed': {
      const minutes = Math.ceil(answer.forMs / minuteMs)
      return minutes > mostMinutes
        ? words.say('page.bank.closed.hours', { hours: Math.ceil(minutes / 60) })
        : words.say('page.bank.closed.minutes', { minutes })
    }
    case 'closed-today':
      return words.say('page.bank.closed.today')
    case 'blocked':
      return words.say('account.blocked')
    case 'under-review':
      return words.say('account.under-review')
    case 'busy':
      return words.say('page.busy')
  }
}

/** The oldest first, as on the telephone: nobody is asked what they want before they have what they paid for. */
async function oldestUntold(bank: Bank, account: AccountNumber): Promise<string | undefined> {
  return (await bank.vouchers(account)).findLast(({ state }) => state === 'unconfirmed')?.id
}
