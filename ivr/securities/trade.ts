/** Buys or sells shares: which, how many, at the price of now or with a limit; the card signs the order, and its number is told. */

import type { CardResult } from '../../src/card/messages/result.ts'
import type { Money } from '../../src/money.ts'
import { accepted, type Call, refused } from '../../src/phone/call.ts'
import type { Client, NotActedOn, Securities, Security, Side, TradeTaken } from '../../src/securities/securities.ts'
import { sharesOf } from '../../src/securities/securities.ts'
import { askAmount } from '../dialogs/ask-amount.ts'
import { untilKnown } from '../dialogs/carry-out.ts'
import { dateOf, timeOf } from '../dialogs/when.ts'
import { bySignature, resultOfNothing, tellNothingDone } from './by-signature.ts'

export async function trade(call: Call, firm: Securities, { account }: Client, side: Side): Promise<void> {
  const security = await askSecurity(call, firm)
  const shares = await askShares(call)
  const how = await call.choose('trade.price.menu', {
    phrase: 'trade.price.menu',
    help: 'trade.price.help',
    choices: { '1': 'market', '2': 'limit' },
  })
  const limit = how === 'limit' ? await askAmount(call, 'trade.limit') : undefined

  const quantity = { minor: shares, asset: sharesOf(security.isin) }
  await bySignature<TradeTaken | NotActedOn>(call, firm, account, {
    name: 'trade',
    ask: intent => firm.askTrade({ intent, account, side, quantity, ...(limit && { limit }) }),
    announce: () => announce(call, side, { security: security.name, shares }, limit),
    send: answered => untilKnown(call, () => firm.trade({ account, ...answered })),
    result: resultFor,
    tell: taken => tell(call, taken, firm.timeZone),
  })
}

async function askSecurity(call: Call, firm: Securities): Promise<Security> {
  const listed = await call.during(firm.securities())
  const security = await call.ask('trade.security', {
    phrase: 'trade.security',
    digits: { min: 3, max: 3 },
    refusals: ['unknown'],
    accept: keys => {
      const found = listed.find(({ number }) => number === keys)
      return found ? accepted(found) : refused('unknown', 'trade.security.unknown', { number: keys })
    },
  })
  const { name, price } = security
  if (price === undefined) await call.say('trade.security.is.unpriced', { security: name })
  else await call.say('trade.security.is', { security: name, price })
  return security
}

function askShares(call: Call): Promise<bigint> {
  return call.ask('trade.shares', {
    phrase: 'trade.shares',
    digits: { min: 1, max: 9 },
    refusals: ['zero'],
    accept: keys => {
      const shares = BigInt(keys)
      return shares > 0n ? accepted(shares) : refused('zero', 'trade.shares.zero')
    },
  })
}

function announce(
  call: Call,
  side: Side,
  order: { readonly security: Security['name']; readonly shares: bigint },
  limit: Money | undefined,
): Promise<void> {
  if (limit === undefined) return call.say(side === 'buy' ? 'trade.buying' : 'trade.selling', order)
  return call.say(side === 'buy' ? 'trade.buying.limit' : 'trade.selling.limit', { ...order, limit })
}

function resultFor(taken: TradeTaken | NotActedOn): CardResult {
  switch (taken.outcome) {
    case 'executed':
    case 'taken':
      return { outcome: 'paid', reference: taken.number }
    case 'insufficient-funds':
      return { outcome: 'refused', reason: 'insufficient-funds' }
    case 'insufficient-shares':
    case 'market-closed':
    case 'no-counterparty':
    case 'unknown-security':
    case 'refused-amount':
      return { outcome: 'refused', reason: 'not-now' }
    default:
      return resultOfNothing(taken)
  }
}

function tell(call: Call, taken: TradeTaken | NotActedOn, timeZone: string): Promise<void> {
  switch (taken.outcome) {
    case 'executed': {
      const { number, price, settlesOn: date } = taken
      return call.say('trade.executed', { number, price, date })
    }
    case 'taken': {
      const { number, goodUntil: until } = taken
      return call.say('trade.taken', { number, date: dateOf(until, timeZone), time: timeOf(until, timeZone) })
    }
    case 'insufficient-funds':
      return call.refuse('funds.insufficient', { available: taken.available })
    case 'insufficient-shares':
      return call.refuse('trade.insufficient-shares', { shares: taken.available.minor })
    case 'market-closed': {
      const { opensAt } = taken
      return call.refuse('trade.market-closed', { date: dateOf(opensAt, timeZone), time: timeOf(opensAt, timeZone) })
    }
    case 'no-counterparty':
      return call.refuse('trade.no-counterparty')
    case 'unknown-security':
    case 'refused-amount':
      return call.refuse('securities.refused')
    default:
      return tellNothingDone(call, taken)
  }
}
