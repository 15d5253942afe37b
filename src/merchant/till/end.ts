/** A shop's program ends a voucher for its payer, who gave it number and password: what is left goes to the account that bought it. */
import { now } from '../../runtime.ts'
import { before, once } from '../../store/once.ts'
import type { ReadTx } from '../../store/store.ts'
import { digestOf, endedAs } from '../asked-for.ts'
import type { Merchant } from '../merchant.ts'
import type { Shop } from '../shop.ts'
import { decideTermination } from '../termination.ts'
import { expectLive } from './api-keys.ts'
import { principalOf } from './redeem.ts'
import type { Ended, Ending } from './till.ts'

export async function endFor(shop: Shop, openVoucher: Merchant['openVoucher'], request: Ending): Promise<Ended> {
  const { store, config, sessions } = shop
  const { key, intent, number, password } = request
  const intended = {
    ...{ tenant: config.id, principal: principalOf(key, number), id: intent, kind: 'termination', request: {} },
  }
  const decided = async (tx: ReadTx) => (await before<Ended>(tx, intended)) ?? endedAs(tx, shop, number, intended)
  const asked = await store.read(decided)
  if (asked !== undefined) return asked
  const opening = await openVoucher({ number, password, origin: { channel: 'shop', key: key.id } })
  // The same request, sent twice, may have ended it meanwhile.
  if (opening.outcome !== 'open') return (await store.read(decided)) ?? opening
  const session = sessions.find(opening.session)
  if (session === undefined) return { outcome: 'refused' }
  try {
    const at = now(shop)
    return await store.execute(async tx => {
      const known = await decided(tx)
      if (known !== undefined) return known
      await expectLive(tx, config.id, key)
      const ended = await decideTermination(tx, shop, session, { at, facts: digestOf(intended) })
      if (ended.outcome === 'session-ended') return { outcome: 'refused' } as const
      return ended.outcome === 'ended' ? once<Ended>(tx, intended, async () => ended) : ended
    })
  } finally {
    sessions.end(opening.session)
  }
}
