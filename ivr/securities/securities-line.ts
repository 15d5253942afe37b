/**
 * The line of a securities firm: "Welcome to Pine Securities." Language, then the prices for everybody, and for a customer who signs in
 * by card what they have, orders, and money from and to their bank.
 */
import type { Call } from '../../src/phone/call.ts'
import type { Securities } from '../../src/securities/securities.ts'
import { greet } from '../dialogs/greet.ts'
import { customerMenu } from './customer-menu.ts'
import { tellPrices } from './prices.ts'
import { tellWhatBecameOf } from './resumed-call.ts'
import { signIn } from './sign-in.ts'

export async function securitiesLine(call: Call, firm: Securities): Promise<void> {
  await greet(call, 'merchant.welcome', firm.name)
  if (call.resumed?.intent) await tellWhatBecameOf(call, firm, call.resumed.intent)

  await call.menu('securities.menu', {
    phrase: 'securities.menu',
    help: 'securities.help',
    choices: {
      '1': async () => {
        const client = await signIn(call, firm)
        if (client !== undefined) await customerMenu(call, firm, client)
      },
      '2': () => tellPrices(call, firm),
    },
  })
}
