/** What a terminal is told of a payment that its card has signed: its caller hears the same in whole sentences. */
import type { CardPayment } from '../../src/bank/bank.ts'
import type { CardResult } from '../../src/card/messages/result.ts'
import { refusalResult } from '../dialogs/sign-by-card.ts'

export function cardResult(payment: CardPayment): CardResult {
  switch (payment.outcome) {
    case 'transferred':
      return { outcome: 'paid', reference: payment.reference }
    case 'pending':
      return { outcome: 'on-its-way', reference: payment.reference }
    case 'refused':
    case 'unreadable-answer':
      return refusalResult(payment)
    case 'insufficient-funds':
    case 'limit-exceeded':
    case 'account-blocked':
      return { outcome: 'refused', reason: payment.outcome }
    case 'unknown-account':
      return { outcome: 'refused', reason: 'unknown-payee' }
    case 'came-back':
    case 'bank-out-of-reach':
    case 'bank-cap':
    case 'same-account':
    case 'under-review':
    case 'refused-amount':
    case 'intent-reused':
    case 'undecided':
      return { outcome: 'refused', reason: 'not-now' }
  }
}
