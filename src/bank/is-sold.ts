/** Answers a payee that has not heard of a sale, after a password of the record was verified there. */

import type { InstitutionId, VoucherNumber } from '../ids.ts'
import type { Query, QueryAnswer } from '../mail/messages.ts'
import { type AmountColumns, amountOf } from '../store/amount-columns.ts'
import type { Branch } from './branch.ts'
import { payeeOfLetter } from './private/letters.ts'

/** A payee learns of its own records only. */
export async function isSold(
  branch: Branch,
  peer: InstitutionId,
  question: Query<'is-sold'>,
): Promise<QueryAnswer<'is-sold'>> {
  const { batch, serial } = question
  const sale = await branch.store.read(async tx => {
    const payee = await payeeOfLetter(tx, branch, peer, question.payee)
    if (payee === undefined) return undefined
    return tx.one<AmountColumns & { id: string; number: VoucherNumber; sold_at: bigint }>(
      `SELECT sale.id, number, minor, asset, scale, sold_at
       FROM sale JOIN stock ON stock.tenant = sale.tenant AND stock.payee = sale.payee
         AND stock.batch = sale.batch AND stock.serial = sale.serial
       WHERE sale.tenant = ? AND sale.payee = ? AND sale.batch = ? AND sale.serial = ?`,
      branch.config.id,
      payee,
      batch,
      serial,
    )
  })
  if (sale === undefined) return { sold: false }
  const { id, number, sold_at: soldAt } = sale
  return { sold: true, activation: { sale: id, batch, serial, number, amount: amountOf(sale), soldAt } }
}
