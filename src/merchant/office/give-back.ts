/** Somebody in the office gives a payment back, by the same edges as a command, with their signature kept in the same commit. */
import { liveOf, people } from '../../keys/people.ts'
import { now } from '../../runtime.ts'
import type { Tx } from '../../store/store.ts'
import { type CardRefund, refundCard } from '../clearing/card-refund.ts'
import { type Refund, refund } from '../clearing/refund.ts'
import { type Reversal, reversePayment } from '../reversal.ts'
import type { Shop } from '../shop.ts'
import { type Act, type ActOf, actIn, keepAct, NotSigned, type SignedAct } from './act.ts'

export type GivenBackByPerson = Reversal | Refund | CardRefund | { readonly outcome: 'not-signed' }

type GivingBack = ActOf<'reverse' | 'refund' | 'refund-card'>

const isGivingBack = (act: Act): act is GivingBack => 'minor' in act.request

export async function giveBackByPerson(shop: Shop, signed: SignedAct): Promise<GivenBackByPerson> {
  const { store, config } = shop
  const act = actIn(signed, config.id, now(shop))
  const person = act && liveOf(await store.read(tx => people(tx, config.id)), act.person)
  if (act === undefined || person === undefined || !isGivingBack(act)) return { outcome: 'not-signed' }
  try {
    return await carriedOut(shop, act, person.name, signed)
  } catch (failure) {
    if (failure instanceof NotSigned) return { outcome: 'not-signed' }
    throw failure
  }
}

/** References come again: what is given back is of the date that was signed. @throws NotSigned */
async function expectDate(tx: Tx, { config, chain }: Shop, posting: bigint, date: string): Promise<void> {
  const paid = await tx.one<{ date: string }>(
    `SELECT business_date AS date FROM reversal JOIN journal ON journal.chain = ? AND journal.seq = payment
     WHERE tenant = ? AND posting = ?`,
    ...[chain, config.id, posting],
  )
  if (paid?.date !== date) throw new NotSigned('another date was signed')
}

function carriedOut(shop: Shop, act: GivingBack, clerk: string, signed: SignedAct): Promise<GivenBackByPerson> {
  const { intent, minor } = act.request
  const asked = {
    ...{ intent, amount: { minor, asset: shop.config.currency }, clerk, reason: act.why },
    also: async (tx: Tx, posting: bigint) => {
      if (act.kind === 'reverse') await expectDate(tx, shop, posting, act.request.date)
      await keepAct(tx, act, signed, posting)
    },
  }
  switch (act.kind) {
    case 'reverse':
      return reversePayment(shop, { ...asked, reference: act.request.reference })
    case 'refund':
      return refund(shop, { ...asked, of: { reference: act.request.reference, date: act.request.date } })
    case 'refund-card':
      return refundCard(shop, { ...asked, payment: act.request.payment })
  }
}
