/** "For fifty yuan at Lantern Books again, press 1": what a customer bought last, if it can be bought again. */
import type { AccountNumber, InstitutionId } from '../ids.ts'
import { compare } from '../money.ts'
import { type AmountColumns, amountOf } from '../store/amount-columns.ts'
import type { OnSale } from './bank.ts'
import { type Branch, payeeOf } from './branch.ts'
import { onSale } from './private/payees.ts'

export async function lastBought(branch: Branch, buyer: AccountNumber): Promise<OnSale | undefined> {
  const row = await branch.store.read(tx =>
    tx.one<AmountColumns & { readonly payee: InstitutionId }>(
      `SELECT sale.payee, minor, asset, scale
       FROM sale JOIN stock ON stock.tenant = sale.tenant AND stock.payee = sale.payee
         AND stock.batch = sale.batch AND stock.serial = sale.serial
       WHERE sale.tenant = ? AND sale.buyer = ? ORDER BY posting DESC LIMIT 1`,
      branch.config.id,
      buyer,
    ),
  )
  if (row === undefined || !onSale(branch).some(({ id }) => id === row.payee)) return undefined
  const payee = payeeOf(branch, row.payee)
  const amount = amountOf(row)
  return payee?.denominations.some(offered => compare(offered, amount) === 0) ? { payee, amount } : undefined
}
