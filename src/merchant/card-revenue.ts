/**
 * What cards paid, in the payee's own books: one posting for each payment, in the command that takes the word of the card's bank. The
 * money is on the payee's account at the bank that the card's order named, and no day end clears it.
 */
import { takenPayment, underState } from '../card-receiver/payments.ts'
import type { TakenPayment } from '../card-receiver/receiver.ts'
import type { Total } from '../clearing/header.ts'
import type { InstitutionId } from '../ids.ts'
import { InvariantBroken } from '../invariant.ts'
import { openAccount } from '../ledger/accounts.ts'
import { businessDate } from '../ledger/business-date.ts'
import { type AccountId, accountId } from '../ledger/chart.ts'
import { credit, debit, post } from '../ledger/post.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { Shop } from './shop.ts'

/** On the payee's own account there. */
export const collectedAt = (bank: InstitutionId): AccountId => accountId('collected-at-bank', bank)
/** Bought with cards of this bank. */
export const cardRevenueFrom = (issuer: InstitutionId): AccountId => accountId('card-revenue', issuer)

type Books = Pick<Shop, 'config' | 'chain' | 'calendar'>

export async function postCardPayment(
  tx: Tx,
  { chain, calendar }: Books,
  { id, order, issuer, amount, reference }: TakenPayment,
  at: number,
): Promise<void> {
  if (!('payee' in order)) throw new InvariantBroken('a card paid by an order that names no payee', id)
  const when = { at, businessDate: await businessDate(tx, calendar, at) }
  const [collected, earned] = [collectedAt(order.payee.bank), cardRevenueFrom(issuer)]
  for (const account of [collected, earned]) await openAccount(tx, { chain, account, asset: amount.asset, ...when })
  const posted = await post(tx, {
    ...{ chain, id: `card-payment ${id}`, kind: 'card-payment', reference, ...when },
    entries: [debit(collected, amount), credit(earned, amount)],
  })
  if (posted.outcome !== 'posted') throw new InvariantBroken('what a card paid could not be posted', id)
}

/** What cards paid to this bank on that business date. */
export async function collectedOn(
  tx: ReadTx,
  { chain }: Pick<Shop, 'chain'>,
  { bank, date }: { readonly bank: InstitutionId; readonly date: string },
): Promise<Total> {
  // From the first row of the date to its last, by the account: others' rows are not read.
  const found = await tx.one<{ count: bigint; minor: bigint }>(
    `SELECT count(*) AS count, coalesce(sum(entry.minor), 0) AS minor
     FROM entry INDEXED BY entry_by_account JOIN journal ON journal.chain = entry.chain AND journal.seq = entry.seq
     WHERE entry.chain = ? AND entry.account = ? AND side = 'debit' AND kind = 'card-payment' AND business_date = ?
       AND entry.seq BETWEEN (SELECT min(seq) FROM journal WHERE chain = ? AND business_date = ?)
         AND (SELECT max(seq) FROM journal WHERE chain = ? AND business_date = ?)`,
    ...[chain, collectedAt(bank), date, chain, date, chain, date],
  )
  return found ?? { count: 0n, minor: 0n }
}

/**
 * At start, before a letter is taken: what was paid in books that did not post it yet, all in one command. The first posting opens the
 * accounts, so that a book that has them has posted everything.
 */
export async function postEarlierCardPayments(tx: Tx, shop: Books, at: number): Promise<void> {
  if (await hasPosted(tx, shop)) return
  for (const row of await underState(tx, shop.config, 'paid')) await postCardPayment(tx, shop, takenPayment(row), at)
}

async function hasPosted(tx: ReadTx, { chain }: Pick<Shop, 'chain'>): Promise<boolean> {
  const account = await tx.one(
    `SELECT id FROM account WHERE chain = ? AND id >= 'card-revenue:' AND id < 'card-revenue;' LIMIT 1`,
    chain,
  )
  return account !== undefined
}
