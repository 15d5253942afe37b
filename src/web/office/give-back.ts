/** One payment, and how it is given back: an amount and why are asked, read back, and signed by a passkey. It is done once, however often it is sent. */
import type { UnsignedAct } from '../../merchant/office/act.ts'
import type { Happening } from '../../merchant/office/happenings.ts'
import { formatMoney } from '../../money.ts'
import { asked } from '../asked.ts'
import { button, factList, form, type Trouble, textField } from '../fields.ts'
import { Form } from '../form.ts'
import { html } from '../html.ts'
import type { Answer } from '../page.ts'
import { readWhy, whyField } from '../people/why.ts'
import { readAmount } from '../read-amount.ts'
import { untilKnown } from '../until-known.ts'
import { isEarned, masked } from './said.ts'
import { actPage, holdAct } from './sign-act.ts'
import { atOffice, type Colleague, inOffice, type OfficePage, type OfficeVisit } from './visit.ts'

export const payment: OfficePage = atOffice('/payment', {
  ask: async (visit, person) => {
    const paid = await paymentIn(visit, visit.query)
    return paid === undefined ? { goTo: '/payments' } : asking(visit, person, paid)
  },
  answer: async (visit, person, sent) => {
    const { words } = visit
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
    const { minor } = read.money
    const { reference, businessDate: date, cardPayment } = paid
    const what =
      cardPayment === undefined
        ? { kind: await toVoucher(visit, paid), request: { intent, reference, date, minor } }
        : { kind: 'refund-card' as const, request: { intent, payment: cardPayment, minor } }
    return holdAct(visit, person, '/give-back', { ...what, why: why.text })
  },
})

type GivingBack = Extract<UnsignedAct, { kind: 'reverse' | 'refund' | 'refund-card' }>

export const giveBack = actPage<GivingBack>({
  path: '/give-back',
  home: '/payments',
  isOf: (act): act is GivingBack => 'minor' in act.request,
  said: ({ words, currency: asset }, { kind, request }) => {
    const amount = { minor: request.minor, asset }
    return {
      lead: words.say(`page.office.back.${kind}`),
      facts: [
        [words.say('page.office.back'), words.amount(amount)],
        ...('reference' in request
          ? ([
              [words.say('page.office.file.reference'), request.reference],
              [words.say('page.office.date'), request.date],
            ] as const)
          : ([[words.say('page.office.card-payment'), request.payment]] as const)),
      ],
      verb: words.say('page.office.back.sign', { amount }),
    }
  },
  carryOut: async (visit, _, held, signed) => {
    const { words, office } = visit
    const outcome = await untilKnown(() => office.giveBack(signed))
    switch (outcome.outcome) {
      case 'reversed':
      case 'refunded':
        held.done = outcome
        return undefined
      case 'exceeds-payment':
      case 'exceeds-payments':
        return tooMuch(visit, outcome.left.minor)
      case 'voucher-dead':
      case 'no-day-end':
      case 'not-paid':
        return words.say(`page.office.back.${outcome.outcome}`)
      case 'not-closed':
      case 'unknown-payment':
        return words.say('page.office.back.not-now')
      case 'not-signed':
        return words.say('page.people.refused')
      case 'unknown':
        return words.say('page.office.back.unknown')
      case 'unknown-voucher':
      case 'refused-amount':
      case 'intent-reused':
        return words.say('page.office.back.not-done')
    }
  },
  done: (visit, person, { act, done }) => {
    const { words } = visit
    if (done === undefined || !('reference' in done)) return { goTo: '/payments' }
    const title = words.say('page.office.given-back', { amount: done.amount })
    const said = { reverse: 'reversed', refund: 'refunded', 'refund-card': 'refunded-card' } as const
    return {
      title,
      body: inOffice(
        visit,
        person,
        html`<h1>${title}</h1>
<p>${words.say(`page.office.back.${said[act.kind]}`)}</p>
${factList([[words.say('page.office.file.reference'), done.reference]])}
<p><a href="/payments">${words.say('page.office.payments')}</a></p>`,
      ),
    }
  },
})

async function paymentIn({ office }: OfficeVisit, sent: Form): Promise<Happening | undefined> {
  const row = sent.digits('row')
  const found = /^\d{1,18}$/.test(row) ? await office.happened(BigInt(row)) : undefined
  return found !== undefined && isEarned(found) ? found : undefined
}

const leftOf = ({ amount, givenBack }: Happening): bigint => amount.minor - givenBack.minor

const tooMuch = ({ words, currency: asset }: OfficeVisit, minor: bigint): string =>
  words.say('page.office.back.too-much', { amount: { minor, asset } })

/** On the date of the payment to its voucher, later to whoever bought that. */
async function toVoucher({ office }: OfficeVisit, { businessDate }: Happening): Promise<'reverse' | 'refund'> {
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
  const kind = paid.cardPayment === undefined ? await toVoucher(visit, paid) : 'refund-card'
  return asked(
    words,
    { title, troubles },
    html`<dl class="facts">
<dt>${words.say('page.office.file.amount')}</dt><dd>${words.amount(amount)}</dd>
<dt>${words.say('page.office.file.reference')}</dt><dd>${reference}</dd>
<dt>${words.say('page.office.file.at')}</dt><dd>${words.instant(at)}</dd>
<dt>${words.say('page.office.date')}</dt><dd>${businessDate}</dd>
${paid.bank !== undefined && html`<dt>${words.say('page.office.bank')}</dt><dd>${paid.bank}</dd>`}
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
    content => inOffice(visit, person, content),
  )
}
