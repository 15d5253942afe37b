/** A bank's nightly work: close the business dates that are over, sign the ledger's head, order what stock is short. */
import { type ClosedDate, closeDatesThatAreOver } from '../ledger/business-date.ts'
import { signAndKeepHead } from '../ledger/signed-heads.ts'
import { now, randomId } from '../runtime.ts'
import { type Branch, payeeOf } from './branch.ts'
import { orderWhenLow } from './orders.ts'

export async function nightly(branch: Branch): Promise<readonly ClosedDate[]> {
  const { store, calendar, chain, keys, config } = branch
  const at = now(branch)
  const closed = await store.execute(tx => closeDatesThatAreOver(tx, calendar, chain, at))
  await signAndKeepHead(store, keys, { signer: config.id, chain, at })
  await store.execute(tx => branch.pinTries.forget(tx, at))
  await replenish(branch)
  return closed
}

/** Orders every amount that is at or below the low-water mark. */
export async function replenish(branch: Branch): Promise<void> {
  const at = now(branch)
  for (const { id } of branch.config.payees) {
    for (const amount of payeeOf(branch, id)?.denominations ?? []) {
      const order = { id: randomId(branch.runtime), at }
      await branch.store.execute(tx => orderWhenLow(tx, branch, id, amount, order))
    }
  }
  branch.mail.wake()
}
