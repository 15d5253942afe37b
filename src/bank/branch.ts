/** What every part of a running bank works with. Made once by `start`; there is no other state. */

import type { AccountNumber, InstitutionId } from '../ids.ts'
import type { KeysElsewhere } from '../institution/keys-elsewhere.ts'
import type { KeyStore } from '../keys/keys.ts'
import type { OriginTries } from '../keys/origin-tries.ts'
import type { RecordKeys } from '../keys/record-keys.ts'
import type { Tries } from '../keys/tries.ts'
import type { Verifiers } from '../keys/verifiers.ts'
import type { Calendar } from '../ledger/business-date.ts'
import { type AccountId, accountId } from '../ledger/chart.ts'
import type { Mail, Troubled } from '../mail/mail.ts'
import type { Money } from '../money.ts'
import type { Runtime } from '../runtime.ts'
import type { Store } from '../store/store.ts'
import type { Payee } from './bank.ts'
import type { BankConfig } from './config.ts'
import type { ReadBacks } from './interbank/read-backs.ts'
import type { PrivatePayees } from './private/book.ts'
import type { StockKeys } from './stock-keys.ts'

export interface Branch {
  readonly config: BankConfig
  readonly runtime: Runtime
  readonly store: Store
  readonly keys: KeyStore
  /** The keys of the vouchers' passwords, outside the database and its backups. */
  readonly recordKeys: RecordKeys
  /** Where another machine has them too. */
  readonly elsewhere?: KeysElsewhere | undefined
  /** Which records of the stock are known to have theirs. */
  readonly stockKeys: StockKeys
  readonly verifiers: Verifiers
  readonly pinTries: OriginTries
  /** Of personal passwords, by card. */
  readonly cardPasswordTries: Tries
  readonly calendar: Calendar
  /** Of its books: every operation of the ledger names it. */
  readonly chain: string
  /** Wakes the mail after a commit that may have written letters. */
  readonly mail: Pick<Mail, 'wake' | 'ask'>
  /** Whose accounts of other banks were asked for. */
  readonly readBacks: ReadBacks
  /** Customers who are payees. */
  readonly privatePayees: PrivatePayees
  /** Told what went wrong where nobody waits. */
  readonly troubled: Troubled
}

export const vault = accountId('vault')
export const depositOf = (account: AccountNumber): AccountId => accountId('deposit', account)
export const feeIncome = accountId('fee-income')
/** Money whose owner's account is closed, until people have found out. */
export const suspense = accountId('suspense')
/** What was cleared for the payee and not paid out. */
export const settlementOf = (payee: InstitutionId): AccountId => accountId('settlement', payee)
/** What a day-end file of the payee gives back, on its way to the buyers. */
export const returningTo = (payee: InstitutionId): AccountId => accountId('returning', payee)
export const floatOf = (payee: InstitutionId): AccountId => accountId('float', payee)

/** Taken from customers for accounts at the other bank, and not credited there yet. */
export const sendingTo = (bank: InstitutionId): AccountId => accountId('sending-to-bank', bank)
/** Credited by the other bank to its customers for ours. */
export const dueTo = (bank: InstitutionId): AccountId => accountId('due-to-bank', bank)
/** Credited here to customers for those of the other bank. */
export const dueFrom = (bank: InstitutionId): AccountId => accountId('due-from-bank', bank)
/** What another bank credited for us and nothing of ours was on its way for: people find out why. */
export const suspenseOf = (bank: InstitutionId): AccountId => accountId('suspense', bank)

export function inCurrency(branch: Pick<Branch, 'config'>, minor: bigint): Money {
  return { minor, asset: branch.config.currency }
}

export function payeeOf(branch: Pick<Branch, 'config' | 'privatePayees'>, id: InstitutionId): Payee | undefined {
  const { config, privatePayees } = branch
  const hosted = privatePayees.of(id)
  const found =
    hosted === undefined
      ? config.payees.find(payee => payee.id === id)
      : { ...hosted, id, denominations: config.host?.denominations ?? [] }
  return (
    found && {
      id: found.id,
      number: found.number,
      name: found.name,
      denominations: [...found.denominations].sort((a, b) => (a < b ? -1 : 1)).map(minor => inCurrency(branch, minor)),
    }
  )
}

/** For rows that name a payee which the configuration no longer has. */
export function payeeOrFormer(branch: Pick<Branch, 'config' | 'privatePayees'>, id: InstitutionId): Payee {
  return payeeOf(branch, id) ?? { id, number: '', name: { en: id, zh: id }, denominations: [] }
}
