/** Money between a customer's account at their bank and their cash at the firm. What comes in their bank moves at once; what goes out the firm pays. */

import type { CardResult } from '../../src/card/messages/result.ts'
import { type ReceiverPayment, resultOf } from '../../src/card-receiver/edge.ts'
import type { Call } from '../../src/phone/call.ts'
import type { Client, NotActedOn, PaidOut, Securities } from '../../src/securities/securities.ts'
import { askAmount } from '../dialogs/ask-amount.ts'
import { untilKnown } from '../dialogs/carry-out.ts'
import { bySignature, resultOfNothing, tellNothingDone } from './by-signature.ts'

export async function bringIn(call: Call, firm: Securities, { account }: Client): Promise<void> {
  const amount = await askAmount(call, 'funds.amount', 'funds.in.amount')
  await bySignature<ReceiverPayment>(call, firm, account, {
    name: 'pay-in',
    ask: intent => firm.askPayIn({ intent, account, amount }),
    announce: () => call.say('funds.bringing-in', { amount }),
    send: answered => untilKnown(call, () => firm.payIn({ account, ...answered })),
    result: resultOf,
    tell: payment => tellPaidIn(call, payment),
  })
}

function tellPaidIn(call: Call, payment: ReceiverPayment): Promise<void> {
  switch (payment.outcome) {
    case 'paid':
    case 'on-its-way':
      return call.say(payment.outcome === 'paid' ? 'funds.came-in' : 'funds.on-its-way', {
        amount: payment.amount,
        reference: payment.reference,
      })
    case 'came-back':
      return call.refuse('card.came-back', { amount: payment.amount })
    case 'unknown':
      return call.refuse('funds.unknown')
    case 'refused':
    case 'unreadable-answer':
      return tellNothingDone(call, payment)
  }
}

export async function takeHome(call: Call, firm: Securities, { account }: Client): Promise<void> {
  const amount = await askAmount(call, 'funds.amount', 'funds.out.amount')
  await bySignature<PaidOut | NotActedOn>(call, firm, account, {
    name: 'pay-out',
    ask: intent => firm.askPayOut({ intent, account, amount }),
    announce: () => call.say('funds.taking-home', { amount }),
    send: answered => untilKnown(call, () => firm.payOut({ account, ...answered })),
    result: resultOfPaidOut,
    tell: paid => tellPaidOut(call, paid),
  })
}

function resultOfPaidOut(paid: PaidOut | NotActedOn): CardResult {
  switch (paid.outcome) {
    case 'sent':
      return { outcome: 'on-its-way', reference: '' }
    case 'insufficient-funds':
      return { outcome: 'refused', reason: 'insufficient-funds' }
    case 'bank-out-of-reach':
      return { outcome: 'refused', reason: 'not-now' }
    default:
      return resultOfNothing(paid)
  }
}

function tellPaidOut(call: Call, paid: PaidOut | NotActedOn): Promise<void> {
  switch (paid.outcome) {
    case 'sent':
      return call.say('funds.sent-home', { amount: paid.amount })
    case 'insufficient-funds':
      return call.refuse('funds.insufficient', { available: paid.available })
    case 'bank-out-of-reach':
      return call.refuse('securities.bank-away')
    default:
      return tellNothingDone(call, paid)
  }
}
