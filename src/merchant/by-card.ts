/** Paying at a payee by card: it asks, and the bank that issued the card moves the money to the payee's account at its own bank. */
import { becameOfIntent, becameOfSignature } from '../card-receiver/became.ts'
import { payWith } from '../card-receiver/forward.ts'
import { askForOrder } from '../card-receiver/orders.ts'
import type { CardReceiver } from '../card-receiver/receiver.ts'
import { postCardPayment } from './card-revenue.ts'
import type { Merchant } from './merchant.ts'
import type { Shop } from './shop.ts'

/** Nobody has signed in at a payee's line. */
const anybody = { principal: '' }

export function receiverOf(shop: Shop): CardReceiver {
  const { config, runtime, store, keys, mail } = shop
  return {
    ...{ id: config.id, runtime, store, keys, mail, currency: config.currency, cards: config.cards },
    paid: (tx, payment, at) => postCardPayment(tx, shop, payment, at),
  }
}

export function cardDesk(
  receiver: CardReceiver,
): Pick<Merchant, 'askByCard' | 'payByCard' | 'becameOfCard' | 'becameOfCardIntent'> {
  return {
    askByCard: ({ intent, amount }) =>
      askForOrder(receiver, { ...anybody, intent, type: 'pay' }, payee => ({ type: 'pay', payee, amount })),
    payByCard: request => payWith(receiver, { ...anybody, ...request }),
    becameOfCard: async signature => {
      const became = await becameOfSignature(receiver, { ...anybody, ...signature })
      // Why a card was refused is told to nobody who has not signed in: it is not done and will not be, as what never came.
      return became.outcome === 'refused' ? { outcome: 'not-done' } : became
    },
    becameOfCardIntent: intent => becameOfIntent(receiver, { ...anybody, intent }),
  }
}
