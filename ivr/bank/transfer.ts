/** Sends money to another account of this bank: whose account, how much, yes or no, done. */
import type { AccountHolder, Bank, Customer } from '../../src/bank/bank.ts'
import { parseAccountNumber } from '../../src/ids.ts'
import { accepted, type Call, refused } from '../../src/phone/call.ts'
import { accountDigits } from '../dialogs/account-digits.ts'
import { askAmount } from '../dialogs/ask-amount.ts'
import { carryOut } from '../dialogs/carry-out.ts'

export async function transfer(call: Call, bank: Bank, customer: Customer): Promise<void> {
  const payee = await askHolder(call, bank, customer)
  const amount = await askAmount(call, 'transfer.amount')
  if (!(await call.confirm('transfer.confirm', { amount, payee: payee.name, account: payee.account })))
    return call.say('cancelled')

  const order = { from: customer.account, to: payee.account, amount, channel: 'telephone' } as const
  const answer = await carryOut(call, ['transfer', customer.account], intent => bank.transfer({ intent, ...order }))
  switch (answer.outcome) {
    case 'transferred':
      return call.say('transfer.done', {
        amount,
        payee: payee.name,
        reference: answer.reference,
        balance: answer.balance,
      })
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

/** By account number, and the holder's name is read back. */
async function askHolder(call: Call, bank: Bank, customer: Customer): Promise<AccountHolder> {
  const payee = await call.ask('transfer.account', {
    phrase: 'transfer.account',
    digits: accountDigits,
    refusals: ['check-digits', 'own', 'unknown'],
    accept: async keys => {
      const account = parseAccountNumber(keys)
      if (!account) return refused('check-digits', 'account.check-digits')
      if (account === customer.account) return refused('own', 'transfer.account.own')
      const holder = await call.during(bank.findAccount(account))
      return holder ? accepted(holder) : refused('unknown', 'transfer.account.unknown', { account })
    },
  })
  await call.say('transfer.to', { payee: payee.name })
  return payee
}
