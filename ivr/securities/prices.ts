/** What each share costs, as the firm's list has it now: the list is small enough to be heard to its end. */
import type { Call } from '../../src/phone/call.ts'
import type { Securities } from '../../src/securities/securities.ts'

export async function tellPrices(call: Call, firm: Securities): Promise<void> {
  await call.say('prices.intro')
  for (const { name: security, number, price } of await call.during(firm.securities())) {
    if (price === undefined) await call.say('prices.none', { security, number })
    else await call.say('prices.one', { security, number, price })
  }
}
