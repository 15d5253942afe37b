/**
 * Transfers: between two accounts of this bank at once, to one of another bank by letter (`interbank/send.ts`). Their holder's
 * PIN stands for them, or what their card signed (`cards/pay.ts`).
 */

import type { AccountNumber } from '../ids.ts'
import { isUnderReview } from '../institution/gap.ts'
import { balanceOf } from '../ledger/accounts.ts'
import { businessDate } from '../ledger/business-date.ts'
import { credit, debit, post } from '../ledger/post.ts'
import { nextReference } from '../ledger/reference.ts'
import { compare, isPayable, type Money, subtract } from '../money.ts'
import { now, orderedId } from '../runtime.ts'
import { once } from '../store/once.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { type SpentBy, spendBy } from './allowances.ts'
import type { Transfer, TransferOrder } from './bank.ts'
import { isBlocked } from './blocks.ts'
import { type Branch, depositOf } from './branch.ts'
import type { Correspondent } from './config.ts'
import { confirmInWriting, endingOf } from './confirmations/write.ts'
import { customerOf } from './customers.ts'
import { bankOfAccount } from './interbank/correspondents.ts'
import { refusalOfBank, type SentTransfer, send, untilEnded } from './interbank/send.ts'

export type DecidedTransfer =
  | (Extract<Transfer, { outcome: 'transferred' }> & { readonly to: AccountNumber; readonly amount: Money })
  | SentTransfer
  | Exclude<Transfer, { outcome: 'transferred' | 'pending' | 'came-back' | 'intent-reused' }>

export async function transfer(branch: Branch, order: TransferOrder): Promise<Transfer> {
  const { runtime, store, config } = branch
  const { minor, asset } = order.amount
  if (!isPayable(order.amount, config.currency)) return { outcome: 'refused-amount' }
  runtime.reached('transfer.requested')
  const drawn = { at: now(branch), id: orderedId(runtime) }
  const intent = {
    tenant: config.id,
    principal: order.from,
    id: order.intent,
    kind: 'transfer',
    request: { to: order.to, minor, asset: asset.code, scale: asset.scale },
  }
  const decided = await store.execute(tx =>
    once<DecidedTransfer>(tx, intent, () =>
      decideTransfer(tx, branch, order, drawn, date =>
        spendBy(tx, branch, order.channel, order.from, order.amount, date),
      ),
    ),
  )
  runtime.reached('transfer.committed')
  return toldTransfer(branch, decided)
}

/** What its sender is told of it, after the commit. */
export async function toldTransfer(
  branch: Branch,
  decided: DecidedTransfer | { readonly outcome: 'intent-reused' },
): Promise<Transfer> {
  if (decided.outcome === 'sent') {
    branch.mail.wake()
    return untilEnded(branch, decided)
  }
  if (decided.outcome !== 'transferred') return decided
  const { outcome, reference, balance } = decided
  return { outcome, reference, balance }
}

/** Where money may go from an account, before it is looked at whether it may leave: `bank` is where it goes to. */
export type Transferable =
  | { readonly outcome: 'fit'; readonly available: Money; readonly bank: 'ours' | Correspondent }
  | Extract<
      Transfer,
      {
        outcome:
          | 'account-blocked'
          | 'under-review'
          | 'same-account'
          | 'unknown-account'
          | 'insufficient-funds'
          | 'bank-out-of-reach'
          | 'bank-cap'
      }
    >

export async function transferable(
  tx: ReadTx,
  branch: Branch,
  { from, to, amount }: Pick<TransferOrder, 'from' | 'to' | 'amount'>,
): Promise<Transferable> {
  const tenant = branch.config.id
  if (await isBlocked(tx, branch, from, 'account')) return { outcome: 'account-blocked' }
  if (await isUnderReview(tx, tenant, depositOf(from))) return { outcome: 'under-review' }
  if (from === to) return { outcome: 'same-account' }
  const bank = (await customerOf(tx, tenant, to)) === undefined ? bankOfAccount(branch, to) : 'ours'
  if (bank === undefined) return { outcome: 'unknown-account' }
  const { available } = await balanceOf(tx, depositOf(from), branch.chain)
  if (compare(available, amount) < 0) return { outcome: 'insufficient-funds', balance: available }
  const refused = bank === 'ours' ? undefined : await refusalOfBank(tx, branch, bank, amount)
  return refused ?? { outcome: 'fit', available, bank }
}

/** `drawn`: before the command, which may run more than once. `spend`: counts it against what may leave on that business date. */
export async function decideTransfer(
  tx: Tx,
  branch: Branch,
  order: TransferOrder & { readonly isByCard?: boolean },
  { at, id }: { readonly at: number; readonly id: string },
  spend: (date: string) => Promise<SpentBy>,
): Promise<DecidedTransfer> {
  const { from, to, amount } = order
  const fits = await transferable(tx, branch, order)
  if (fits.outcome !== 'fit') return fits
  const { available, bank } = fits
  const date = await businessDate(tx, branch.calendar, at)
  const spent = await spend(date)
  if (spent.outcome !== 'ok') return spent
  const reference = await nextReference(tx, branch.config.id)
  const told = { at, amount, reference }
  const kind = order.isByCard === true ? 'card-payment' : 'transfer-out'
  await confirmInWriting(tx, branch, { ...told, id: `transfer ${id} from`, account: from, kind, ending: endingOf(to) })
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
  await confirmInWriting(tx, branch, { ...told, id: `transfer ${id} to`, account: to, kind: 'transfer-in' })
  return { outcome: 'transferred', reference, balance: subtract(available, amount), to, amount }
}
