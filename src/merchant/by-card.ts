/** Paying at a payee by card: it asks, and the bank that issued the card moves the money to the payee's account at its own bank. */
import { becameOfIntent, becameOfSignature } from '../card-receiver/became.ts'
import { payWith } from '../card-receiver/forward.ts'
import { askForOrder } from '../card-receiver/orders.ts'
import type { CardReceiver } from '../card-receiver/receiver.ts'
import type { Merchant } from './merchant.ts'
import type { Shop } from './shop.ts'

/** Nobody has signed in at a payee's line. */
const anybody = { principal: '' }

export function receiverOf({ config, runtime, store, keys, mail }: Shop): CardReceiver {
  return { id: config.id, runtime, store, keys, mail, currency: config.currency, cards: config.cards }
}

export function cardDesk(
  receiver: CardReceiver,
): Pick<Merchant, 'askByCard' | 'payByCard' | 'becameOfCard' | 'becameOfCardIntent'> {
  return {
    askByCard: ({ intent, amount }) =>
      askForOrder(receiver, { ...anybody, intent, type: 'pay' }, payee => ({ type: 'pay', payee, amount })),
    payByCard: request => payWith(receiver, { ...anybody, ...request }),
    becameOfCard: signature => becameOfSignature(receiver, { ...anybody, ...signature }),
    becameOfCardIntent: intent => becameOfIntent(receiver, { ...anybody, intent }),
  }
}
