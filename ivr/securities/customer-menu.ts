/** What a customer of a securities firm may do who has signed in. Whatever moves something their card signs once more. */
import type { Call } from '../../src/phone/call.ts'
import type { Client, Securities } from '../../src/securities/securities.ts'
import { bringIn, takeHome } from './funds.ts'
import { tellHoldings } from './holdings.ts'
import { openOrders } from './open-orders.ts'
import { tellPrices } from './prices.ts'
import { trade } from './trade.ts'

export function customerMenu(call: Call, firm: Securities, client: Client): Promise<void> {
  return call.menu('customer.menu', {
    phrase: 'customer.menu',
    help: 'customer.help',
    back: true,
    choices: {
      '1': () => tellHoldings(call, firm, client),
      '2': () => tellPrices(call, firm),
      '3': () => trade(call, firm, client, 'buy'),
      '4': () => trade(call, firm, client, 'sell'),
      '5': () => openOrders(call, firm, client),
      '6': () => bringIn(call, firm, client),
      '7': () => takeHome(call, firm, client),
    },
  })
}
