/** Sales by all callers of a bank at once. */
import { drawIntentId } from '../../src/ids.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { payee, price, type StockedBank } from './stocked-bank.ts'
import { atOnce } from './turns.ts'

/** Returns how many per second. */
export function sell(bank: StockedBank, count: number): Promise<number> {
  return atOnce(bank.buyers, count, async buyer => {
    const order = { buyer, payee, amount: price, channel: 'telephone' } as const
    const sale = await bank.bank.sellVoucher({ intent: drawIntentId(systemRuntime), ...order })
    if (sale.outcome !== 'sold') throw new Error(`a sale ended ${sale.outcome}`)
  })
}
