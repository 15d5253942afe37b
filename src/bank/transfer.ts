/** Transfers: between two accounts of this bank at once, to one of another bank by letter (`interbank/send.ts`). */

import type { AccountNumber } from '../ids.ts'
import { isUnderReview } from '../institution/gap.ts'
import { balanceOf } from '../ledger/accounts.ts'
import { businessDate } from '../ledger/business-date.ts'
import { credit, debit, post } from '../ledger/post.ts'
import { nextReference } from '../ledger/reference.ts'
import { compare, isPayable, type Money, subtract } from '../money.ts'
import { now, orderedId } from '../runtime.ts'
import { once } from '../store/once.ts'
import type { Tx } from '../store/store.ts'
import type { Transfer, TransferOrder } from './bank.ts'
import { isBlocked } from './blocks.ts'
import { type Branch, depositOf } from './branch.ts'
import { customerOf } from './customers.ts'
import { bankOfAccount } from './interbank/correspondents.ts'
import { refusalOfBank, type SentTransfer, send, untilEnded } from './interbank/send.ts'
import { spendBy } from './sale.ts'

export type DecidedTransfer =
  | (Extract<Transfer, { outcome: 'transferred' }> & { readonly to: AccountNumber; readonly amount: Money })
  | SentTransfer
  | Exclude<Transfer, { outcome: 'transferred' | 'pending' | 'came-back' | 'intent-reused' }>

export async function transfer(branch: Branch, order: TransferOrder): Promise<Transfer> {
  const { runtime, store, config, mail } = branch
  const { minor, asset } = order.amount
  if (!isPayable(order.amount, config.currency)) return { outcome: 'refused-amount' }
  runtime.reached('transfer.requested')
  const at = now(branch)
  const id = orderedId(runtime)
  const intent = {
    tenant: config.id,
    principal: order.from,
    id: order.intent,
    kind: 'transfer',
    request: { to: order.to, minor, asset: asset.code, scale: asset.scale },
  }
  const decided = await store.execute(tx => once<DecidedTransfer>(tx, intent, () => decide(tx, branch, order, id, at)))
  runtime.reached('transfer.committed')
  if (decided.outcome === 'sent') {
    mail.wake()
    return untilEnded(branch, decided)
  }
  if (decided.outcome !== 'transferred') return decided
  const { outcome, reference, balance } = decided
  return { outcome, reference, balance }
}

async function decide(tx: Tx, branch: Branch, order: TransferOrder, id: string, at: number): Promise<DecidedTransfer> {
  const { from, to, amount, channel } = order
  const tenant = branch.config.id
  if (await isBlocked(tx, branch, from, 'account')) return { outcome: 'account-blocked' }
  if (await isUnderReview(tx, tenant, depositOf(from))) return { outcome: 'under-review' }
  if (from === to) return { outcome: 'same-account' }
  const bank = (await customerOf(tx, tenant, to)) === undefined ? bankOfAccount(branch, to) : 'ours'
  if (bank === undefined) return { outcome: 'unknown-account' }
  const { available } = await balanceOf(tx, depositOf(from), branch.chain)
  if (compare(available, amount) < 0) return { outcome: 'insufficient-funds', balance: available }
  const refused = bank === 'ours' ? undefined : await refusalOfBank(tx, branch, bank, amount)
  if (refused !== undefined) return refused
  const date = await businessDate(tx, branch.calendar, at)
  const spent = await spendBy(tx, branch, channel, from, amount, date)
  if (spent.outcome === 'limit-exceeded') return spent
  const reference = await nextReference(tx, tenant)
  if (bank !== 'ours') {
    const { counted } = spent
    return send(tx, branch, order, { bank, id, at, date, reference, available, counted })
  }
  const posted = await post(tx, {
    chain: branch.chain,
    id: `transfer ${id}`,
    at,
    businessDate: date,
    kind: 'transfer',
    reference,
    entries: [debit(depositOf(from), amount), credit(depositOf(to), amount)],
  })
  if (posted.outcome !== 'posted')
    throw new Error(`the balance was enough, and the posting was refused: ${posted.outcome}`)
  return { outcome: 'transferred', reference, balance: subtract(available, amount), to, amount }
}
