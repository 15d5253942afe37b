/** What the bank's line must say and do where a customer is paid: the number is told, and what begins or ends it is asked once. */
import type { BeingPaid } from '../../../src/bank/bank.ts'
import { utterance } from '../../../src/speech/speech.ts'
import { access, answer, type BankMind, type BankTurn, need } from './bank-mind.ts'
import { changing, type Expected, type Row, type Spec, saying, to } from './spec.ts'

export const readBeingPaid: Row<BankMind> = turn => {
  const now = answer<BeingPaid>(turn, 'beingPaid')
  return now.outcome === 'no-payee' ? to('paid.offer') : tellBeingPaid(turn, now)
}

export const paidSteps: Spec<BankMind>['steps'] = {
  'paid.offer': { rows: { 'key-1': enrolled, 'key-9': unchanged } },
  'paid.payee': {
    question: ({ being }) => {
      const { number, host, phone } = need(being)
      return utterance('paid.payee', { number, host, phone })
    },
    rows: { 'key-2': () => to('paid.stop'), back: access },
  },
  'paid.stop': { rows: { 'key-1': stopped, 'key-9': unchanged } },
}

function unchanged(): Expected {
  return saying([utterance('cancelled', {})], access())
}

function enrolled(turn: BankTurn): Expected {
  const asked = answer<BeingPaid>(turn, 'becomePayee')
  const change = { method: 'becomePayee', facts: { first: turn.mind.account } }
  if (asked.outcome === 'no-payee') return changing(change, saying([utterance('paid.refused', {})], access()))
  return changing(change, tellBeingPaid(turn, asked))
}

function tellBeingPaid({ mind }: BankTurn, now: BeingPaid): Expected {
  switch (now.outcome) {
    case 'payee':
      mind.being = now
      return to('paid.payee')
    case 'account-blocked':
      return saying([utterance('account.blocked', {})], access())
    case 'no-payee':
      throw new Error('nobody was asked whether to be paid')
    default:
      return saying([utterance(`paid.${now.outcome}`, {})], access())
  }
}

function stopped(turn: BankTurn): Expected {
  const { outcome } = answer<BeingPaid>(turn, 'stopBeingPaid')
  const change = { method: 'stopBeingPaid', facts: { first: turn.mind.account } }
  const told = outcome === 'out-of-reach' ? utterance('paid.out-of-reach', {}) : utterance('paid.stopped', {})
  return changing(change, saying([told], access()))
}
