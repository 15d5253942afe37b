/** The orders that wait for their limit, the newest first, one by one. One that is not executed yet may be taken back: the card signs that, too. */
import type { CardResult } from '../../src/card/messages/result.ts'
import type { Call } from '../../src/phone/call.ts'
import type { Client, NotActedOn, Securities, TradeCancelled, TradeLine } from '../../src/securities/securities.ts'
import type { SpokenName } from '../../src/speech/speech.ts'
import { untilKnown } from '../dialogs/carry-out.ts'
import { bySignature, resultOfNothing, tellNothingDone } from './by-signature.ts'
import { namesAt } from './holdings.ts'

/** Orders are good for one trading day: whoever has given more than these takes the newest back first. */
const most = 50

export async function openOrders(call: Call, firm: Securities, client: Client): Promise<void> {
  const orders = (await call.during(firm.trades(client.account, most))).filter(({ state }) => state === 'open')
  if (orders.length === 0) return call.say('orders.none')
  const nameOf = await namesAt(call, firm)
  for (const [index, order] of orders.entries()) {
    await tellOrder(call, order, nameOf(order.isin))
    const answer = await askWhatNext(call, index === orders.length - 1)
    if (answer === 'cancel') return cancel(call, firm, client, order.number)
  }
}

/** From the last one the way leads back. */
function askWhatNext(call: Call, isLast: boolean): Promise<'next' | 'cancel'> {
  if (isLast) return call.choose('orders.last.menu', { phrase: 'orders.last.menu', choices: { '2': 'cancel' } })
  return call.choose('orders.next.menu', { phrase: 'orders.next.menu', choices: { '1': 'next', '2': 'cancel' } })
}

function tellOrder(call: Call, { number, side, quantity, limit }: TradeLine, security: SpokenName): Promise<void> {
  const order = { number, security, shares: quantity.minor }
  // What has no limit is executed at once, or not taken.
  if (limit === undefined) return Promise.resolve()
  return call.say(side === 'buy' ? 'orders.buy' : 'orders.sell', { ...order, limit })
}

function cancel(call: Call, firm: Securities, { account }: Client, number: string): Promise<void> {
  return bySignature<TradeCancelled | NotActedOn>(call, firm, account, {
    name: 'cancel',
    ask: intent => firm.askCancel({ intent, account, trade: number }),
    announce: () => call.say('orders.cancelling', { number }),
    send: answered => untilKnown(call, () => firm.cancel({ account, ...answered })),
    result: resultFor,
    tell: cancelled => tell(call, cancelled),
  })
}

function resultFor(cancelled: TradeCancelled | NotActedOn): CardResult {
  switch (cancelled.outcome) {
    case 'cancelled':
      return { outcome: 'paid', reference: cancelled.number }
    case 'too-late':
    case 'unknown-trade':
      return { outcome: 'refused', reason: 'late' }
    default:
      return resultOfNothing(cancelled)
  }
}

function tell(call: Call, cancelled: TradeCancelled | NotActedOn): Promise<void> {
  switch (cancelled.outcome) {
    case 'cancelled':
      return call.say('orders.cancelled', { number: cancelled.number })
    case 'too-late':
    case 'unknown-trade':
      return call.refuse('orders.too-late')
    default:
      return tellNothingDone(call, cancelled)
  }
}
