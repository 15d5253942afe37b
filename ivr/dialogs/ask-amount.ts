/** Asks for an amount of money in yuan and fen: `12*5` is twelve fifty. Zero is no amount. */

import { type Money, parseKeyedAmount } from '../../src/money.ts'
import { accepted, type Call, type Judged, refused } from '../../src/phone/call.ts'

/** Seven digits of yuan, the point, two of fen: more than any limit allows, so that nobody is cut short. */
const digits = { min: 1, max: 10 }

type Phrase = 'buy.amount' | 'transfer.amount' | 'pay.amount' | 'trade.limit' | 'funds.amount'

/** `step`: where another step asks in the same words. */
export function askAmount(
  call: Call,
  phrase: Phrase,
  step: Phrase | 'large.amount' | 'card.amount' | 'funds.in.amount' | 'funds.out.amount' = phrase,
): Promise<Money> {
  return call.ask(step, { phrase, digits, amount: true, refusals: ['unreadable', 'zero'], accept: readAmount })
}

function readAmount(keys: string): Judged<Money> {
  const amount = parseKeyedAmount(keys)
  if (!amount) return refused('unreadable', 'amount.unreadable')
  if (amount.minor === 0n) return refused('zero', 'amount.zero')
  return accepted(amount)
}
