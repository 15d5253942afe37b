/** A shop's program ends a voucher for its payer, who gave it number and password: what is left goes to the account that bought it. */
import { now } from '../../runtime.ts'
import { before, once } from '../../store/once.ts'
import type { Merchant } from '../merchant.ts'
import type { Shop } from '../shop.ts'
import { decideTermination } from '../termination.ts'
import { principalOf } from './redeem.ts'
import type { Ended, Ending } from './till.ts'

export async function endFor(shop: Shop, openVoucher: Merchant['openVoucher'], request: Ending): Promise<Ended> {
  const { store, config, sessions } = shop
  const { key, intent, number, password } = request
  const intended = {
    ...{ tenant: config.id, principal: principalOf(key, number), id: intent, kind: 'termination', request: {} },
  }
  const asked = await store.read(tx => before<Ended>(tx, intended))
  if (asked !== undefined) return asked
  const opening = await openVoucher({ number, password, origin: { channel: 'shop', key: key.id } })
  if (opening.outcome !== 'open') return opening
  const session = sessions.find(opening.session)
  if (session === undefined) return { outcome: 'refused' }
  try {
    const at = now(shop)
    return await store.execute(async tx => {
      const decided = await before<Ended>(tx, intended)
      if (decided !== undefined) return decided
      const ended = await decideTermination(tx, shop, session, at)
      if (ended.outcome === 'session-ended') return { outcome: 'refused' } as const
      return ended.outcome === 'ended' ? once<Ended>(tx, intended, async () => ended) : ended
    })
  } finally {
    sessions.end(opening.session)
  }
}
