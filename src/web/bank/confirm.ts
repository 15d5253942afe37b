/**
 * Reads an order back, and carries it out. The address holds its intent: a double click, a reload, the way back and a lost answer
 * come to the same outcome. What moves money or shows a secret is signed with a passkey, and what is signed is this order.
 */
import { type IntentId, parseIntentId } from '../../ids.ts'
import { asked } from '../asked.ts'
import { button, factList, form, grouped, type Trouble } from '../fields.ts'
import { type Html, html } from '../html.ts'
import type { Answer } from '../page.ts'
import type { Words } from '../words.ts'
import { back } from './buy.ts'
import { carryOut } from './carry-out.ts'
import { passkeyForm } from './passkey-form.ts'
import type { BankSession, Done, Order, Pending } from './session.ts'
import { type BankPage, type BankVisit, signedIn } from './visit.ts'

export const confirm: BankPage = signedIn('/confirm', {
  ask: async (visit, session) => {
    const intent = parseIntentId(visit.query.text('intent'))
    const pending = session.pending(intent)
    if (pending === undefined) return elsewhere(visit, session, intent)
    if (pending.doing !== undefined) return shown(pending, await pending.doing)
    return readBack(visit, pending, troubleIn(visit))
  },

  answer: async (visit, session, sent) => {
    const intent = parseIntentId(sent.text('intent'))
    const pending = session.pending(intent)
    if (pending === undefined) return elsewhere(visit, session, intent)
    const response = sent.text('response')
    pending.doing ??= carryOut(visit, session, pending, response)
    const done = await pending.doing.catch((error: unknown) => {
      pending.doing = undefined
      throw error
    })
    if (!done.isOver) pending.doing = undefined
    return shown(pending, done, response)
  },
})

function shown({ intent }: Pending, { answer }: Done, response = ''): Answer {
  if (answer !== 'not-signed') return answer
  return { goTo: `/confirm?${new URLSearchParams({ intent, not: response === '' ? 'signed' : 'yours' })}` }
}

/** Why the order has to be confirmed once more. */
function troubleIn({ words, query }: BankVisit): readonly Trouble[] {
  const not = query.text('not')
  if (not !== 'signed' && not !== 'yours') return []
  const message = words.say(not === 'signed' ? 'page.bank.passkey.none' : 'page.bank.passkey.refused')
  return [{ field: 'sign', message }]
}

/** This session does not know the order: it was made before a restart, or long ago. The bank knows what became of it. */
async function elsewhere(visit: BankVisit, { customer }: BankSession, intent: IntentId | undefined): Promise<Answer> {
  if (intent === undefined) return { goTo: '/account' }
  const found = await visit.bank.resolve({ intent, principal: customer.account })
  return { goTo: found.outcome === 'done' ? `/done?intent=${intent}` : '/account' }
}

async function readBack(visit: BankVisit, pending: Pending, troubles: readonly Trouble[] = []): Promise<Answer> {
  const { words } = visit
  const { order, intent, challenge } = pending
  const { title, facts, lead, go } = saidOf(words, order)
  const carried = { intent }
  const label = button(words, go)
  return {
    ...stripOf(order),
    ...(order.kind !== 'block' && { usesPasskey: true }),
    ...asked(
      words,
      { title, troubles },
      html`${lead !== undefined && html`<p class="lead">${lead}</p>`}
${facts.length > 0 && factList(facts)}
${order.kind === 'block' ? form(visit, '/confirm', carried, label) : await passkeyForm(visit, { action: '/confirm', carried, challenge, label })}
${back(words.say(order.kind === 'told' ? 'page.bank.later' : 'page.bank.cancel'))}`,
    ),
  }
}

/** In sight while it is confirmed. */
function stripOf(order: Order): Pick<Extract<Answer, { body: Html }>, 'amount' | 'payee'> {
  if (order.kind === 'sale') return { amount: order.amount, payee: order.payee.name }
  if (order.kind === 'transfer') return { amount: order.amount, payee: order.to.name }
  return {}
}

interface Said {
  readonly title: string
  readonly lead?: string
  readonly facts: readonly (readonly [what: string, value: string])[]
  /** The one thing to do. */
  readonly go: string
}

function saidOf(words: Words, order: Order): Said {
  const title = words.say('page.confirm.title')
  switch (order.kind) {
    case 'sale': {
      const { payee, amount } = order
      const facts = [fact(words.say('page.bank.voucher.for'), words.name(payee.name)), worth(words, amount)]
      return { title, facts, go: words.say('page.bank.buy.go', { amount, payee: payee.name }) }
    }
    case 'transfer': {
      const { to, amount } = order
      const account = fact(words.say('page.bank.account'), grouped(to.account))
      const facts = [fact(words.say('page.bank.transfer.to'), words.name(to.name)), account, worth(words, amount)]
      return { title, facts, go: words.say('page.bank.transfer.go', { amount, payee: to.name }) }
    }
    case 'pin':
      return { title: words.say('page.bank.pin.title'), facts: [], go: words.say('page.bank.pin.go') }
    case 'be-paid':
      return { title: words.say('page.bank.paid.title'), facts: [], go: words.say('page.bank.paid.go') }
    case 'stop-being-paid':
      return {
        title: words.say('page.bank.paid.stop'),
        lead: words.say('page.bank.paid.stop.lead'),
        facts: [],
        go: words.say('page.bank.paid.stop.go'),
      }
    case 'block':
      return {
        title: words.say(`page.bank.lost.${order.what}`),
        lead: words.say(`page.bank.lost.${order.what}.lead`),
        facts: [],
        go: words.say(`page.bank.lost.${order.what}.go`),
      }
    case 'told':
    case 'backup': {
      const { payee, amount, number } = order.voucher
      const facts = [fact(words.say('page.bank.voucher.for'), words.name(payee.name)), worth(words, amount)]
      return order.kind === 'told'
        ? {
            title: words.say('page.bank.told.title'),
            lead: words.say('page.bank.told.lead'),
            facts,
            go: words.say('page.bank.told.go'),
          }
        : {
            title: words.say('page.backup'),
            lead: words.say('backup.intro'),
            facts: [fact(words.say('page.open.number'), grouped(number)), ...facts],
            go: words.say('page.bank.backup.go'),
          }
    }
  }
}

const fact = (what: string, value: string) => [what, value] as const
const worth = (words: Words, amount: Parameters<Words['amount']>[0]) =>
  fact(words.say('page.confirm.amount'), words.amount(amount))
