/** What the till says, as the API and webhooks write it: amounts in minor units, instants in UTC. */
import type { Static } from 'typebox'
import type { MadePayment as Made } from '../../merchant/till/till.ts'
import type { Money } from '../../money.ts'
import type { MadePayment } from './shapes.ts'

export function paymentOf({ event, at, amount, reference, voucherEnding, order }: Made): Static<typeof MadePayment> {
  return {
    ...{ id: idOf(event), at: instantOf(at), ...written(amount), reference, voucher_ending: voucherEnding },
    ...(order !== undefined && { order }),
  }
}

export const written = ({ minor, asset }: Money) => ({ amount: Number(minor), currency: asset.code })

/** A payment's id to programs is the part of its event that was drawn. */
export const idOf = (event: string): string => event.replace('payment ', '')
export const eventOf = (id: string): string => `payment ${id}`

/** RFC 3339 in UTC: `2026-11-22T02:00:00Z`. */
export function instantOf(at: number): string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: 'UTC', dateStyle: 'short', timeStyle: 'medium' })
  return `${format.format(at).replace(' ', 'T')}Z`
}
