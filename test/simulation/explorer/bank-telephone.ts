/** What the bank's line must say and do where a customer registers the telephone that calls. */
import type { TelephoneStanding } from '../../../src/bank/bank.ts'
import { utterance } from '../../../src/speech/speech.ts'
import { simulatedCaller } from '../../support/simulated-line.ts'
import { access, answer, type BankMind, type BankTurn } from './bank-mind.ts'
import { changing, type Expected, type Spec, saying, to } from './spec.ts'

export function askAboutTelephone(turn: BankTurn): Expected {
  switch (answer<TelephoneStanding>(turn, 'telephoneStanding')) {
    case 'registered':
      return to('telephone.forget')
    case 'not-registered':
      return to('telephone.register')
    case 'not-attested':
      return saying([utterance('telephone.not-attested', {})], access())
  }
}

export const telephoneSteps: Spec<BankMind>['steps'] = {
  'telephone.register': {
    rows: {
      'key-1': turn => {
        const facts = { account: turn.mind.account, origin: simulatedCaller }
        const change = { method: 'registerTelephone', facts }
        const { outcome } = answer<{ outcome: string }>(turn, 'registerTelephone')
        if (outcome === 'session-ended')
          return changing(change, {
            says: [utterance('sign-in.ended', {})],
            inFull: ['sign-in.ended'],
            next: 'END said-goodbye',
          })
        return changing(change, saying([utterance('telephone.registered', {})], access()))
      },
      'key-9': unchanged,
    },
  },
  'telephone.forget': {
    rows: {
      'key-1': ({ mind }) =>
        changing(
          { method: 'forgetTelephone', facts: { account: mind.account, origin: simulatedCaller } },
          saying([utterance('telephone.forgotten', {})], access()),
        ),
      'key-9': unchanged,
    },
  },
}

function unchanged(): Expected {
  return saying([utterance('cancelled', {})], access())
}
