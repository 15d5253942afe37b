/** Opens a voucher with its number and password; what the payer came for follows. */

import { parseByPlan } from '../../voucher/voucher-number.ts'
import { button, form, grouped, secretField, summaryOf, type Trouble, textField } from '../fields.ts'
import type { Form } from '../form.ts'
import { html } from '../html.ts'
import { safeNext } from '../next.ts'
import type { Answer, Page, Visit } from '../page.ts'

export const openVoucher: Page = {
  path: '/',

  ask: async visit => {
    const next = safeNext(visit.query.text('next'))
    if (visit.session) return { goTo: next ?? '/voucher' }
    return asking(visit, { next })
  },

  answer: async (visit, sent) => {
    const { merchant, words, origin } = visit
    const next = safeNext(sent.text('next'))
    const again = (...troubles: Trouble[]) => asking(visit, { next, sent, troubles })
    const typed = sent.digits('number')
    const number = parseByPlan(typed, merchant.numbers)
    const password = sent.secret('password')
    if (typed === '') return again({ field: 'number', message: words.say('page.open.number.missing') })
    if (number === undefined) return again({ field: 'number', message: words.say('voucher.bad-check-digit') })
    if (password.length === 0) return again({ field: 'password', message: words.say('page.open.password.missing') })

    const opening = await merchant.openVoucher({ number, password, origin })
    switch (opening.outcome) {
      case 'open':
        visit.opened(opening.session)
        return { goTo: next ?? '/voucher' }
      case 'exhausted':
        return again({ field: 'number', message: words.say('voucher.exhausted') })
      case 'terminated':
        return again({ field: 'number', message: words.say('voucher.terminated') })
      case 'bad-number':
      case 'refused':
        return again({ field: 'number', message: words.say('voucher.refused') })
      case 'busy':
        return again({ field: 'password', message: words.say('page.busy') })
    }
  },
}

interface Asked {
  readonly next: string | undefined
  readonly sent?: Form
  readonly troubles?: readonly Trouble[]
}

function asking(visit: Visit, { next, sent, troubles = [] }: Asked): Answer {
  const { words } = visit
  const isBack = visit.query.text('ended') !== ''
  return {
    ...(troubles.length > 0 && { status: 422 }),
    title: words.say('page.open.title'),
    body: html`${summaryOf(words, troubles)}
<h1>${words.say('page.open.title')}</h1>
${isBack && html`<p class="notice">${words.say('session.ended')}</p>`}
<p class="lead">${words.say('page.open.lead')}</p>
${form(visit, '/', next === undefined ? {} : { next }, [
  textField({
    name: 'number',
    label: words.say('page.open.number'),
    hint: words.say('page.open.number.hint'),
    value: sent === undefined ? '' : grouped(sent.digits('number')),
    inputmode: 'numeric',
    autocomplete: 'off',
    maxlength: 40,
    isGrouped: true,
    troubles,
  }),
  secretField({
    name: 'password',
    label: words.say('page.open.password'),
    maxlength: 24,
    show: words.say('page.show'),
    hide: words.say('page.hide'),
    troubles,
  }),
  button(words, words.say('page.open.go')),
])}`,
  }
}
