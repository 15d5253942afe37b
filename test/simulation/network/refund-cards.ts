/** The clerk of a payee, who now and then gives back a part of what a card paid, and asks again under the same id. */
import { expect } from 'vitest'
import { drawIntentId } from '../../../src/ids.ts'
import { money } from '../../../src/money.ts'
import type { PayeeHouse } from '../../support/network/network.ts'
import type { Chance } from './chances.ts'
import type { Line } from './line.ts'

export async function refundCards(line: Line, chance: Chance, payee: PayeeHouse, times: number): Promise<void> {
  const { runtime, lives, told } = line
  for (let i = 0; i < times; i++) {
    await runtime.sleep(chance.below(20_000))
    const lines = await lives.insist(payee, () => payee.running.clerk.cardPayments(20))
    const paid = lines.filter(({ state }) => state === 'paid')
    if (paid.length === 0) continue
    const { id: payment, amount } = chance.among(paid)
    const part = money(1n + BigInt(chance.below(Number(amount.minor))))
    const request = { intent: drawIntentId(runtime), payment, amount: part, clerk: 'lin', reason: 'torn' }
    const ask = () => lives.insist(payee, () => payee.running.clerk.refundCard(request))
    const became = [await ask(), ...(chance.oneIn(2) ? [await ask()] : [])]
    const [first, again = first] = became
    if (first?.outcome === 'refunded' && !told.wentBack(payee.id)) expect(again).toEqual(first)
    for (const each of became) {
      if (each.outcome === 'refunded')
        told.refunded({ by: payee.id, payment, amount: each.amount, reference: each.reference })
      // Before the card's bank has sold its first voucher of the payee.
      else if (each.outcome !== 'exceeds-payment' && each.outcome !== 'no-day-end' && !told.wentBack(payee.id))
        throw new Error(`a refund to a card was ${each.outcome}`)
    }
  }
}
