/** A clerk proposes: what it is about and why is asked, to be read back and signed (`decide.ts`). It is done when somebody else approves it. */
import { parseMailAddress } from '../../bank/confirmations/mail-address.ts'
import { parseCardNumber } from '../../card/numbers.ts'
import { parseAccountNumber, parseVoucherNumber } from '../../ids.ts'
import { isPlainText } from '../../languages.ts'
import { asked } from '../asked.ts'
import { button, form, type Trouble, textField } from '../fields.ts'
import { Form } from '../form.ts'
import { type Html, html } from '../html.ts'
import type { Answer } from '../page.ts'
import { readBack } from '../people/proposals.ts'
import { readWhy, whyField } from '../people/why.ts'
import { readAmount } from '../read-amount.ts'
import { toDesk } from './desk.ts'
import { type CounterKind, type FieldName, proposable } from './kinds.ts'
import { atCounter, type Clerk, type CounterPage, type CounterVisit } from './visit.ts'

const blocks = ['account', 'telephone'] as const
const longestName = 80
const longestAddress = 254

const nameIn = (sent: Form, field: 'name-en' | 'name-zh') => sent.text(field).normalize('NFC')

export const propose: CounterPage = atCounter('/propose', {
  ask: async (visit, clerk) => {
    const kind = kindIn(visit, visit.query, clerk)
    return kind === undefined ? { goTo: '/desk' } : asking(visit, kind, visit.query)
  },
  answer: async (visit, clerk, sent) => {
    const kind = kindIn(visit, sent, clerk)
    if (kind === undefined) return { goTo: '/desk' }
    const read = await readRequest(visit, kind, sent)
    const why = readWhy(visit.words, sent)
    const troubles = [...read.troubles, ...why.troubles]
    if (troubles.length > 0) return asking(visit, kind, sent, troubles)
    return readBack(visit, clerk, { kind: kind.kind, request: read.request, why: why.text })
  },
})

function kindIn({ teller }: CounterVisit, sent: Form, { person }: Clerk): CounterKind | undefined {
  return proposable(person.role, teller.isMailSent).find(({ kind }) => kind === sent.text('kind'))
}

interface Read {
  readonly request: Readonly<Record<string, unknown>>
  readonly troubles: readonly Trouble[]
}

/** In the shape that the decision of this kind has. */
async function readRequest(visit: CounterVisit, { kind, fields }: CounterKind, sent: Form): Promise<Read> {
  const { words, bank, cards, teller } = visit
  const troubles: Trouble[] = []
  const request: Record<string, unknown> = {}
  const wrong = (field: FieldName, message: string) => troubles.push({ field, message })
  for (const field of fields) {
    switch (field) {
      case 'account': {
        const account = parseAccountNumber(sent.digits('account'))
        if (account === undefined) wrong(field, words.say('account.check-digits'))
        else if ((await bank.findAccount(account)) === undefined)
          wrong(field, words.say('page.counter.unknown-account'))
        request['account'] = account
        break
      }
      case 'amount': {
        const read = readAmount(visit, 'amount', sent.text('amount'))
        if ('trouble' in read) troubles.push(read.trouble)
        else request['minor'] = read.money.minor
        break
      }
      case 'voucher': {
        const voucher = parseVoucherNumber(sent.digits('voucher'))
        if (voucher === undefined) wrong(field, words.say('voucher.bad-check-digit'))
        request['voucher'] = voucher
        break
      }
      case 'card': {
        const card = parseCardNumber(sent.digits('card'))
        const isOurs = (await cards.list()).some(({ number }) => number === card)
        if (card === undefined || !isOurs) wrong(field, words.say('page.counter.unknown-card'))
        request['card'] = card
        break
      }
      case 'payee': {
        const payee = (await bank.payees()).find(({ id }) => id === sent.text('payee'))
        if (payee === undefined) wrong(field, words.say('page.counter.unknown-payee'))
        request['payee'] = payee?.id
        break
      }
      case 'what': {
        const what = blocks.find(each => each === sent.text('what'))
        if (what === undefined) wrong(field, words.say('page.bank.lost.missing'))
        request['what'] = what
        break
      }
      case 'address': {
        const typed = sent.text('address').trim()
        const address = typed === '' ? '' : parseMailAddress(typed)
        if (address === undefined) wrong(field, words.say('page.counter.address.wrong'))
        request['address'] = address
        break
      }
      case 'name-en':
      case 'name-zh': {
        const name = nameIn(sent, field)
        if (name === '') wrong(field, words.say('page.counter.name.missing'))
        else if (!isPlainText(name) || name.length > longestName) wrong(field, words.say('page.counter.unseen'))
      }
    }
  }
  if (kind !== 'open-account' || troubles.length > 0) return { request, troubles }
  const name = { en: nameIn(sent, 'name-en'), zh: nameIn(sent, 'name-zh') }
  const isBusiness = sent.text('business') === 'yes'
  return { request: { account: await teller.drawAccountNumber(), name, isBusiness }, troubles }
}

async function asking(
  visit: CounterVisit,
  { kind, fields }: CounterKind,
  sent = new Form(''),
  troubles: readonly Trouble[] = [],
): Promise<Answer> {
  const { words } = visit
  const title = words.say(`page.counter.${kind}`)
  const inputs: Html[] = []
  for (const field of fields) inputs.push(await inputFor(visit, field, sent, troubles))
  return asked(
    words,
    { title, troubles },
    html`<p class="lead">${words.say('page.counter.propose.lead')}</p>
${form(visit, '/propose', { kind }, [
  ...inputs,
  kind === 'open-account' &&
    html`<label class="choice"><input type="checkbox" name="business" value="yes"${sent.text('business') === 'yes' && html` checked`}> <span>${words.say('page.counter.business')}</span></label>`,
  whyField(words, { value: sent.text('why'), troubles, hint: words.say('page.counter.why.hint') }),
  button(words, words.say('page.continue')),
])}
${toDesk(visit)}`,
  )
}

async function inputFor(
  { words, bank, currency }: CounterVisit,
  field: FieldName,
  sent: Form,
  troubles: readonly Trouble[],
): Promise<Html> {
  const chosen = sent.text(field)
  const choice = (options: readonly (readonly [value: string, said: string])[]) => {
    const trouble = troubles.find(each => each.field === field)
    return html`<fieldset class="field${trouble !== undefined && ' wrong'}"><legend>${words.say(`page.counter.field.${field}`)}</legend>
${trouble !== undefined && html`<p class="error" id="${field}-error">${trouble.message}</p>`}
${options.map(([value, said], i) => html`<label class="choice"><input type="radio" name="${field}" value="${value}"${i === 0 && html` id="${field}"`}${value === chosen && html` checked`} required> <span>${said}</span></label>`)}</fieldset>`
  }
  if (field === 'payee') return choice((await bank.payees()).map(({ id, name }) => [id, words.name(name)]))
  if (field === 'what') return choice(blocks.map(what => [what, words.say(`page.bank.lost.${what}`)]))
  const isText = field === 'name-en' || field === 'name-zh' || field === 'address'
  return textField({
    name: field,
    label: words.say(`page.counter.field.${field}`),
    value: chosen,
    inputmode: isText ? 'text' : field === 'amount' ? 'decimal' : 'numeric',
    autocomplete: 'off',
    maxlength: field === 'address' ? longestAddress : isText ? longestName : 40,
    isGrouped: !isText && field !== 'amount',
    ...(field === 'address' && { hint: words.say('page.counter.address.hint'), isOptional: true }),
    ...(field === 'amount' && { before: words.symbolOf(currency) }),
    troubles,
  })
}
