/** A clerk of the bank asks who the caller is: account and PIN are keyed apart from the clerk, who hears no more than whose account it is, or that they were wrong. */
import type { Bank, Customer, SignInRequest } from '../../src/bank/bank.ts'
import { parseAccountNumber } from '../../src/ids.ts'
import { accepted, type Call, refused, type Talk } from '../../src/phone/call.ts'
import { Secret } from '../../src/secret.ts'
import { type Utterance, utterance } from '../../src/speech/speech.ts'
import { tellClosed } from '../bank/closed.ts'
import { accountDigits } from '../dialogs/account-digits.ts'
import { originOf } from '../dialogs/origin.ts'

/** What the bank's clerks may have a caller do. */
export const atBank = (call: Call, bank: Bank): Pick<Talk, 'greeting' | 'keys'> => ({
  greeting: utterance('care.clerk.caller-of-bank', {}),
  keys: { '1': () => identify(call, bank) },
})

export const elsewhere: Pick<Talk, 'greeting' | 'keys'> = { greeting: utterance('care.clerk.caller', {}), keys: {} }

/** @returns what the clerk is told */
async function identify(call: Call, bank: Bank): Promise<Utterance> {
  const account = await askAccount(call)
  const pin = await call.ask('care.pin', {
    phrase: 'care.pin',
    digits: { min: 6, max: 6 },
    secret: true,
    accept: keys => accepted(new Secret(keys)),
  })
  const answer = await call.during(bank.signIn({ account, pin, origin: originOf(call) }))
  switch (answer.outcome) {
    case 'signed-in':
      await call.say('care.identified')
      return identified(answer.customer)
    case 'closed':
    case 'closed-today':
      await tellClosed(call, answer)
      return notIdentified
    case 'busy':
      await call.say('try-again-soon')
      return notIdentified
    case 'refused':
    case 'blocked':
    case 'under-review':
      await call.say('care.not-identified')
      return notIdentified
  }
}

/** The whole number, and whose it is: somebody whose own account ends as another's does is not taken for that other. */
const identified = ({ account, name }: Customer) => utterance('care.clerk.identified', { customer: name, account })

const notIdentified = utterance('care.clerk.not-identified', {})

function askAccount(call: Call): Promise<SignInRequest['account']> {
  return call.ask<'care.account', SignInRequest['account']>('care.account', {
    phrase: 'care.account',
    digits: accountDigits,
    secret: true,
    refusals: ['check-digits'],
    accept: keys => {
      const account = parseAccountNumber(keys)
      return account ? accepted(account) : refused('check-digits', 'account.check-digits')
    },
  })
}
