/** What the bank's line must do when a caller signs in, and what comes first then. */
import type { SignIn, TransferNews } from '../../../src/bank/bank.ts'
import { type Utterance, utterance } from '../../../src/speech/speech.ts'
import { simulatedCaller } from '../../support/simulated-line.ts'
import { tellUntold } from './bank-lists.ts'
import { answer, type BankMind, type BankTurn } from './bank-mind.ts'
import { shanghaiDate } from './facts.ts'
import { changing, type Expected, type Row, saying } from './spec.ts'

const signInAs = (mind: BankMind) => ({
  method: 'signIn',
  facts: { account: mind.account, origin: simulatedCaller },
})

/** Either of the two may be keyed again. */
export function wrongPin(turn: BankTurn): Expected {
  const { triesLeft } = answer<SignIn & { outcome: 'refused' }>(turn, 'signIn')
  const sentence = triesLeft === 1 ? 'sign-in.wrong.last' : 'sign-in.wrong'
  return { says: [utterance(sentence, {})], changes: [signInAs(turn.mind)], next: 'sign-in.again' }
}

export function tooManyPins(next: string): Row<BankMind> {
  return ({ mind }) => ({ says: [utterance('try-again-soon', {})], changes: [signInAs(mind)], next })
}

/** Vouchers that an earlier call did not bring to the caller come before anything else. */
export function signedIn(turn: BankTurn): Expected {
  const { mind } = turn
  const result = answer<SignIn>(turn, 'signIn')
  if (result.outcome === 'closed' || result.outcome === 'closed-today')
    return { says: [closedAs(result)], changes: [signInAs(mind)], next: 'END said-goodbye' }
  if (result.outcome === 'blocked') {
    const says = [utterance('sign-in.blocked', {})]
    return { says, inFull: ['sign-in.blocked'], changes: [signInAs(mind)], next: 'END said-goodbye' }
  }
  if (result.outcome === 'under-review') {
    const says = [utterance('account.under-review', {}), utterance('goodbye', {})]
    return { says, changes: [signInAs(mind)], next: 'END said-goodbye' }
  }
  if (result.outcome !== 'signed-in') throw new Error(`an answer counted as valid after ${result.outcome}`)

  const asked = signInAs(mind)
  const { customer, returned } = result
  mind.returned = returned
  mind.account = customer.account
  const hello = utterance('sign-in.hello', { customer: customer.name })
  const untold = mind.vouchers.filter(voucher => voucher.state === 'unconfirmed')
  const first = withNews(turn, tellUntold(mind, untold))
  if (customer.language === mind.language) return changing(asked, saying([hello], first))

  const remember = { method: 'rememberLanguage', facts: { account: mind.account, language: mind.language } }
  const changed = customer.language ? [utterance('language.changed', {})] : []
  return changing(asked, changing(remember, saying([hello, ...changed], first)))
}

function closedAs(closed: Extract<SignIn, { outcome: 'closed' | 'closed-today' }>): Utterance {
  if (closed.outcome === 'closed-today') return utterance('sign-in.closed.today', {})
  const minutes = Math.ceil(closed.forMs / 60_000)
  if (minutes > 90) return utterance('sign-in.closed.hours', { hours: Math.ceil(closed.forMs / 3_600_000) })
  return minutes > 1 ? utterance('sign-in.closed.minutes', { minutes }) : utterance('sign-in.closed.minute', {})
}

/** What became of money that was sent to other banks comes first of all. */
function withNews(turn: BankTurn, then: Expected): Expected {
  const news = answer<readonly TransferNews[]>(turn, 'transferNews')
  return news.reduceRight<Expected>((next, { transfer, state, amount, bank, sentAt }) => {
    const phrase = `transfer.news.${state}` as const
    const told = saying([utterance(phrase, { date: shanghaiDate(sentAt), amount, bank })], next)
    const heard = { method: 'heardOfTransfer', facts: { account: turn.mind.account, transfer } }
    const inFull = { ...told, inFull: [phrase, ...(told.inFull ?? [])] }
    return state === 'pending' ? inFull : changing(heard, inFull)
  }, then)
}
