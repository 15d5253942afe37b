/**
 * Pays by card: how much, and then the card at the caller's payment terminal signs it. What the terminal shows is what is paid. The caller
 * may go on by voice at any time; a payment that an earlier call left unknown is told first, and never signed again.
 */
import type { Inquiry } from '../../src/card/messages/inquiry.ts'
import { type ReceiverPayment, resultOf } from '../../src/card-receiver/edge.ts'
import type { Merchant } from '../../src/merchant/merchant.ts'
import type { Money } from '../../src/money.ts'
import type { Call } from '../../src/phone/call.ts'
import { askAmount } from '../dialogs/ask-amount.ts'
import { untilKnown } from '../dialogs/carry-out.ts'
import { tellBecame } from '../dialogs/receiver-became.ts'
import { signByCard, tellEarlier, tellNotAccepted, untilAsked } from '../dialogs/sign-by-card.ts'

/** What a call's intent is called by which a card is asked. */
export const cardPayment = 'card-payment'

const nothing = 'card.nothing-paid'

export async function payByCard(call: Call, merchant: Merchant): Promise<void> {
  const amount = await askAmount(call, 'pay.amount', 'card.amount')
  await untilAsked(call, nothing, () => payOnce(call, merchant, amount))
}

async function payOnce(call: Call, merchant: Merchant, amount: Money): Promise<'again' | undefined> {
  const { id: intent } = await call.intent(cardPayment, merchant.id)
  const asked = await untilKnown(call, () => merchant.askByCard({ intent, amount }))
  if (asked.outcome === 'no-cards') return void (await call.refuse('card.none-taken'))
  if (asked.outcome !== 'asked') return void (await call.refuse('pay.refused'))

  await call.say('card.paying', { amount, payee: merchant.name })
  const signed = await signByCard(call, asked, nothing)
  if (signed.outcome === 'over') return undefined
  if (signed.outcome === 'inquiry') return settle(call, merchant, signed.inquiry)

  const { nonce } = asked.request
  const payment = await untilKnown(call, () => merchant.payByCard({ intent, nonce, answer: signed.answer }))
  await call.tellCard(resultOf(payment))
  return void (await tellPayment(call, payment))
}

async function tellPayment(call: Call, payment: ReceiverPayment): Promise<void> {
  switch (payment.outcome) {
    case 'paid':
    case 'on-its-way': {
      const { amount, reference } = payment
      return call.say(`card.${payment.outcome}`, { amount, reference })
    }
    case 'came-back':
      return call.refuse('card.came-back', { amount: payment.amount })
    case 'unknown':
      return call.refuse('card.unknown')
    case 'refused':
    case 'unreadable-answer':
      return tellNotAccepted(call, payment, nothing)
  }
}

/** Nothing that is not done by now will be. */
async function settle(call: Call, merchant: Merchant, inquiry: Inquiry): Promise<'again' | undefined> {
  const became = await untilKnown(call, () => merchant.becameOfCard(inquiry))
  return tellEarlier(call, resultOf(became), () =>
    tellBecame(call, became, { unknown: 'card.unknown', notDone: 'card.became.not-done' }),
  )
}
