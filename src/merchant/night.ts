/**
 * A payee's nightly work: close the business dates that are over, sign the ledger's head, settle with its banks, fill orders
 * that are still open, activate what waits for room.
 */
import { type ClosedDate, closeDatesThatAreOver } from '../ledger/business-date.ts'
import { signAndKeepHead } from '../ledger/signed-heads.ts'
import { now } from '../runtime.ts'
import { reviewCeilings } from './activation.ts'
import type { PayeeDayEnd } from './clearing/day-end.ts'
import type { Press } from './press.ts'
import type { Shop } from './shop.ts'

export async function nightly(
  shop: Shop,
  press: Pick<Press, 'wake'>,
  dayEnd: Pick<PayeeDayEnd, 'resume'>,
): Promise<readonly ClosedDate[]> {
  const { store, calendar, chain, keys, house } = shop
  const at = now(shop)
  const closed = await store.execute(tx => closeDatesThatAreOver(tx, calendar, chain, at))
  await signAndKeepHead(store, keys, { signer: house, chain, at })
  await reviewCeilings(shop)
  dayEnd.resume()
  press.wake()
  shop.mail.wake()
  return closed
}
