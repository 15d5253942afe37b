/** What the explorer remembers of a call to a securities firm, and what each signature looks like. */
import type { ReceiverAsked, ReceiverBecame } from '../../../src/card-receiver/edge.ts'
import type { Securities, Security, TradeLine } from '../../../src/securities/securities.ts'
import { type Utterance, utterance } from '../../../src/speech/speech.ts'
import { insertYourCard, insertYourCardAgain } from './card-spec.ts'
import { type Change, changing, type Expected, type SpokenTo, saying, type Turn, to } from './spec.ts'
import type { Terminal } from './terminal.ts'

export interface SecuritiesMind extends SpokenTo {
  readonly firmName: Securities['name']
  /** What the caller's payment terminal does, where they have one. */
  readonly terminal?: Terminal
  /** What is being traded. */
  side?: 'buy' | 'sell'
  listed?: readonly Security[]
  security?: Security
  shares?: bigint
  /** The orders that are read out, and which one was last. */
  open?: readonly TradeLine[]
  order?: number
}

export type SecuritiesTurn = Turn<SecuritiesMind>
export const answer = <A>(turn: SecuritiesTurn, method: string) => turn.answerOf(method) as A
export const start = () => to('securities.menu')
export const customer = () => to('customer.menu')

interface Signing {
  readonly ask: Change
  readonly act: Change
  readonly announced: Utterance
  /** Where it leads if the card does not sign. */
  readonly back: Expected
  readonly told: () => Expected
}

export function signing(turn: SecuritiesTurn, { ask, act, announced, back, told }: Signing): Expected {
  const asked = answer<ReceiverAsked<'trade'> | { outcome: 'other-bank' }>(turn, ask.method)
  if (asked.outcome !== 'asked') return changing(ask, saying([notAsked(asked.outcome)], back))
  const { nonce } = asked.request
  const before = [announced, ...(ask.method === 'askSignIn' ? insertYourCard : insertYourCardAgain)]
  const inFull = ['card.insert'] as const
  const { terminal } = turn.mind
  if (terminal === undefined)
    return { ...changing(ask, saying([...before, ...nothing('card.unsuitable')], back)), inFull }
  switch (terminal) {
    case 'signs': {
      const acted = { ...act, facts: { ...act.facts, nonce } }
      return { ...changing(ask, changing(acted, saying(before, told()))), inFull }
    }
    case 'asks first': {
      const earlier = answer<ReceiverBecame | { outcome: 'acted-on' }>(turn, 'becameOfCard')
      const became = { method: 'becameOfCard', facts: { counter: 1 } }
      const settled = [...before, utterance('card.earlier', {}), earlierAs(earlier)]
      // What is unknown is not signed again.
      if (earlier.outcome === 'unknown') return { ...changing(ask, changing(became, saying(settled, back))), inFull }
      const rounds = [1, 2, 3]
      return {
        says: [...rounds.flatMap(() => settled), ...nothing('card.no-answer')],
        changes: rounds.flatMap(() => [ask, became]),
        next: back.next,
        inFull,
      }
    }
  }
}

function notAsked(outcome: string): Utterance {
  if (outcome === 'no-cards') return utterance('securities.no-cards', {})
  return outcome === 'other-bank' ? utterance('funds.other-bank', {}) : utterance('securities.refused', {})
}

function nothing(why: 'card.unsuitable' | 'card.no-answer'): Utterance[] {
  return [utterance('card.nothing-done', {}), utterance(why, {})]
}

/** Tried are a wrong personal password, and what was used before. */
export function nothingDone(refused: {
  readonly outcome: string
  readonly reason?: string
  readonly triesLeft?: number
}): Utterance[] {
  const { reason, triesLeft: tries } = refused
  if (reason === 'used-nonce') return [utterance('card.refused.used-nonce', {})]
  if (reason !== 'wrong-password' || tries === undefined) throw new Error(`no scenario has one refused for ${reason}`)
  return [utterance('card.nothing-done', {}), utterance('card.refused.wrong-password.left', { tries })]
}

export function earlierAs(became: ReceiverBecame | { readonly outcome: 'acted-on' }): Utterance {
  switch (became.outcome) {
    case 'acted-on':
      return utterance('earlier.acted-on', {})
    case 'paid':
      return utterance('card.became.paid', { amount: became.amount, reference: became.reference })
    case 'on-its-way':
      return utterance('card.became.on-its-way', { amount: became.amount, reference: became.reference })
    case 'came-back':
      return utterance('card.came-back', { amount: became.amount })
    case 'unknown':
      return utterance('funds.unknown', {})
    default:
      return utterance('earlier.not-done', {})
  }
}
