/** What a customer has with the firm: money, then share by share; what open orders hold back, and what is to come when trades are settled. */
import type { Isin } from '../../src/card/numbers.ts'
import type { Call } from '../../src/phone/call.ts'
import type { Client, Securities } from '../../src/securities/securities.ts'
import type { SpokenName } from '../../src/speech/speech.ts'

export async function tellHoldings(call: Call, firm: Securities, { account }: Client): Promise<void> {
  const { cash, positions } = await call.during(firm.standing(account))
  await call.say('holdings.cash', { amount: cash.available })
  if (cash.reserved.minor > 0n) await call.say('holdings.cash.reserved', { amount: cash.reserved })
  if (cash.toCome.minor > 0n) await call.say('holdings.cash.to-come', { amount: cash.toCome })

  if (positions.length === 0) return call.say('holdings.no-shares')
  const nameOf = await namesAt(call, firm)
  for (const { isin, available, reserved, toCome } of positions) {
    const security = nameOf(isin)
    await call.say('holdings.shares', { security, shares: available.minor })
    if (reserved.minor > 0n) await call.say('holdings.shares.reserved', { shares: reserved.minor })
    if (toCome.minor > 0n) await call.say('holdings.shares.to-come', { shares: toCome.minor })
  }
}

/** A security that the firm has taken off its list has its letters for a name. */
export async function namesAt(call: Call, firm: Securities): Promise<(isin: Isin) => SpokenName> {
  const listed = await call.during(firm.securities())
  return isin => listed.find(each => each.isin === isin)?.name ?? { en: isin, zh: isin }
}
