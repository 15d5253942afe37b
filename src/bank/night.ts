/** A bank's nightly work: close the business dates that are over, sign the ledger's head, go on
 * with what payees sent of their day's end, order what stock is short. */
import { type ClosedDate, closeDatesThatAreOver } from '../ledger/business-date.ts'
import { signAndKeepHead } from '../ledger/signed-heads.ts'
import { now, randomId } from '../runtime.ts'
import { type Branch, inCurrency } from './branch.ts'
import type { BankDayEnd } from './clearing/day-end.ts'
import { eraseConfirmations } from './confirmations/outbox.ts'
import { orderWhenLow } from './orders.ts'
import { onSale } from './private/payees.ts'

export async function nightly(branch: Branch, dayEnd: Pick<BankDayEnd, 'wake'>): Promise<readonly ClosedDate[]> {
  const { store, calendar, chain, keys, config } = branch
  const at = now(branch)
  const closed = await store.execute(tx => closeDatesThatAreOver(tx, calendar, chain, at))
  await signAndKeepHead(store, keys, { signer: config.id, chain, at })
  await store.execute(tx => branch.pinTries.forget(tx, at))
  await store.execute(tx => eraseConfirmations(tx, branch, at))
  dayEnd.wake()
  await replenish(branch)
  return closed
}

/** Orders every amount that is at or below the low-water mark. */
export async function replenish(branch: Branch): Promise<void> {
  const at = now(branch)
  for (const { id, minors } of onSale(branch)) {
    for (const minor of minors.toSorted((a, b) => (a < b ? -1 : 1))) {
      const amount = inCurrency(branch, minor)
      const order = { id: randomId(branch.runtime), at }
      await branch.store.execute(tx => orderWhenLow(tx, branch, id, amount, order))
    }
  }
  branch.mail.wake()
}
