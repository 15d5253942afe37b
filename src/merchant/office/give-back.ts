/** Somebody in the office gives a payment back, by the same edges as a command, with their signature kept in the same commit. */
import { liveOf, people } from '../../keys/people.ts'
import { now } from '../../runtime.ts'
import { type Refund, refund } from '../clearing/refund.ts'
import { type Reversal, reversePayment } from '../reversal.ts'
import type { Shop } from '../shop.ts'
import { actIn, keepAct, NotSigned, type SignedAct } from './act.ts'

export type GivenBackByPerson = Reversal | Refund | { readonly outcome: 'not-signed' }

export async function giveBackByPerson(shop: Shop, signed: SignedAct): Promise<GivenBackByPerson> {
  const { store, config } = shop
  const act = actIn(signed, config.id, now(shop))
  const person = act && liveOf(await store.read(tx => people(tx, config.id)), act.person)
  if (act === undefined || person === undefined) return { outcome: 'not-signed' }
  const { intent, reference, date, minor } = act.request
  const asked = {
    ...{ intent, amount: { minor, asset: config.currency }, clerk: person.name, reason: act.why },
    also: (tx: Parameters<typeof keepAct>[0], posting: bigint) => keepAct(tx, act, signed, posting),
  }
  try {
    return act.kind === 'reverse'
      ? await reversePayment(shop, { ...asked, reference })
      : await refund(shop, { ...asked, of: { reference, date } })
  } catch (failure) {
    if (failure instanceof NotSigned) return { outcome: 'not-signed' }
    throw failure
  }
}
