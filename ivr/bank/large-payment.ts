/**
 * A large payment: to whom, how much, and then the card at the caller's payment terminal signs it. What it shows is what is paid. The caller
 * may go on by voice at any time; a payment that an earlier call left unknown is told first, and never signed again.
 */
import type { AccountHolder, Bank, CardPayment, Customer } from '../../src/bank/bank.ts'
import type { Inquiry } from '../../src/card/messages/inquiry.ts'
import type { Money } from '../../src/money.ts'
import type { Call } from '../../src/phone/call.ts'
import { askAmount } from '../dialogs/ask-amount.ts'
import { untilKnown } from '../dialogs/carry-out.ts'
import { signByCard, tellEarlier, tellNotAccepted, untilAsked } from '../dialogs/sign-by-card.ts'
import { cardResult } from './card-result.ts'
import { tellResolution } from './resumed-call.ts'
import { stillSignedIn } from './still-signed-in.ts'
import { tellTransfer } from './tell-transfer.ts'
import { askHolder } from './transfer.ts'

interface Wanted {
  readonly payee: AccountHolder
  readonly amount: Money
}

const nothing = 'card.nothing-paid'

export async function largePayment(call: Call, bank: Bank, customer: Customer): Promise<void> {
  const payee = await askHolder(call, bank, customer, 'large.account')
  const amount = await askAmount(call, 'transfer.amount', 'large.amount')
  await untilAsked(call, nothing, async () => {
    await stillSignedIn(call, bank, customer)
    return payByCard(call, bank, customer, { payee, amount })
  })
}

async function payByCard(call: Call, bank: Bank, { account }: Customer, wanted: Wanted): Promise<'again' | undefined> {
  const { payee, amount } = wanted
  const { id: intent } = await call.intent('card-payment', account)
  const order = { intent, from: account, to: payee.account, amount, channel: 'telephone' } as const
  const asked = await untilKnown(call, () => bank.askByCard(order))
  if (asked.outcome === 'no-card') return void (await call.refuse('large.no-card'))
  if (asked.outcome === 'busy') return void (await call.refuse('try-again-soon'))
  if (asked.outcome !== 'asked') return void (await tellTransfer(call, asked, { amount, payee: payee.name }))

  await call.say('card.paying', { amount, payee: payee.name })
  const signed = await signByCard(call, asked, nothing)
  if (signed.outcome === 'over') return undefined
  if (signed.outcome === 'inquiry') return settle(call, bank, account, signed.inquiry)

  const { nonce } = asked.request
  const answered = { intent, from: account, nonce, answer: signed.answer }
  const payment = await untilKnown(call, () => bank.payByCard(answered))
  await call.tellCard(cardResult(payment))
  return void (await tellPayment(call, payment, wanted))
}

async function tellPayment(call: Call, payment: CardPayment, { payee, amount }: Wanted): Promise<void> {
  switch (payment.outcome) {
    case 'undecided':
      return call.refuse('try-again-soon')
    case 'unreadable-answer':
    case 'refused':
      return tellNotAccepted(call, payment, nothing)
    default:
      return tellTransfer(call, payment, { amount, payee: payee.name })
  }
}

/**
 * Nothing that is not done by now will be. Of another account's card it stays unknown here: it may have paid, and a terminal that
 * heard otherwise would have it sign again.
 */
async function settle(
  call: Call,
  bank: Bank,
  account: Customer['account'],
  inquiry: Inquiry,
): Promise<'again' | undefined> {
  const became = await untilKnown(call, () => bank.becameOfCard({ account, ...inquiry }))
  if (became.outcome === 'other-account') {
    await call.tellCard({ outcome: 'unknown' })
    return void (await call.refuse('large.other-account'))
  }
  const tell = () => tellResolution(call, became)
  if (became.outcome === 'not-done') return tellEarlier(call, { outcome: 'not-accepted' }, tell)
  const outcome = became.kind === 'pending-transfer' ? 'on-its-way' : 'paid'
  return tellEarlier(call, { outcome, reference: 'reference' in became ? became.reference : '' }, tell)
}
