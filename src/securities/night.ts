/** A firm's nightly work: close the business dates that are over, sign the ledger's head, do what is due at the market. */
import { type ClosedDate, closeDatesThatAreOver } from '../ledger/business-date.ts'
import { signAndKeepHead } from '../ledger/signed-heads.ts'
import { now } from '../runtime.ts'
import type { Firm } from './firm.ts'

export async function nightly(firm: Firm): Promise<readonly ClosedDate[]> {
  const { store, calendar, chain, keys, config } = firm
  const at = now(firm)
  const closed = await store.execute(tx => closeDatesThatAreOver(tx, calendar, chain, at))
  await signAndKeepHead(store, keys, { signer: config.id, chain, at })
  firm.wakeMarket()
  firm.mail.wake()
  return closed
}
