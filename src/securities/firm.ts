/** What every part of a running securities firm works with. Made once by `start`; there is no other state. */
import type { Isin } from '../card/numbers.ts'
import type { CardReceiver } from '../card-receiver/receiver.ts'
import type { AccountNumber, InstitutionId } from '../ids.ts'
import type { KeyStore } from '../keys/keys.ts'
import { openAccount } from '../ledger/accounts.ts'
import type { Calendar } from '../ledger/business-date.ts'
import { type AccountId, accountId } from '../ledger/chart.ts'
import type { Mail, Troubled } from '../mail/mail.ts'
import type { Asset, Money } from '../money.ts'
import type { Runtime } from '../runtime.ts'
import type { Store, Tx } from '../store/store.ts'
import type { Listed, SecuritiesConfig } from './config.ts'

export interface Firm {
  readonly config: SecuritiesConfig
  readonly runtime: Runtime
  readonly store: Store
  readonly keys: KeyStore
  readonly calendar: Calendar
  /** Of its books: every operation of the ledger names it. */
  readonly chain: string
  readonly mail: Pick<Mail, 'wake' | 'ask'>
  /** What it asks cards to sign, and what of it other institutions act on. */
  readonly receiver: CardReceiver
  /** There is another order or trade: something may be due earlier. */
  wakeMarket(): void
  readonly troubled: Troubled
}

/** An instant, and the business date to which it belongs. */
export interface When {
  readonly at: number
  readonly businessDate: string
}

/** What the firm has on its account at a bank. */
export const cashAt = (bank: InstitutionId): AccountId => accountId('cash-at-bank', bank)
export const custodyOf = (isin: Isin): AccountId => accountId('custody', isin)
/** Taken from customers' cash; the bank has not said yet that it was paid out. */
export const payingOut = accountId('paying-out')
export const houseCash = accountId('house-cash')
export const houseShares = (isin: Isin): AccountId => accountId('house-shares', isin)
/** A customer is known by the account at their bank that their card is for. */
export const clientCash = (account: AccountNumber): AccountId => accountId('client-cash', account)
export const clientShares = (account: AccountNumber, isin: Isin): AccountId => accountId('client-shares', account, isin)
/** What of the customer's trades is to be paid when they are settled, by the customer or to them. */
export const unsettledCash = (account: AccountNumber): AccountId => accountId('unsettled-cash', account)
/** What of the customer's trades is to be delivered when they are settled, by the customer or to them. */
export const unsettledShares = (account: AccountNumber, isin: Isin): AccountId =>
  accountId('unsettled-shares', account, isin)

export function inCurrency({ config }: Pick<Firm, 'config'>, minor: bigint): Money {
  return { minor, asset: config.currency }
}

/** Whole shares: a security is an asset whose code is its ISIN. */
export const sharesOf = (isin: Isin): Asset => ({ code: isin, scale: 0 })

export function listed({ config }: Pick<Firm, 'config'>, isin: string): Listed | undefined {
  return config.securities.find(each => each.isin === isin)
}

/** The accounts of a customer's cash. Done again, it does nothing more. */
export async function openCash(tx: Tx, { chain, config }: Firm, account: AccountNumber, when: When): Promise<void> {
  for (const each of [clientCash(account), unsettledCash(account)])
    await openAccount(tx, { chain, account: each, asset: config.currency, ...when })
}

/** The accounts of what a customer has of one security. Done again, it does nothing more. */
export async function openShares(
  tx: Tx,
  { chain }: Firm,
  account: AccountNumber,
  isin: Isin,
  when: When,
): Promise<void> {
  for (const each of [clientShares(account, isin), unsettledShares(account, isin)])
    await openAccount(tx, { chain, account: each, asset: sharesOf(isin), ...when })
}
