/** The till of a running payee. */
import { digestOf, recovered } from '../asked-for.ts'
import type { Merchant } from '../merchant.ts'
import { drawPayment, eventOf, payForShop } from '../payment.ts'
import type { Shop } from '../shop.ts'
import type { KnownKeys } from './api-keys.ts'
import { authorise, captureOf, releaseOf, standingOf } from './authorise.ts'
import { endFor } from './end.ts'
import { giveBack } from './give-back.ts'
import { madePayments } from './made-payments.ts'
import { principalOf, Redeeming } from './redeem.ts'
import type { Till, TillPayment } from './till.ts'

export function tillOf(shop: Shop, openVoucher: Merchant['openVoucher'], known: KnownKeys): Till {
  const { store, config, chain } = shop
  const redeeming = new Redeeming(shop, openVoucher)
  return {
    identify: presented => known.identify(presented),
    pay: async request => {
      const { key, amount, order } = request
      const drawn = drawPayment(shop)
      const intent = digestOf({ principal: principalOf(key, request.number), id: request.intent })
      const paid = await redeeming.redeem<TillPayment>(
        ...(['payment', request, {}] as const),
        async (tx, session) => {
          const paid = await payForShop(tx, shop, session, amount, { key, order, intent, ...drawn })
          if (paid.outcome === 'session-ended') return undefined
          return paid.outcome === 'paid' ? { ...paid, event: eventOf(drawn.payment) } : paid
        },
        (tx, asked) => recovered(tx, shop, request.number, asked, amount),
      )
      if (paid.outcome === 'paid') shop.wakeNotices()
      return paid
    },
    authorise: request => authorise(shop, redeeming, request),
    capture: request => captureOf(shop, request),
    release: request => releaseOf(shop, request),
    giveBack: request => giveBack(shop, request),
    end: request => endFor(shop, openVoucher, request),
    authorisation: request => standingOf(shop, request),
    payments: request => store.read(tx => madePayments(tx, config.id, chain, request)),
  }
}
