/** A payee's nightly work: close the business dates that are over, sign the ledger's head, fill orders that are still open. */
import { type ClosedDate, closeDatesThatAreOver } from '../clearing/business-date.ts'
import { keepHead, signHead } from '../ledger/heads.ts'
import { headOf } from '../ledger/journal.ts'
import type { Press } from './press.ts'
import { now, type Shop } from './shop.ts'

export async function nightly(shop: Shop, press: Pick<Press, 'wake'>): Promise<readonly ClosedDate[]> {
  const { store, calendar, keys, config } = shop
  const at = now(shop)
  const closed = await store.execute(tx =>
    closeDatesThatAreOver(
      tx,
      calendar,
      {
        openedOn: async tx =>
          (await tx.one<{ date: string | null }>('SELECT min(business_date) AS date FROM journal'))?.date ?? undefined,
        headNow: tx => headOf(tx),
      },
      at,
    ),
  )
  const head = await store.read(tx => headOf(tx))
  const signed = await signHead(keys, config.id, head, at)
  await store.execute(tx => keepHead(tx, signed))
  press.wake()
  shop.post.wake()
  return closed
}
