/** Paying with an open voucher: one posting, at once and whole. */

import type { IntentId, VoucherNumber } from '../ids.ts'
import { isUnderReview } from '../institution/gap.ts'
import { steppedOnce } from '../invariant.ts'
import { balanceOf } from '../ledger/accounts.ts'
import { businessDate } from '../ledger/business-date.ts'
import { type AccountId, ownerOf } from '../ledger/chart.ts'
import { credit, debit, post } from '../ledger/post.ts'
import { nextReference } from '../ledger/reference.ts'
import { lineOf, type StatementLine, statement } from '../ledger/statement.ts'
import { compare, isPayable, type Money, subtract } from '../money.ts'
import { now, orderedId } from '../runtime.ts'
import { once } from '../store/once.ts'
import type { Tx } from '../store/store.ts'
import { digestOf, recovered } from './asked-for.ts'
import { untold } from './given-back.ts'
import type { FoundPayment, PastPayment, PastPayments, Payment, VoucherBalance, VoucherSession } from './merchant.ts'
import { inSession } from './register.ts'
import type { OpenSession } from './sessions.ts'
import { promiseOf, revenueFrom, type Shop } from './shop.ts'
import { notePayment, paidOrder } from './till/made-payments.ts'
import { writeNotice } from './till/notices.ts'
import type { ApiKey, OrderPaid } from './till/till.ts'

export type DecidedPayment = Exclude<Payment, { outcome: 'intent-reused' }>

/** A payment that a shop asked for, or whose order it signed. */
export interface OfShop {
  readonly key: ApiKey
  readonly order: string | undefined
}

/** What was drawn for a payment before its command, and the digest of the id under which it is asked for. */
interface Drawn {
  readonly payment: string
  readonly at: number
  readonly intent?: string
}

export const drawPayment = (shop: Shop): Drawn => ({ payment: orderedId(shop.runtime), at: now(shop) })

export async function pay(
  shop: Shop,
  request: { intent: IntentId; session: VoucherSession; amount: Money },
): Promise<Payment> {
  const { runtime, store, config, sessions } = shop
  const { intent: id, amount } = request
  const session = sessions.find(request.session)
  if (session === undefined) return { outcome: 'session-ended' }
  if (!isPayable(amount, config.currency)) return { outcome: 'refused-amount' }
  runtime.reached('pay.requested')
  const drawn = drawPayment(shop)
  const intent = {
    tenant: config.id,
    principal: session.number,
    id,
    kind: 'payment',
    request: { minor: amount.minor, asset: amount.asset.code, scale: amount.asset.scale },
  }
  const asked = { ...drawn, intent: digestOf(intent) }
  const paid = await store.execute(
    async tx =>
      (await recovered(tx, shop, session.number, intent, amount)) ??
      once<DecidedPayment>(tx, intent, () => decide(tx, shop, session, amount, asked)),
  )
  runtime.reached('pay.committed')
  return paid
}

async function decide(
  tx: Tx,
  shop: Shop,
  session: OpenSession,
  amount: Money,
  { payment, at, intent }: Drawn,
): Promise<DecidedPayment> {
  const { config, runtime, calendar } = shop
  const { number } = session
  const record = await inSession(tx, shop, session)
  if (record === undefined) return { outcome: 'session-ended' }
  const promise = promiseOf(number)
  if (await isUnderReview(tx, shop.house, promise)) return { outcome: 'under-review' }
  const { available } = await balanceOf(tx, promise, shop.chain)
  if (compare(available, amount) < 0) return { outcome: 'insufficient-value', remaining: available }

  const businessDay = await businessDate(tx, calendar, at)
  const reference = await nextReference(tx, config.id)
  const posted = await post(tx, {
    chain: shop.chain,
    id: eventOf(payment),
    at,
    businessDate: businessDay,
    kind: 'payment',
    reference,
    ...(intent !== undefined && { facts: intent }),
    entries: [debit(promise, amount), credit(revenueFrom(record.bank), amount)],
  })
  if (posted.outcome !== 'posted') throw new Error(`enough was left, and the posting was refused: ${posted.outcome}`)
  runtime.reached('pay.posted')
  await endWhenUsedUp(tx, shop, number)
  return { outcome: 'paid', amount, remaining: subtract(available, amount), reference }
}

/** As `decide`, and notes whose shop is to be told. An order that was paid before is not paid again. */
export async function payForShop(
  tx: Tx,
  shop: Shop,
  session: OpenSession,
  amount: Money,
  { key, order, ...drawn }: OfShop & Drawn,
): Promise<DecidedPayment | OrderPaid> {
  const { config } = shop
  const before = order === undefined ? undefined : await paidOrder(tx, shop, { key: key.id, order })
  if (before !== undefined) return { outcome: 'order-paid', reference: before }
  const paid = await decide(tx, shop, session, amount, drawn)
  if (paid.outcome !== 'paid') return paid
  const event = eventOf(drawn.payment)
  await notePayment(tx, config.id, { event, key, order })
  await writeNotice(tx, config.id, { id: drawn.payment, key, event, at: drawn.at })
  return paid
}

/** What was heard for money was paid for; so was what came again from a bank's file. */
const isPayment = ({ kind, reference, change }: Pick<StatementLine, 'kind' | 'reference' | 'change'>): boolean =>
  kind === 'payment' || kind === 'listening' || (kind === 'recovered' && reference !== '' && change.minor < 0n)

/** A payment's event in the journal. */
export const eventOf = (payment: string): string => `payment ${payment}`

/** What is held for a shop is not used up: a voucher ends when nothing is left of what it promised. */
export async function endWhenUsedUp(tx: Tx, shop: Shop, number: VoucherNumber): Promise<void> {
  const { posted } = await balanceOf(tx, promiseOf(number), shop.chain)
  if (posted.minor > 0n) return
  const spent = await tx.run(
    `UPDATE voucher SET state = 'exhausted'
     WHERE tenant = ? AND number = ? AND state IN ('active', 'locked', 'identity required')`,
    shop.config.id,
    number,
  )
  steppedOnce(spent, 'a voucher was spent that is worth nothing')
}

export async function balance(shop: Shop, session: VoucherSession): Promise<VoucherBalance> {
  const number = await living(shop, session)
  if (number === undefined) return { outcome: 'session-ended' }
  return shop.store.read(async tx => {
    const { available } = await balanceOf(tx, promiseOf(number), shop.chain)
    return { outcome: 'open', remaining: available, givenBack: await untold(tx, shop, number) }
  })
}

export async function isOpen(shop: Shop, session: VoucherSession): Promise<boolean> {
  return (await living(shop, session)) !== undefined
}

/** Newest first. */
export async function lastPayments(shop: Shop, session: VoucherSession, limit: number): Promise<PastPayments> {
  const number = await living(shop, session)
  if (number === undefined) return { outcome: 'session-ended' }
  // The oldest line of a voucher is its activation.
  const lines = await shop.store.read(tx => statement(tx, promiseOf(number), limit, shop.chain))
  const payments = lines.flatMap((line): PastPayment[] => {
    const { kind, at, change, reference } = line
    if (isPayment(line)) return [{ kind: 'payment', at, amount: { ...change, minor: -change.minor }, reference }]
    const isReversal = kind === 'reversal' || (kind === 'recovered' && reference !== '' && change.minor > 0n)
    return isReversal ? [{ kind: 'reversal', at, amount: change, reference }] : []
  })
  return { outcome: 'open', payments }
}

/** The newest, as references come again after a million payments. */
export async function findPayment(
  shop: Shop,
  { session, reference }: { session: VoucherSession; reference: string },
): Promise<FoundPayment> {
  const number = await living(shop, session)
  if (number === undefined) return { outcome: 'session-ended' }
  return shop.store.read(async tx => {
    const line = await lineOf(tx, promiseOf(number), reference, shop.chain)
    if (line === undefined || !isPayment(line)) return { outcome: 'not-found' }
    const { at, change } = line
    const { available } = await balanceOf(tx, promiseOf(number), shop.chain)
    const payment = { kind: 'payment' as const, at, amount: { ...change, minor: -change.minor }, reference }
    return { outcome: 'found', payment, remaining: available }
  })
}

/** The voucher's number. Undefined when it got another password or was ended since, or the call was long ago. */
async function living(shop: Shop, session: VoucherSession): Promise<VoucherNumber | undefined> {
  const open = shop.sessions.find(session)
  if (open === undefined) return undefined
  const record = await shop.store.read(tx => inSession(tx, shop, open))
  return record && open.number
}

/** After a loss was booked: a voucher is exhausted exactly when nothing is left of it. */
export async function followBalance(tx: Tx, shop: Shop, account: AccountId): Promise<void> {
  const { posted } = await balanceOf(tx, account, shop.chain)
  const change =
    posted.minor === 0n
      ? `UPDATE voucher SET state = 'exhausted' WHERE tenant = ? AND number = ?`
      : `UPDATE voucher SET state = 'active' WHERE tenant = ? AND number = ? AND state = 'exhausted'`
  await tx.run(change, shop.config.id, ownerOf(account))
}
