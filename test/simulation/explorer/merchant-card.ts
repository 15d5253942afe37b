/** What a merchant's line must say of paying by card. What a terminal answers is set by the scenario. */
import type { ReceiverAsked, ReceiverBecame, ReceiverPayment } from '../../../src/card-receiver/edge.ts'
import { type Utterance, utterance } from '../../../src/speech/speech.ts'
import { insertYourCard, notAccepted, notPaid } from './card-spec.ts'
import { keyedAmount } from './facts.ts'
import { answer, type MerchantMind, type MerchantTurn, menu } from './merchant-mind.ts'
import { type Change, changing, type Expected, type Spec, saying, to } from './spec.ts'

export const cardSteps: Spec<MerchantMind>['steps'] = {
  'card.amount': {
    question: () => utterance('pay.amount', {}),
    rows: {
      valid: askedByCard,
      'refused-unreadable': () => saying([utterance('amount.unreadable', {})], to('card.amount')),
      'refused-zero': () => saying([utterance('amount.zero', {})], to('card.amount')),
      back: menu,
    },
  },
}

function askedByCard(turn: MerchantTurn): Expected {
  const amount = keyedAmount(turn.keyed)
  const ask = { method: 'askByCard', facts: { amount } }
  const asked = answer<ReceiverAsked<'pay'>>(turn, 'askByCard')
  if (asked.outcome === 'no-cards') return changing(ask, saying([utterance('card.none-taken', {})], menu()))
  if (asked.outcome !== 'asked') return changing(ask, saying([utterance('pay.refused', {})], menu()))
  const insert = [utterance('card.paying', { amount, payee: turn.mind.merchantName }), ...insertYourCard]
  const { nonce } = asked.request
  return { ...afterInsert(turn, { ask, nonce, insert }), inFull: ['card.insert'] }
}

function afterInsert(
  turn: MerchantTurn,
  { ask, nonce, insert }: { readonly ask: Change; readonly nonce: Uint8Array; readonly insert: readonly Utterance[] },
): Expected {
  const { terminal } = turn.mind
  if (terminal === undefined) return changing(ask, saying([...insert, ...notPaid('card.unsuitable')], menu()))
  switch (terminal) {
    case 'signs': {
      const told = paymentAs(answer<ReceiverPayment>(turn, 'payByCard'))
      return changing(ask, changing({ method: 'payByCard', facts: { nonce } }, saying([...insert, ...told], menu())))
    }
    case 'asks first': {
      const earlier = answer<ReceiverBecame>(turn, 'becameOfCard')
      const became = { method: 'becameOfCard', facts: { counter: 1 } }
      const settled = [...insert, utterance('card.earlier', {}), earlierAs(earlier)]
      // What is unknown is not signed again.
      if (earlier.outcome === 'unknown') return changing(ask, changing(became, saying(settled, menu())))
      // Three times, each told what became of it; then it is no use to ask on.
      const rounds = [1, 2, 3]
      return {
        says: [...rounds.flatMap(() => settled), ...notPaid('card.no-answer')],
        changes: rounds.flatMap(() => [ask, became]),
        next: 'merchant.menu',
      }
    }
  }
}

function paymentAs(payment: ReceiverPayment): Utterance[] {
  switch (payment.outcome) {
    case 'paid':
      return [utterance('card.paid', { amount: payment.amount, reference: payment.reference })]
    case 'on-its-way':
      return [utterance('card.on-its-way', { amount: payment.amount, reference: payment.reference })]
    case 'came-back':
      return [utterance('card.came-back', { amount: payment.amount })]
    case 'unknown':
      return [utterance('card.unknown', {})]
    default:
      return notAccepted(payment)
  }
}

function earlierAs(became: ReceiverBecame): Utterance {
  switch (became.outcome) {
    case 'paid':
      return utterance('card.became.paid', { amount: became.amount, reference: became.reference })
    case 'on-its-way':
      return utterance('card.became.on-its-way', { amount: became.amount, reference: became.reference })
    case 'came-back':
      return utterance('card.came-back', { amount: became.amount })
    case 'unknown':
      return utterance('card.unknown', {})
    default:
      return utterance('card.became.not-done', {})
  }
}

/** To a caller whose call outlived its process. */
export function resumedAs(became: ReceiverBecame): Utterance {
  switch (became.outcome) {
    case 'paid':
      return utterance('resumed.paid-by-card', { amount: became.amount, reference: became.reference })
    case 'on-its-way':
      return utterance('resumed.card-on-its-way', { amount: became.amount, reference: became.reference })
    case 'refused':
    case 'not-done':
      return utterance('resumed.not-done', {})
    default:
      return earlierAs(became)
  }
}
