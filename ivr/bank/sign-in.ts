/**
 * Who is calling: account number and 6-digit PIN. Nobody learns whether the account or the PIN was wrong. The third wrong
 * PIN closes the account to this telephone for a time that is told, whichever calls the three were made in. At a telephone that its
 * customer has registered `#` alone is the account number.
 */
import { type Bank, type Customer, ofThisTelephone, type SignIn, type SignInRequest } from '../../src/bank/bank.ts'
import { type AccountNumber, parseAccountNumber } from '../../src/ids.ts'
import { accepted, type Call, type Judged, type Question, refused } from '../../src/phone/call.ts'
import { Secret } from '../../src/secret.ts'
import { accountDigits } from '../dialogs/account-digits.ts'
import { chooseLanguage } from '../dialogs/greet.ts'
import { originOf } from '../dialogs/origin.ts'
import { withWayBack } from '../dialogs/way-back.ts'
import { tellClosed } from './closed.ts'

const pinDigits = 6

export async function signIn(call: Call, bank: Bank): Promise<SignedIn> {
  const answer = await withWayBack(async () => proveAccount(call, bank, await askAccount(call)))
  switch (answer.outcome) {
    case 'closed':
    case 'closed-today':
      await tellClosed(call, answer)
      return call.hangUp()
    case 'blocked':
      await call.say('sign-in.blocked', {}, { inFull: true })
      return call.hangUp()
    case 'under-review':
      await call.say('account.under-review', {}, { inFull: true })
      await call.say('goodbye')
      return call.hangUp()
    case 'signed-in':
      await call.say('sign-in.hello', { customer: answer.customer.name })
      await rememberLanguage(call, bank, answer.customer)
      return answer
  }
}

/** By number, or as whom this telephone stands for. */
type Who = SignInRequest['account']

type SignedIn = Extract<SignIn, { outcome: 'signed-in' }>

/** Going back from here is going back to the language. */
function askAccount(call: Call): Promise<Who> {
  const question: Question<'sign-in.account', Who> = {
    phrase: 'sign-in.account',
    digits: accountDigits,
    hashAlone: () => ofThisTelephone,
    refusals: ['check-digits'],
    accept: keys => {
      const account = parseAccountNumber(keys)
      return account ? accepted(account) : noAccount
    },
  }
  return withWayBack(
    () => call.ask('sign-in.account', question),
    () => chooseLanguage(call),
  )
}

const noAccount = refused('check-digits', 'account.check-digits')

/** After a refusal the PIN alone may be keyed again, or both: either of them may have been the slip. */
async function proveAccount(call: Call, bank: Bank, first: Who): Promise<Proof> {
  let account = first
  for (;;) {
    const proof = await askPin(call, bank, account)
    if (proof !== 'refused') return proof
    const again = await askEither(call, bank, account)
    if (!('otherAccount' in again)) return again
    account = again.otherAccount
  }
}

/** What ends the sign-in, one way or the other. */
type Proof = Extract<SignIn, { outcome: 'signed-in' | 'closed' | 'closed-today' | 'blocked' | 'under-review' }>

interface OtherAccount {
  readonly otherAccount: AccountNumber
}

/** Going back from here is keying in another account number. */
function askPin(call: Call, bank: Bank, account: Who): Promise<Proof | 'refused'> {
  return call.ask('sign-in.pin', {
    phrase: 'sign-in.pin',
    digits: { min: pinDigits, max: pinDigits },
    secret: true,
    refusals: ['wrong', 'too-many'],
    accept: async (keys): Promise<Judged<Proof | 'refused'>> => {
      const verdict = await tryPin(call, bank, account, keys)
      if (verdict.verdict !== 'refused' || verdict.refusal !== 'wrong') return verdict
      return { ...verdict, verdict: 'turned-away', value: 'refused' }
    },
  })
}

/** Six digits are a PIN, unless they are the very account number that was keyed before. */
function askEither(call: Call, bank: Bank, account: Who): Promise<Proof | OtherAccount> {
  const question: Question<'sign-in.again', Proof | OtherAccount> = {
    phrase: 'sign-in.again',
    digits: accountDigits,
    whole: pinDigits,
    secret: true,
    refusals: ['wrong', 'too-many', 'check-digits'],
    accept: keys => {
      if (keys.length === pinDigits && keys !== account) return tryPin(call, bank, account, keys)
      const otherAccount = parseAccountNumber(keys)
      return otherAccount ? accepted({ otherAccount }) : noAccount
    },
  }
  return call.ask('sign-in.again', question)
}

async function tryPin(call: Call, bank: Bank, account: Who, keys: string): Promise<Judged<Proof>> {
  const answer = await call.during(bank.signIn({ account, pin: new Secret(keys), origin: originOf(call) }))
  switch (answer.outcome) {
    case 'signed-in':
    case 'closed':
    case 'closed-today':
    case 'blocked':
    case 'under-review':
      return accepted(answer)
    case 'refused':
      return refused('wrong', answer.triesLeft === 1 ? 'sign-in.wrong.last' : 'sign-in.wrong')
    case 'busy':
      return refused('too-many', 'try-again-soon')
  }
}

/** What the caller chose in this call counts, and is kept for the next letter, text or call that we begin ourselves. */
async function rememberLanguage(call: Call, bank: Bank, { account, language }: Customer): Promise<void> {
  if (language === call.language) return
  await call.during(bank.rememberLanguage({ account, language: call.language }))
  if (language) await call.say('language.changed')
}
