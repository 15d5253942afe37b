/**
 * Who is calling: account number and 6-digit PIN. Nobody learns whether the account or the PIN was wrong. The third wrong
 * PIN closes the account to this telephone for a time that is told, whichever calls the three were made in.
 */
import type { Bank, Customer } from '../../src/bank/bank.ts'
import { type AccountNumber, parseAccountNumber } from '../../src/ids.ts'
import { accepted, type Call, type Question, refused } from '../../src/phone/call.ts'
import { Secret } from '../../src/secret.ts'
import { accountDigits } from '../dialogs/account-digits.ts'
import { chooseLanguage } from '../dialogs/greet.ts'
import { originOf } from '../dialogs/origin.ts'
import { withWayBack } from '../dialogs/way-back.ts'
import { tellClosed } from './closed.ts'

export async function signIn(call: Call, bank: Bank): Promise<Customer> {
  const answer = await withWayBack(async () => provePin(call, bank, await askAccount(call)))
  switch (answer.outcome) {
    case 'closed':
    case 'closed-today':
      await tellClosed(call, answer)
      return call.hangUp()
    case 'signed-in':
      await call.say('sign-in.hello', { customer: answer.customer.name })
      await rememberLanguage(call, bank, answer.customer)
      return answer.customer
  }
}

/** Going back from here is going back to the language. */
function askAccount(call: Call): Promise<AccountNumber> {
  const question: Question<'sign-in.account', AccountNumber> = {
    phrase: 'sign-in.account',
    digits: accountDigits,
    refusals: ['check-digits'],
    accept: keys => {
      const account = parseAccountNumber(keys)
      return account ? accepted(account) : refused('check-digits', 'account.check-digits')
    },
  }
  return withWayBack(
    () => call.ask('sign-in.account', question),
    () => chooseLanguage(call),
  )
}

/** Going back from here is keying in another account number. */
function provePin(call: Call, bank: Bank, account: AccountNumber) {
  return call.ask('sign-in.pin', {
    phrase: 'sign-in.pin',
    digits: { min: 6, max: 6 },
    secret: true,
    refusals: ['wrong', 'too-many'],
    accept: async keys => {
      const answer = await call.during(bank.signIn({ account, pin: new Secret(keys), origin: originOf(call) }))
      switch (answer.outcome) {
        case 'signed-in':
        case 'closed':
        case 'closed-today':
          return accepted(answer)
        case 'refused':
          return refused('wrong', answer.triesLeft === 1 ? 'sign-in.wrong.last' : 'sign-in.wrong')
        case 'busy':
          return refused('too-many', 'try-again-soon')
      }
    },
  })
}

/** What the caller chose in this call counts, and is kept for the next letter, text or call that we begin ourselves. */
async function rememberLanguage(call: Call, bank: Bank, { account, language }: Customer): Promise<void> {
  if (language === call.language) return
  await call.during(bank.rememberLanguage({ account, language: call.language }))
  if (language) await call.say('language.changed')
}
