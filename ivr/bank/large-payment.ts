/**
 * A large payment: to whom, how much, and then the card at the caller's payment terminal signs it. What it shows is what is paid. The caller
 * may go on by voice at any time; a payment that an earlier call left unknown is told first, and never signed again.
 */
import type { AccountHolder, Bank, CardAsked, CardPayment, Customer } from '../../src/bank/bank.ts'
import { encodeChallenge, fitsChallenge } from '../../src/card/messages/challenge.ts'
import type { Inquiry } from '../../src/card/messages/inquiry.ts'
import { encodeRequest } from '../../src/card/messages/request.ts'
import type { IntentId } from '../../src/ids.ts'
import type { Money } from '../../src/money.ts'
import type { Call, CardMessage } from '../../src/phone/call.ts'
import { askAmount } from '../dialogs/ask-amount.ts'
import { untilKnown } from '../dialogs/carry-out.ts'
import { cardResult } from './card-result.ts'
import { tellResolution } from './resumed-call.ts'
import { stillSignedIn } from './still-signed-in.ts'
import { tellTransfer } from './tell-transfer.ts'
import { askHolder } from './transfer.ts'

interface Wanted {
  readonly payee: AccountHolder
  readonly amount: Money
}

/** What an earlier call left unknown is one payment, as a terminal asks before it signs the next. */
const mostInquiries = 2

export async function largePayment(call: Call, bank: Bank, customer: Customer): Promise<void> {
  const payee = await askHolder(call, bank, customer, 'large.account')
  const amount = await askAmount(call, 'transfer.amount', 'large.amount')
  for (let inquiries = 0; inquiries <= mostInquiries; inquiries++) {
    await stillSignedIn(call, bank, customer)
    if ((await payByCard(call, bank, customer, { payee, amount })) !== 'again') return
  }
  await call.refuse('large.no-answer')
}

async function payByCard(call: Call, bank: Bank, { account }: Customer, wanted: Wanted): Promise<'again' | undefined> {
  const { payee, amount } = wanted
  const { id: intent } = await call.intent('card-payment', account)
  const order = { intent, from: account, to: payee.account, amount, channel: 'telephone' } as const
  const asked = await untilKnown(call, () => bank.askByCard(order))
  if (asked.outcome === 'no-card') return refuse(call, 'large.no-card')
  if (asked.outcome === 'busy') return refuse(call, 'try-again-soon')
  if (asked.outcome !== 'asked') return void (await tellTransfer(call, asked, { amount, payee: payee.name }))

  await call.say('large.paying', { amount, payee: payee.name })
  await call.say('large.insert', {}, { inFull: true })
  const signed = await call.askCard(questionOf(asked))
  switch (signed.outcome) {
    case 'answered':
      return pay(call, bank, { intent, account, nonce: asked.request.nonce, answer: signed.answer, wanted })
    case 'inquiry':
      return settle(call, bank, account, signed.inquiry)
    case 'declined':
      return refuse(call, `large.declined.${signed.why}`)
    case 'by-voice':
    case 'no-terminal':
    case 'no-answer':
      return refuse(call, `large.${signed.outcome}`)
    case 'unsuitable line':
      return refuse(call, 'large.unsuitable')
  }
}

/**
 * By sound all of it is asked; in digits, what the holder has keyed into the terminal completes it. An amount that digits cannot say,
 * in another currency above all, goes by sound alone.
 */
function questionOf({ request, receiverNumber }: Extract<CardAsked, { outcome: 'asked' }>) {
  const bySound = { request: encodeRequest(request) }
  if (!fitsChallenge(request.amount)) return bySound
  return { ...bySound, challenge: encodeChallenge({ ...request, receiver: receiverNumber }) }
}

async function pay(
  call: Call,
  bank: Bank,
  parts: {
    readonly intent: IntentId
    readonly account: Customer['account']
    readonly nonce: Uint8Array
    readonly answer: CardMessage
    readonly wanted: Wanted
  },
): Promise<undefined> {
  const { intent, account: from, nonce, wanted } = parts
  const { way, keyId, payload: bytes } = parts.answer
  const answer = way === 'sound' ? { way, keyId, bytes } : { way, bytes }
  const payment = await untilKnown(call, () => bank.payByCard({ intent, from, nonce, answer }))
  await call.tellCard(cardResult(payment))
  await tellPayment(call, payment, wanted)
}

async function tellPayment(call: Call, payment: CardPayment, { payee, amount }: Wanted): Promise<void> {
  switch (payment.outcome) {
    case 'undecided':
      return call.refuse('try-again-soon')
    case 'unreadable-answer':
      return call.refuse('large.refused.unreadable')
    case 'refused':
      if (payment.reason !== 'wrong-password' || payment.triesLeft === undefined)
        return call.refuse(`large.refused.${payment.reason}`)
      if (payment.triesLeft === 0) return call.refuse('large.refused.wrong-password.last')
      return call.refuse('large.refused.wrong-password.left', { tries: payment.triesLeft })
    default:
      return tellTransfer(call, payment, { amount, payee: payee.name })
  }
}

/**
 * The terminal asks about a signature whose result it never heard. Nothing that is not done by now will be. Of another account's card
 * it stays unknown here: it may have paid, and a terminal that heard otherwise would have it sign again.
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
    return refuse(call, 'large.other-account')
  }
  if (became.outcome === 'not-done') await call.tellCard({ outcome: 'not-accepted' })
  else {
    const outcome = became.kind === 'pending-transfer' ? 'on-its-way' : 'paid'
    await call.tellCard({ outcome, reference: 'reference' in became ? became.reference : '' })
  }
  await call.say('large.earlier')
  await tellResolution(call, became)
  return 'again'
}

async function refuse(
  call: Call,
  phrase: Extract<Parameters<Call['refuse']>[0], `large.${string}` | 'try-again-soon'>,
): Promise<undefined> {
  await call.refuse(phrase as 'try-again-soon')
}
