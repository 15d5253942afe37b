/** What became of a voucher's request, by its intent: for a call that outlived the process that served it. */
import type { IntentId, VoucherNumber } from '../ids.ts'
import { decided } from '../store/once.ts'
import { endedAs, recoveredPayment } from './asked-for.ts'
import type { Beginning } from './information/information.ts'
import { endListening } from './information/listening.ts'
import type { Resolution } from './merchant.ts'
import type { DecidedChange } from './password.ts'
import type { DecidedPayment } from './payment.ts'
import type { Shop } from './shop.ts'

export async function resolve(
  shop: Shop,
  { intent: id, principal }: { intent: IntentId; principal: VoucherNumber },
): Promise<Resolution> {
  const { again, ended, before } = await shop.store.read(async tx => ({
    again: await recoveredPayment(tx, shop, principal, { principal, id }),
    ended: await endedAs(tx, shop, principal, { principal, id }),
    before: await decided(tx, shop.config.id, { principal, id }),
  }))
  if (again !== undefined) {
    const { amount, remaining, reference } = again
    return { outcome: 'done', kind: 'payment', amount, remaining, reference }
  }
  if (ended !== undefined) return { ...ended, outcome: 'done', kind: 'termination' }
  const { kind, outcome } = before ?? {}
  if (kind === 'payment') {
    const payment = outcome as DecidedPayment
    if (payment.outcome === 'paid') {
      const { amount, remaining, reference } = payment
      return { outcome: 'done', kind, amount, remaining, reference }
    }
  }
  if (kind === 'password-change' && (outcome as DecidedChange).outcome === 'changed') return { outcome: 'done', kind }
  if (kind === 'listening') {
    // Nobody plays it any more: what was begun is what it came to.
    const begun = outcome as Beginning
    const ended = begun.outcome === 'begun' ? await endListening(shop, begun.listening) : undefined
    if (ended !== undefined && ended.paid.minor > 0n) {
      const { paid: amount, remaining, reference } = ended
      return { outcome: 'done', kind, amount, remaining, reference }
    }
  }
  return { outcome: 'not-done' }
}
