/** The counter at a glance: what waits for a second person, a customer to be found, what can be proposed. */
import { parseAccountNumber } from '../../ids.ts'
import { button, form, grouped, summaryOf, type Trouble, textField } from '../fields.ts'
import { type Html, html } from '../html.ts'
import type { Answer } from '../page.ts'
import { counterKind, proposable } from './kinds.ts'
import { atCounter, type Clerk, type CounterPage, type CounterVisit } from './visit.ts'

export const desk: CounterPage = atCounter('/desk', {
  ask: async (visit, clerk) => shown(visit, clerk),
  answer: async (visit, clerk, sent) => {
    const { bank, words } = visit
    const typed = sent.digits('account')
    const account = parseAccountNumber(typed)
    const wrong = (message: string) => shown(visit, clerk, typed, [{ field: 'account', message }])
    if (typed === '') return wrong(words.say('page.bank.account.missing'))
    if (account === undefined) return wrong(words.say('account.check-digits'))
    if ((await bank.findAccount(account)) === undefined) return wrong(words.say('page.counter.unknown-account'))
    return { goTo: `/customer?account=${account}` }
  },
})

/** Whose account it is, what is on it, what wrong PINs have closed, and which cards it has. */
export const customer: CounterPage = atCounter('/customer', {
  ask: async (visit, { person }) => {
    const { bank, teller, cards, words, query } = visit
    const account = parseAccountNumber(query.text('account'))
    const holder = account && (await bank.findAccount(account))
    if (account === undefined || holder === undefined) return { goTo: '/desk' }
    const [balance, closings] = [await bank.balance(account), await teller.closings(account)]
    const mail = await teller.mailAddress(account)
    const theirs = (await cards.list()).filter(card => card.account === account)
    const isClosed = closings.origins > 0 || closings.toAllOn !== undefined
    const about = proposable(person.role, teller.isMailSent).filter(({ fields }) => fields.includes('account'))
    return {
      title: words.name(holder.name),
      body: html`<h1>${words.name(holder.name)}</h1>
<p class="notice">${words.say('page.counter.identity')}</p>
<dl class="facts">
<dt>${words.say('page.bank.account')}</dt><dd>${grouped(account)}</dd>
<dt>${words.say('page.bank.balance')}</dt><dd>${words.amount(balance)}</dd>
<dt>${words.say('page.counter.pin')}</dt><dd>${words.say(isClosed ? 'page.counter.pin.closed' : 'page.counter.pin.open')}</dd>
${teller.isMailSent && html`<dt>${words.say('page.counter.field.address')}</dt><dd>${mail ?? words.say('page.counter.address.none')}</dd>`}
${theirs.map(({ number, state }) => html`<dt>${words.say('page.counter.card')}</dt><dd>${grouped(number)}, ${words.say(`page.counter.card.${state}`)}</dd>`)}
</dl>
<ul class="actions">${about.map(({ kind }) => html`<li><a href="/propose?kind=${kind}&amp;account=${account}">${words.say(`page.counter.${kind}`)}</a></li>`)}
${theirs.flatMap(({ number, state }) => (state === 'active' ? ['block-card' as const] : state === 'blocked' ? ['unblock-card' as const, 'revoke-card' as const] : []).map(kind => html`<li><a href="/propose?kind=${kind}&amp;card=${number}">${words.say(`page.counter.${kind}`)}</a></li>`))}</ul>
${toDesk(visit)}`,
    }
  },
})

async function shown(
  visit: CounterVisit,
  { person }: Clerk,
  typed = '',
  troubles: readonly Trouble[] = [],
): Promise<Answer> {
  const { words, decisions, teller } = visit
  const title = words.say('page.counter.title')
  const waiting = (await decisions.waiting()).filter(({ kind }) => counterKind(kind) !== undefined)
  return {
    ...(troubles.length > 0 && { status: 422 }),
    title,
    body: html`${summaryOf(words, troubles)}
<p class="number">${person.name}, ${words.say(`page.counter.role.${person.role}`)}</p>
<h1>${title}</h1>
<h2>${words.say('page.counter.find')}</h2>
${form(visit, '/desk', {}, [
  textField({
    name: 'account',
    label: words.say('page.bank.account'),
    value: typed,
    inputmode: 'numeric',
    autocomplete: 'off',
    maxlength: 24,
    isGrouped: true,
    troubles,
  }),
  button(words, words.say('page.counter.find.go')),
])}
<h2>${words.say('page.counter.waiting')}</h2>
${waiting.length === 0 ? html`<p>${words.say('page.counter.waiting.none')}</p>` : html`<ul class="payments">${waiting.map(each => listed(visit, each))}</ul>`}
<h2>${words.say('page.counter.propose')}</h2>
<ul class="actions">${proposable(person.role, teller.isMailSent).map(({ kind }) => html`<li><a href="/propose?kind=${kind}">${words.say(`page.counter.${kind}`)}</a></li>`)}</ul>
${form(visit, '/leave', {}, html`<button class="link">${words.say('page.bank.leave')}</button>`)}`,
  }
}

function listed(
  { words }: CounterVisit,
  each: Awaited<ReturnType<CounterVisit['decisions']['waiting']>>[number],
): Html {
  const kind = counterKind(each.kind)
  const said = kind === undefined ? each.kind : words.say(`page.counter.${kind.kind}`)
  return html`<li><span><a href="/proposal?digest=${each.digest}"><strong>${said}</strong></a> <span class="reference">${each.maker}</span> <span class="reference">${words.instant(each.proposedAt)}</span></span></li>`
}

export const toDesk = ({ words }: CounterVisit): Html =>
  html`<p><a href="/desk">${words.say('page.counter.back')}</a></p>`
