/** What whichever line says around a card at a payment terminal, a second time. */
import { type Utterance, utterance } from '../../../src/speech/speech.ts'

const insert = utterance('card.insert', {})
/** Heard before a card is asked, the last of it to its end. */
export const insertYourCard: readonly Utterance[] = [utterance('card.explained', {}), insert]
/** By whoever has signed in this call before. */
export const insertYourCardAgain: readonly Utterance[] = [insert]

export function notPaid(why: 'card.unsuitable' | 'card.no-answer' | 'card.refused.unreadable'): Utterance[] {
  return [utterance('card.nothing-paid', {}), utterance(why, {})]
}

/** Tried are a wrong personal password, what was used before, and noise. */
export function notAccepted(refused: {
  readonly outcome: 'refused' | 'unreadable-answer'
  readonly reason?: string
  readonly triesLeft?: number
}): Utterance[] {
  if (refused.outcome === 'unreadable-answer') return notPaid('card.refused.unreadable')
  const { reason, triesLeft: tries } = refused
  if (reason === 'used-nonce') return [utterance('card.refused.used-nonce', {})]
  if (reason !== 'wrong-password' || tries === undefined) throw new Error(`no scenario has one refused for ${reason}`)
  const why =
    tries === 0
      ? utterance('card.refused.wrong-password.last', {})
      : utterance('card.refused.wrong-password.left', { tries })
  return [utterance('card.nothing-paid', {}), why]
}
