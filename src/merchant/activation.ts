/** A record becomes money: its bank has sold it. Accepted from the record's own bank only, for its own face, once. */

import { openAccount } from '../ledger/accounts.ts'
import { businessDate } from '../ledger/business-date.ts'
import { credit, debit, post } from '../ledger/post.ts'
import { accepted, refused, type Verdict } from '../mail/inbox.ts'
import type { Activation } from '../mail/messages.ts'
import type { LetterHandler } from '../mail/reception.ts'
import { now } from '../runtime.ts'
import { type AmountColumns, columnsOf } from '../store/amount-columns.ts'
import type { Tx } from '../store/store.ts'
import { dueFrom, promiseOf, type Shop } from './shop.ts'

export function activationTaking(shop: Shop): LetterHandler<'activation'> {
  return { judge: (tx, bank, activation) => activate(tx, shop, bank, activation) }
}

/** Told again of the same sale, by letter or by answer, it does nothing more. */
export async function activate(tx: Tx, shop: Shop, bank: string, activation: Activation): Promise<Verdict> {
  const { id: tenant, currency } = shop.config
  const { number, batch, serial, amount, sale } = activation
  const record = await tx.one<AmountColumns & { bank: string; batch: string; serial: bigint; sale: string | null }>(
    'SELECT bank, batch, serial, minor, asset, scale, sale FROM voucher WHERE tenant = ? AND number = ?',
    tenant,
    number,
  )
  const [minor, asset, scale] = columnsOf(amount)
  if (record === undefined || record.bank !== bank || record.batch !== batch || record.serial !== serial) {
    return refused('not a record of this bank')
  }
  if (record.minor !== minor || record.asset !== asset || record.scale !== scale) return refused('not its face')
  if (record.sale === sale) return accepted
  if (record.sale !== null) return refused('sold by another sale before')
  const elsewhere = await tx.one(
    'SELECT number FROM voucher WHERE tenant = ? AND bank = ? AND sale = ?',
    tenant,
    bank,
    sale,
  )
  if (elsewhere !== undefined) return refused('a sale of another record')

  const at = now(shop)
  const date = await businessDate(tx, shop.calendar, at)
  for (const account of [dueFrom(bank), promiseOf(number)]) {
    await openAccount(tx, { chain: shop.chain, account, asset: currency, at, businessDate: date })
  }
  const posted = await post(tx, {
    chain: shop.chain,
    id: `activation ${bank} ${sale}`,
    at,
    businessDate: date,
    kind: 'activation',
    entries: [debit(dueFrom(bank), amount), credit(promiseOf(number), amount)],
  })
  // The bank's debit cap is reached: it is told no, and people talk.
  if (posted.outcome !== 'posted') return refused(posted.outcome)
  await tx.run(
    `UPDATE voucher SET state = 'active', sale = ?, activated_at = ? WHERE tenant = ? AND number = ? AND state = 'issued'`,
    sale,
    BigInt(at),
    tenant,
    number,
  )
  // Whoever guessed at the number before it was sold has not used up the buyer's tries.
  await shop.passwordTries.clear(tx, number)
  return accepted
}
