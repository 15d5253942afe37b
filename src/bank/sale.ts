/**
 * Selling a voucher: one command takes the record from stock, moves the money from the buyer's deposit to the payee's
 * float, links the record to the buyer and writes the activation to the payee. Whatever happens after its commit, the
 * voucher is the buyer's and will be told.
 */

import type { InstitutionId } from '../ids.ts'
import { isUnderReview } from '../institution/gap.ts'
import { balanceOf } from '../ledger/accounts.ts'
import { businessDate } from '../ledger/business-date.ts'
import { credit, debit, post } from '../ledger/post.ts'
import { nextReference } from '../ledger/reference.ts'
import { isClosedTo } from '../mail/gate.ts'
import type { Money } from '../money.ts'
import { compare, isPayable } from '../money.ts'
import { now, orderedId, randomId } from '../runtime.ts'
import { once } from '../store/once.ts'
import type { Tx } from '../store/store.ts'
import { spendBy } from './allowances.ts'
import type { Sale, VoucherOrder } from './bank.ts'
import { isBlocked } from './blocks.ts'
import { type Branch, depositOf, floatOf, payeeOrFormer } from './branch.ts'
import { fitsCeiling } from './ceiling.ts'
import { confirmInWriting } from './confirmations/write.ts'
import { orderWhenLow } from './orders.ts'
import { peerOf, writeToPayee } from './private/letters.ts'
import { onSale } from './private/payees.ts'
import { nearestInStock, nextRecord, takeRecord } from './stock.ts'
import { NotLookedAt } from './stock-keys.ts'
import { soldRow, told } from './vouchers.ts'

/** What is stored for ever under the intent: ids and amounts, never the password. */
export type DecidedSale =
  | { readonly outcome: 'sold'; readonly sale: string; readonly payee: InstitutionId; readonly amount: Money }
  | Exclude<Sale, { outcome: 'sold' | 'already-confirmed' | 'intent-reused' }>

/** Drawn before the command, which may run more than once. */
interface Drawn {
  readonly at: number
  readonly sale: string
  readonly order: string
}

export async function sellVoucher(branch: Branch, order: VoucherOrder): Promise<Sale> {
  const { runtime, store, config, mail } = branch
  const { minor, asset } = order.amount
  if (!isPayable(order.amount, config.currency)) return { outcome: 'refused-amount' }
  runtime.reached('sale.requested')
  const drawn = { at: now(branch), sale: orderedId(runtime), order: randomId(runtime) }
  const intent = {
    tenant: config.id,
    principal: order.buyer,
    id: order.intent,
    kind: 'sale',
    request: { payee: order.payee, minor, asset: asset.code, scale: asset.scale },
  }
  const sell = () =>
    store.execute(async tx => {
      const decided = await once<DecidedSale>(tx, intent, () => decide(tx, branch, order, drawn))
      // Read here, where its pages are at hand: a query after the commit cost a tenth of a sale.
      const row = decided.outcome === 'sold' ? await soldRow(tx, branch, order.buyer, decided.sale) : undefined
      return { decided, row }
    })
  const { decided, row } = await onceLookedAt(branch, order, sell)
  runtime.reached('sale.committed')
  mail.wake()
  if (decided.outcome !== 'sold') return decided

  if (row === undefined) throw new Error('a sale that was decided is not in the sale history')
  const voucher = await told(branch, order.buyer, row)
  runtime.reached('sale.answered')
  return voucher.state === 'unconfirmed' ? { outcome: 'sold', voucher } : { outcome: 'already-confirmed', voucher }
}

/** Soon after a start it may come to records of which it is not known yet whether they have their key. */
async function onceLookedAt<O>(
  { stockKeys }: Branch,
  { payee, amount }: Pick<VoucherOrder, 'payee' | 'amount'>,
  sell: () => Promise<O>,
): Promise<O> {
  for (;;)
    try {
      return await sell()
    } catch (error) {
      if (!(error instanceof NotLookedAt)) throw error
      await stockKeys.ahead(payee, amount)
    }
}

async function decide(
  tx: Tx,
  branch: Branch,
  order: VoucherOrder,
  { at, sale, order: orderId }: Drawn,
): Promise<DecidedSale> {
  const { config, runtime } = branch
  const { buyer, payee, amount, channel } = order
  const tenant = config.id
  if (await isBlocked(tx, branch, buyer, 'account')) return { outcome: 'account-blocked' }
  if (await isUnderReview(tx, tenant, depositOf(buyer))) return { outcome: 'under-review' }
  if (await isClosedTo(tx, tenant, peerOf(branch, payee))) return { outcome: 'payee-out-of-reach' }
  const { available } = await balanceOf(tx, depositOf(buyer), branch.chain)
  if (compare(available, amount) < 0) return { outcome: 'insufficient-funds', balance: available }

  const date = await businessDate(tx, branch.calendar, at)
  const record = await nextRecord(tx, branch, payee, amount)
  if (record === undefined) {
    const isSold = onSale(branch).some(({ id, minors }) => id === payee && minors.includes(amount.minor))
    if (isSold) await orderWhenLow(tx, branch, payee, amount, { id: orderId, at })
    return { outcome: 'out-of-stock', nearest: await nearestInStock(tx, branch, payee, amount) }
  }
  if (!(await fitsCeiling(tx, branch, payee, amount))) return { outcome: 'payee-ceiling' }
  const spent = await spendBy(tx, branch, channel, buyer, amount, date)
  if (spent.outcome !== 'ok') return spent
  await takeRecord(tx, tenant, payee, record)
  runtime.reached('sale.stock-taken')

  const reference = await nextReference(tx, tenant)
  const posted = await post(tx, {
    chain: branch.chain,
    id: `sale ${sale}`,
    at,
    businessDate: date,
    kind: 'sale',
    reference,
    entries: [debit(depositOf(buyer), amount), credit(floatOf(payee), amount)],
  })
  if (posted.outcome !== 'posted')
    throw new Error(`the balance was enough, and the posting was refused: ${posted.outcome}`)
  const body = { sale, ...record, amount, soldAt: BigInt(at) }
  const letter = await writeToPayee(tx, branch, { to: payee, type: 'activation', body })
  await tx.run(
    `INSERT INTO sale (tenant, id, buyer, payee, batch, serial, posting, reference,
       letter_to, letter_epoch, letter_sequence, business_date, sold_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    tenant,
    sale,
    buyer,
    payee,
    record.batch,
    record.serial,
    posted.seq,
    reference,
    peerOf(branch, payee),
    letter.epoch,
    letter.sequence,
    date,
    BigInt(at),
  )
  const { name } = payeeOrFormer(branch, payee)
  await confirmInWriting(tx, branch, {
    ...{ id: `sale ${sale}`, account: buyer, kind: 'sale', at, amount, reference, payee: name },
  })
  await orderWhenLow(tx, branch, payee, amount, { id: orderId, at })
  return { outcome: 'sold', sale, payee, amount }
}
