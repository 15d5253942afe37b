/**
 * "How much?" Vouchers come in fixed amounts: the caller hears them, keys one in, and for any other amount is offered
 * the nearest below and above it.
 */

import { compare, type Money } from '../../src/money.ts'
import type { Call } from '../../src/phone/call.ts'
import { askAmount } from '../dialogs/ask-amount.ts'

/** `denominations`: at least one, ascending. */
export async function askDenomination(call: Call, denominations: readonly Money[]): Promise<Money> {
  for (;;) {
    await call.say('buy.amount.choice', { amounts: denominations })
    const wanted = await askAmount(call, 'buy.amount')
    const below = denominations.findLast(offered => compare(offered, wanted) <= 0)
    if (below && compare(below, wanted) === 0) return below

    const above = denominations.find(offered => compare(offered, wanted) > 0)
    const chosen = await offerNearest(call, wanted, below, above)
    if (chosen) return chosen
  }
}

/**
 * Whoever keys ahead expects their amount to be on offer: the key that follows was meant for the read-back.
 * Undefined when the caller would rather key in another amount.
 */
async function offerNearest(call: Call, wanted: Money, below?: Money, above?: Money): Promise<Money | undefined> {
  const nearest = below ?? above
  if (below && above) {
    const choices = { '1': 'below', '2': 'above', '3': 'another' } as const
    const values = { wanted, below, above }
    const question = { phrase: 'buy.amount.nearest', values, choices, unforeseen: true } as const
    const chosen = await call.choose('buy.amount.nearest', question)
    return { below, above, another: undefined }[chosen]
  }
  if (!nearest) return undefined
  const choices = { '1': 'nearest', '3': 'another' } as const
  const values = { wanted, nearest }
  const question = { phrase: 'buy.amount.nearest-one', values, choices, unforeseen: true } as const
  const chosen = await call.choose('buy.amount.nearest-one', question)
  return { nearest, another: undefined }[chosen]
}
