/** What became of what a card signed for whom the caller has called: told to who never heard, at a later call or in the one that was interrupted. */
import type { ReceiverBecame } from '../../src/card-receiver/edge.ts'
import type { Call } from '../../src/phone/call.ts'

/** What a line has words of its own for. */
export interface OwnWords {
  readonly unknown: 'card.unknown' | 'funds.unknown'
  readonly notDone: 'card.became.not-done' | 'earlier.not-done'
}

interface Words {
  readonly paid: 'card.became.paid' | 'resumed.paid-by-card'
  readonly 'on-its-way': 'card.became.on-its-way' | 'resumed.card-on-its-way'
  readonly unknown: OwnWords['unknown']
  readonly notDone: OwnWords['notDone'] | 'resumed.not-done'
}

/** Of a signature about which their terminal has asked. */
export function tellBecame(call: Call, became: ReceiverBecame, own: OwnWords): Promise<void> {
  return tell(call, became, { paid: 'card.became.paid', 'on-its-way': 'card.became.on-its-way', ...own })
}

/** Of what was under way when the line was interrupted. What was asked of a card and not answered will not be done any more. */
export function tellInterrupted(
  call: Call,
  became: ReceiverBecame,
  { unknown }: Pick<OwnWords, 'unknown'>,
): Promise<void> {
  const notDone = 'resumed.not-done'
  return tell(call, became, { paid: 'resumed.paid-by-card', 'on-its-way': 'resumed.card-on-its-way', unknown, notDone })
}

function tell(call: Call, became: ReceiverBecame, words: Words): Promise<void> {
  switch (became.outcome) {
    case 'paid':
    case 'on-its-way':
      return call.say(words[became.outcome], { amount: became.amount, reference: became.reference })
    case 'came-back':
      return call.say('card.came-back', { amount: became.amount })
    case 'unknown':
      return call.say(words.unknown)
    case 'refused':
    case 'not-done':
      return call.say(words.notDone)
  }
}
