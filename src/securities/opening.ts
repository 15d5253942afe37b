/** The books that a firm has before it has a customer: its own money at its bank, and its own shares in custody. */
import { accountExists, openAccount } from '../ledger/accounts.ts'
import { businessDate } from '../ledger/business-date.ts'
import type { AccountId } from '../ledger/chart.ts'
import { credit, debit, post } from '../ledger/post.ts'
import type { Money } from '../money.ts'
import { now } from '../runtime.ts'
import type { Tx } from '../store/store.ts'
import { establish } from '../store/tenants.ts'
import { cashAt, custodyOf, type Firm, houseCash, houseShares, inCurrency, sharesOf, type When } from './firm.ts'

/** Done again, it opens what the configuration has got since, and nothing more. */
export async function openBooks(firm: Firm): Promise<void> {
  const { store, config, calendar } = firm
  const at = now(firm)
  await store.execute(async tx => {
    await establish(tx, config.id)
    const when = { at, businessDate: await businessDate(tx, calendar, at) }
    await endow(tx, firm, cashAt(config.cards.collectsAt), houseCash, inCurrency(firm, config.capital), when)
    for (const { isin, shares } of config.securities) {
      const own = { minor: shares, asset: sharesOf(isin) }
      await endow(tx, firm, custodyOf(isin), houseShares(isin), own, when)
    }
  })
}

/** `has`: what the firm has, `own`: that it is its own. With what it begins with, once, wherever it has its account later. */
async function endow(
  tx: Tx,
  { chain }: Firm,
  has: AccountId,
  own: AccountId,
  amount: Money,
  when: When,
): Promise<void> {
  const isNew = !(await accountExists(tx, own, chain))
  for (const account of [has, own]) await openAccount(tx, { chain, account, asset: amount.asset, ...when })
  if (!isNew || amount.minor === 0n) return
  const entries = [debit(has, amount), credit(own, amount)]
  const posted = await post(tx, { chain, id: `opening ${has}`, ...when, kind: 'opening', entries })
  if (posted.outcome !== 'posted') throw new Error(`the books could not be opened: ${posted.outcome}`)
}
