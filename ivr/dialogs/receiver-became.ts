/** What became of what a card signed for whom the caller has called: told to who never heard, at a later call or in the one that was interrupted. */
import type { ReceiverBecame } from '../../src/card-receiver/edge.ts'
import type { Call } from '../../src/phone/call.ts'

/** What a line has words of its own for. */
export interface OwnWords {
  readonly unknown: 'card.unknown' | 'funds.unknown'
  readonly notDone: 'card.became.not-done' | 'earlier.not-done'
}

/** Of a signature about which their terminal has asked. */
export function tellBecame(call: Call, became: ReceiverBecame, { unknown, notDone }: OwnWords): Promise<void> {
  switch (became.outcome) {
    case 'paid':
    case 'on-its-way':
      return call.say(`card.became.${became.outcome}`, { amount: became.amount, reference: became.reference })
    case 'came-back':
      return call.say('card.came-back', { amount: became.amount })
    case 'unknown':
      return call.say(unknown)
    case 'refused':
    case 'not-done':
      return call.say(notDone)
  }
}

/** Of what was under way when the line was interrupted. What was asked of a card and not answered will not be done any more. */
export function tellInterrupted(
  call: Call,
  became: ReceiverBecame,
  { unknown }: Pick<OwnWords, 'unknown'>,
): Promise<void> {
  switch (became.outcome) {
    case 'paid':
      return call.say('resumed.paid-by-card', { amount: became.amount, reference: became.reference })
    case 'on-its-way':
      return call.say('resumed.card-on-its-way', { amount: became.amount, reference: became.reference })
    case 'came-back':
      return call.say('card.came-back', { amount: became.amount })
    case 'unknown':
      return call.say(unknown)
    case 'refused':
    case 'not-done':
      return call.say('resumed.not-done')
  }
}
