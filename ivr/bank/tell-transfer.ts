/** What became of a transfer, however it was asked for: by PIN, or signed by a card. */
import type { Transfer } from '../../src/bank/bank.ts'
import type { SpokenName } from '../../src/languages.ts'
import type { Money } from '../../src/money.ts'
import type { Call } from '../../src/phone/call.ts'

export async function tellTransfer(
  call: Call,
  answer: Exclude<Transfer, { outcome: 'card-needed' }>,
  { amount, payee }: { readonly amount: Money; readonly payee: SpokenName },
): Promise<void> {
  switch (answer.outcome) {
    case 'transferred': {
      const { reference, balance } = answer
      return call.say('transfer.done', { amount, payee, reference, balance })
    }
    case 'pending': {
      const { bank, reference, balance } = answer
      return call.say('transfer.pending', { amount, bank, reference, balance })
    }
    case 'came-back':
      return call.refuse('transfer.came-back', { bank: answer.bank, balance: answer.balance })
    case 'bank-out-of-reach':
      return call.refuse('transfer.bank-out-of-reach', { bank: answer.bank })
    case 'bank-cap':
      return call.refuse('transfer.bank-cap', { bank: answer.bank })
    case 'insufficient-funds':
      return call.refuse('transfer.insufficient-funds', { balance: answer.balance })
    case 'limit-exceeded':
      return call.refuse('transfer.limit-exceeded', { limit: answer.limit })
    case 'account-blocked':
      return call.refuse('account.blocked')
    case 'same-account':
      return call.refuse('transfer.account.own')
    case 'under-review':
      return call.refuse('account.under-review')
    case 'unknown-account':
    case 'refused-amount':
    case 'intent-reused':
      return call.refuse('transfer.refused')
  }
}
