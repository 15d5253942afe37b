/** What must be said to a caller of the bank who asks for a clerk. */
import type { SignIn } from '../../../src/bank/bank.ts'
import type { CallBackAsked } from '../../../src/institution/call-backs.ts'
import { utterance } from '../../../src/speech/speech.ts'
import { simulatedCaller, simulatedCallerNumber } from '../../support/simulated-line.ts'
import type { BankMind, BankTurn } from './bank-mind.ts'
import { careWorlds } from './care-worlds.ts'
import { changing, type Expected, type Spec, saying, to } from './spec.ts'

const back = ({ mind }: BankTurn): Expected => {
  if (mind.cameFrom === undefined) throw new Error('a clerk whom nobody asked for')
  return to(mind.cameFrom)
}
const left = (turn: BankTurn) => saying([utterance('care.over', {})], back(turn))

/** `0` again in the help of a step. */
export function askedForClerk(turn: BankTurn, step: string): Expected {
  turn.mind.cameFrom = step
  if (turn.answerOf('isOpen') !== true) return saying([utterance('care.closed', {})], to('care.call-back'))
  if (turn.mind.care === careWorlds['asked too often'])
    return saying([utterance('care.too-often', {})], to('care.call-back'))
  return to('care.wait')
}

export const careSteps: Spec<BankMind>['steps'] = {
  'care.wait': {
    rows: {
      'key-1': () => to('care.call-back'),
      back,
      came: turn => {
        const { care: world } = turn.mind
        if (world?.closesAfterMs !== undefined) return saying([utterance('care.closing', {})], to('care.call-back'))
        if (world !== careWorlds['a clerk']) return saying([utterance('care.nobody', {})], to('care.call-back'))
        return { says: [utterance('care.connected', {})], inFull: ['care.connected'], next: 'care.account' }
      },
    },
  },
  'care.call-back': {
    question: () => utterance('care.call-back', { number: simulatedCallerNumber }),
    rows: { 'key-1': asked(() => simulatedCallerNumber), 'key-2': () => to('care.number'), back },
  },
  'care.number': { rows: { valid: asked(({ keyed }) => keyed), back } },
  'care.account': {
    secret: true,
    rows: {
      valid: turn => {
        turn.mind.identifying = turn.keyed
        return to('care.pin')
      },
      'refused-check-digits': () => saying([utterance('account.check-digits', {})], to('care.account')),
      back: left,
    },
    givenUp: left,
  },
  'care.pin': {
    secret: true,
    rows: {
      valid: turn => {
        const facts = { account: turn.mind.identifying, origin: simulatedCaller }
        const { outcome } = turn.answerOf('signIn') as SignIn
        const told = outcome === 'signed-in' ? 'care.identified' : 'care.not-identified'
        return changing({ method: 'signIn', facts }, saying([utterance(told, {})], left(turn)))
      },
      back: left,
    },
    givenUp: left,
  },
}

function asked(telephoneOf: (turn: BankTurn) => string) {
  return (turn: BankTurn): Expected => {
    const facts = { telephone: telephoneOf(turn), language: turn.mind.language, origin: simulatedCaller }
    const { outcome } = turn.answerOf('askForCallBack') as CallBackAsked
    const told = `care.call-back.${outcome}` as const
    return changing({ method: 'askForCallBack', facts }, saying([utterance(told, {})], back(turn)))
  }
}
