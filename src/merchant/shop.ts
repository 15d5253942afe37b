/** What every part of a running payee works with. Made once by `start`; there is no other state. */

import type { InstitutionId, VoucherNumber } from '../ids.ts'
import type { KeyStore } from '../keys/keys.ts'
import type { RecordKeys } from '../keys/record-keys.ts'
import type { Reveals } from '../keys/reveals.ts'
import type { Tries } from '../keys/tries.ts'
import type { Verifiers } from '../keys/verifiers.ts'
import type { Calendar } from '../ledger/business-date.ts'
import { type AccountId, accountId } from '../ledger/chart.ts'
import type { Mail } from '../mail/mail.ts'
import type { Runtime } from '../runtime.ts'
import type { Secret } from '../secret.ts'
import type { Store } from '../store/store.ts'
import type { MerchantConfig } from './config.ts'
import type { Sessions } from './sessions.ts'

export interface Shop {
  readonly config: MerchantConfig
  readonly runtime: Runtime
  readonly store: Store
  readonly keys: KeyStore
  /** The keys of batches on their way to a bank, outside the database and its backups. */
  readonly recordKeys: RecordKeys
  readonly verifiers: Verifiers
  readonly reveals: Reveals
  readonly passwordTries: Tries
  readonly backupTries: Tries
  readonly sessions: Sessions
  readonly calendar: Calendar
  /** Of its books: every operation of the ledger names it. */
  readonly chain: string
  readonly mail: Pick<Mail, 'wake' | 'ask'>
  /** There may be another hold. */
  wakeExpiry(): void
  /** There may be something to tell a shop. */
  wakeNotices(): void
  /** Which a shop and this payee share: what its program signs, and what it is told, is signed with it. */
  signingSecret(apiKey: string): Promise<Secret>
}

export const revenue = accountId('revenue')
export const dueFrom = (bank: InstitutionId): AccountId => accountId('due-from-bank', bank)
/** What the bank is to give back to buyers at the next day end: remainders of ended vouchers. */
export const returningBy = (bank: InstitutionId): AccountId => accountId('returning', bank)
/** What a voucher still promises: an account for each, so that the ledger itself refuses to overspend it. */
export const promiseOf = (number: VoucherNumber): AccountId => accountId('voucher-liability', number)

/** Whose verifier or reveal it is: one that was copied to another voucher's row is of no use there. */
export const passwordOwner = (number: VoucherNumber): string => `password ${number}`
export const backupOwner = (number: VoucherNumber): string => `backup ${number}`
