/** Sends money to another account, of this bank or of another: whose account, how much, yes or no, done. */
import type { AccountHolder, Bank, Customer } from '../../src/bank/bank.ts'
import { parseAccountNumber } from '../../src/ids.ts'
import { accepted, type Call, refused } from '../../src/phone/call.ts'
import { accountDigits } from '../dialogs/account-digits.ts'
import { askAmount } from '../dialogs/ask-amount.ts'
import { carryOut } from '../dialogs/carry-out.ts'
import { stillSignedIn } from './still-signed-in.ts'
import { tellTransfer } from './tell-transfer.ts'

export async function transfer(call: Call, bank: Bank, customer: Customer): Promise<void> {
  const payee = await askHolder(call, bank, customer, 'transfer.account')
  const amount = await askAmount(call, 'transfer.amount')
  if (!(await call.confirm('transfer.confirm', { amount, payee: payee.name, account: payee.account })))
    return call.say('cancelled')

  await stillSignedIn(call, bank, customer)
  const order = { from: customer.account, to: payee.account, amount, channel: 'telephone' } as const
  const answer = await carryOut(call, ['transfer', customer.account], intent => bank.transfer({ intent, ...order }))
  if (answer.outcome === 'card-needed') return call.refuse('account.card-needed', { limit: answer.limit })
  await tellTransfer(call, answer, { amount, payee: payee.name })
}

/** By account number, and the holder's name is read back. */
export async function askHolder(
  call: Call,
  bank: Bank,
  customer: Customer,
  step: 'transfer.account' | 'large.account',
): Promise<AccountHolder> {
  const payee = await call.ask(step, {
    phrase: 'transfer.account',
    digits: accountDigits,
    refusals: ['check-digits', 'own', 'unknown', 'bank-out-of-reach', 'too-many'],
    accept: async keys => {
      const account = parseAccountNumber(keys)
      if (!account) return refused('check-digits', 'account.check-digits')
      if (account === customer.account) return refused('own', 'transfer.account.own')
      const named = await call.during(bank.nameHolder({ by: customer.account, account }))
      switch (named.outcome) {
        case 'found':
          return accepted(named.holder)
        case 'unknown':
          return refused('unknown', 'transfer.account.unknown', { account })
        case 'out-of-reach':
          return refused('bank-out-of-reach', 'transfer.bank-out-of-reach', { bank: named.bank })
        case 'busy':
          return refused('too-many', 'try-again-soon')
      }
    },
  })
  if (payee.bank === undefined) await call.say('transfer.to', { payee: payee.name })
  else await call.say('transfer.to.bank', { payee: payee.name, bank: payee.bank })
  return payee
}
