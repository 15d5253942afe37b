/**
 * A shop's program gives back what it was paid, whole or in part: on the date of the payment to its voucher, as long as that
 * lives, and later to the account that bought the voucher. It names one of its own payments, and never where the money goes.
 */
import { businessDate } from '../../ledger/business-date.ts'
import { isPayable } from '../../money.ts'
import { now, orderedId } from '../../runtime.ts'
import { before, once } from '../../store/once.ts'
import { digestOf, doneAgain } from '../asked-for.ts'
import { refundPayment } from '../clearing/refund.ts'
import { paymentNamed } from '../paid.ts'
import { reverse } from '../reversal.ts'
import type { Shop } from '../shop.ts'
import { expectLive } from './api-keys.ts'
import { principalOf } from './redeem.ts'
import type { Returned, Returning } from './till.ts'

export async function giveBack(shop: Shop, request: Returning): Promise<Returned> {
  const { runtime, store, config, calendar } = shop
  const { key, intent, event, amount, reason } = request
  if (amount !== undefined && !isPayable(amount, config.currency)) return { outcome: 'refused-amount' }
  const drawn = { at: now(shop), id: orderedId(runtime) }
  return store.execute(async tx => {
    const payment = await paymentNamed(tx, shop, { event, key: key.id })
    if (payment === undefined) return { outcome: 'unknown-payment' }
    const intended = {
      ...{ tenant: config.id, principal: principalOf(key, payment.number), id: intent, kind: 'give-back' },
      request: { event, minor: amount?.minor, reason },
    }
    const done = await doneAgain(tx, shop, intended)
    if (done !== undefined) {
      if (amount !== undefined && amount.minor !== done.amount.minor) return { outcome: 'intent-reused' }
      const to = done.kind === 'reversal' ? 'voucher' : 'account'
      return { outcome: 'given-back', to, amount: done.amount, reference: done.reference }
    }
    const asked = await before<Returned>(tx, intended)
    if (asked !== undefined) return asked
    await expectLive(tx, config.id, key)
    const date = await businessDate(tx, calendar, drawn.at)
    const facts = digestOf(intended)
    const giving = { ...drawn, facts, date, amount, reason, clerk: `${key.name} ${key.id}` }
    const returned = await decide()
    // What is refused now may be done later, under the same id.
    return returned.outcome === 'given-back' ? once<Returned>(tx, intended, async () => returned) : returned

    async function decide(): Promise<Returned> {
      if (payment === undefined) return { outcome: 'unknown-payment' }
      if (payment.date === date) {
        const reversed = await reverse(tx, shop, payment, giving)
        if (reversed.outcome === 'voucher-dead') return { outcome: 'not-before-cut-off' }
        if (reversed.outcome === 'exceeds-payment') return reversed
        return { outcome: 'given-back', to: 'voucher', amount: reversed.amount, reference: reversed.reference }
      }
      const refunded = await refundPayment(tx, shop, payment, giving)
      switch (refunded.outcome) {
        case 'refunded':
          return { outcome: 'given-back', to: 'account', amount: refunded.amount, reference: refunded.reference }
        case 'exceeds-payments':
          return { outcome: 'exceeds-payment', left: refunded.left }
        case 'not-closed':
          return { outcome: 'not-before-cut-off' }
        case 'unknown-voucher':
          throw new Error(`a payment with a voucher that is in no register: ${payment.number}`)
      }
    }
  })
}
