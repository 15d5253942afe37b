/** One payment, and how it is given back: an amount and why are asked, read back, and signed by a passkey. It is done once, however often it is sent. */
import { type IntentId, parseIntentId } from '../../ids.ts'
import { challengeOf } from '../../keys/passkey-assertion.ts'
import { unsignedAct } from '../../merchant/office/act.ts'
import type { Happening } from '../../merchant/office/happenings.ts'
import { formatMoney } from '../../money.ts'
import { now } from '../../runtime.ts'
import { button, factList, form, summaryOf, type Trouble, textField } from '../fields.ts'
import { Form } from '../form.ts'
import { html } from '../html.ts'
import type { Answer } from '../page.ts'
import { readWhy, whyField } from '../people/why.ts'
import { readAmount } from '../read-amount.ts'
import { signedForm, toSign } from '../signed-form.ts'
import { untilKnown } from '../until-known.ts'
import { isGivable, masked } from './said.ts'
import { atOffice, type Colleague, type HeldAct, inOffice, type OfficePage, type OfficeVisit } from './visit.ts'

export const payment: OfficePage = atOffice('/payment', {
  ask: async (visit, person) => {
    const paid = await paymentIn(visit, visit.query)
    return paid === undefined ? { goTo: '/payments' } : asking(visit, person, paid)
  },
  answer: async (visit, person, sent) => {
    const { words, tenant } = visit
    const paid = await paymentIn(visit, sent)
    if (paid === undefined) return { goTo: '/payments' }
    const troubles: Trouble[] = []
    const read = readAmount(visit, 'amount', sent.text('amount'))
    if ('trouble' in read) troubles.push(read.trouble)
    else if (read.money.minor > leftOf(paid)) troubles.push({ field: 'amount', message: tooMuch(visit, leftOf(paid)) })
    const why = readWhy(words, sent)
    troubles.push(...why.troubles)
    if ('trouble' in read || troubles.length > 0) return asking(visit, person, paid, sent, troubles)
    const intent = visit.drawIntent()
    const { reference, businessDate: date } = paid
    const act = {
      ...{ tenant, kind: await howNow(visit, paid), why: why.text, person: person.person.keyId, at: now(visit) },
      request: { intent, reference, date, minor: read.money.minor },
    }
    const { content, message } = unsignedAct(act)
    person.hold(intent, { act, row: paid.seq, content, challenge: challengeOf(message) })
    return { goTo: `/give-back?intent=${intent}` }
  },
})

/** The address holds the intent: a double click, a reload and the way back come to the one outcome. */
export const giveBack: OfficePage = atOffice('/give-back', {
  ask: async (visit, person) => {
    const intent = parseIntentId(visit.query.text('intent'))
    const held = person.held(intent)
    if (intent === undefined || held === undefined) return { goTo: '/payments' }
    return held.done === undefined ? signing(visit, person, intent, held) : done(visit, person, held.done)
  },
  answer: async (visit, person, sent) => {
    const { words, peoplePasskeys, site, office } = visit
    const intent = parseIntentId(sent.text('intent'))
    const held = person.held(intent)
    if (intent === undefined || held === undefined) return { goTo: '/payments' }
    const here = { goTo: `/give-back?intent=${intent}` }
    if (held.done !== undefined) return here
    const again = (message: string) => signing(visit, person, intent, held, [{ field: 'sign', message }])
    const { challenge, content } = held
    const response = sent.text('response')
    const proven = await peoplePasskeys.prove({ response, challenge, site })
    if (proven.outcome === 'refused' || proven.person.keyId !== person.person.keyId)
      return again(words.say(response === '' ? 'page.people.none' : 'page.people.refused'))
    const outcome = await untilKnown(() => office.giveBack({ content, ...proven.signature }))
    switch (outcome.outcome) {
      case 'reversed':
      case 'refunded':
        held.done = outcome
        return here
      case 'exceeds-payment':
      case 'exceeds-payments':
        return again(tooMuch(visit, outcome.left.minor))
      case 'voucher-dead':
        return again(words.say('page.office.back.voucher-dead'))
      case 'not-closed':
      case 'unknown-payment':
        return again(words.say('page.office.back.not-now'))
      case 'not-signed':
        return again(words.say('page.people.refused'))
      case 'unknown':
        return again(words.say('page.office.back.unknown'))
      case 'unknown-voucher':
      case 'refused-amount':
      case 'intent-reused':
        return again(words.say('page.office.back.not-done'))
    }
  },
})

async function paymentIn({ office }: OfficeVisit, sent: Form): Promise<Happening | undefined> {
  const row = sent.digits('row')
  const found = /^\d{1,18}$/.test(row) ? await office.happened(BigInt(row)) : undefined
  return found !== undefined && isGivable(found) ? found : undefined
}

const leftOf = ({ amount, givenBack }: Happening): bigint => amount.minor - givenBack.minor

const tooMuch = ({ words, currency: asset }: OfficeVisit, minor: bigint): string =>
  words.say('page.office.back.too-much', { amount: { minor, asset } })

/** On the date of the payment to its voucher, later to whoever bought that. */
async function howNow({ office }: OfficeVisit, { businessDate }: Happening): Promise<'reverse' | 'refund'> {
  return (await office.date()) === businessDate ? 'reverse' : 'refund'
}

async function asking(
  visit: OfficeVisit,
  person: Colleague,
  paid: Happening,
  sent = new Form(''),
  troubles: readonly Trouble[] = [],
): Promise<Answer> {
  const { words, currency: asset } = visit
  const { at, reference, voucher, amount, givenBack, businessDate } = paid
  const left = { minor: leftOf(paid), asset }
  const title = words.say('page.office.payment')
  const kind = await howNow(visit, paid)
  return {
    ...(troubles.length > 0 && { status: 422 }),
    title,
    body: inOffice(
      visit,
      person,
      html`${summaryOf(words, troubles)}
<h1>${title}</h1>
<dl class="facts">
<dt>${words.say('page.office.file.amount')}</dt><dd>${words.amount(amount)}</dd>
<dt>${words.say('page.office.file.reference')}</dt><dd>${reference}</dd>
<dt>${words.say('page.office.file.at')}</dt><dd>${words.instant(at)}</dd>
<dt>${words.say('page.office.date')}</dt><dd>${businessDate}</dd>
${voucher !== undefined && html`<dt>${words.say('page.office.voucher')}</dt><dd>${masked(voucher)}</dd>`}
${givenBack.minor > 0n && html`<dt>${words.say('page.office.back.so-far')}</dt><dd>${words.amount(givenBack)}</dd>`}
</dl>
${
  left.minor > 0n &&
  html`<h2>${words.say('page.office.back')}</h2>
<p>${words.say(`page.office.back.${kind}`)}</p>
${form(visit, '/payment', { row: `${paid.seq}` }, [
  textField({
    name: 'amount',
    label: words.say('page.office.file.amount'),
    value: sent.text('amount') || (formatMoney(left).split(' ')[0] ?? ''),
    inputmode: 'decimal',
    autocomplete: 'off',
    maxlength: 20,
    before: words.symbolOf(asset),
    troubles,
  }),
  whyField(words, { value: sent.text('why'), troubles }),
  button(words, words.say('page.continue')),
])}`
}`,
    ),
  }
}

function signing(
  visit: OfficeVisit,
  person: Colleague,
  intent: IntentId,
  { act: { kind, why, request }, challenge }: HeldAct,
  troubles: readonly Trouble[] = [],
): Answer {
  const { words, site, currency: asset } = visit
  const amount = words.amount({ minor: request.minor, asset })
  const title = words.say('page.confirm.title')
  const facts: readonly (readonly [string, string])[] = [
    [words.say('page.office.back'), amount],
    [words.say('page.office.file.reference'), request.reference],
    [words.say('page.office.date'), request.date],
    [words.say('page.counter.why'), why],
  ]
  const label = button(words, words.say('page.office.back.sign', { amount: { minor: request.minor, asset } }))
  return {
    ...(troubles.length > 0 && { status: 422 }),
    title,
    usesPasskey: true,
    body: inOffice(
      visit,
      person,
      html`${summaryOf(words, troubles)}
<h1>${title}</h1>
<p>${words.say(`page.office.back.${kind}`)}</p>
${factList(facts)}
${signedForm(visit, { action: '/give-back', carried: { intent }, label }, 'get', toSign(site, challenge))}`,
    ),
  }
}

function done(
  visit: OfficeVisit,
  person: Colleague,
  { amount, reference, outcome }: NonNullable<HeldAct['done']>,
): Answer {
  const { words } = visit
  const title = words.say('page.office.given-back', { amount })
  return {
    title,
    body: inOffice(
      visit,
      person,
      html`<h1>${title}</h1>
<p>${words.say(outcome === 'reversed' ? 'page.office.back.reversed' : 'page.office.back.refunded')}</p>
${factList([[words.say('page.office.file.reference'), reference]])}
<p><a href="/payments">${words.say('page.office.payments')}</a></p>`,
    ),
  }
}
