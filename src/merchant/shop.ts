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
import type { Letter, LetterType, SecretLetterType } from '../mail/messages.ts'
import { writeLetter } from '../mail/outbox.ts'
import { pinnings } from '../mail/peers.ts'
import type { Place, Stream } from '../mail/streams.ts'
import type { Runtime } from '../runtime.ts'
import type { Secret } from '../secret.ts'
import type { ReadTx, Store, Tx } from '../store/store.ts'
import type { MerchantConfig } from './config.ts'
import type { Sessions } from './sessions.ts'

export interface Shop {
  readonly config: MerchantConfig
  /** Whose peers, letters, alarms and gaps these are: the payee's own, or its host's, who speaks for it. */
  readonly house: InstitutionId
  /** Of a hosted payee: itself. Its host has introduced it to the banks that sell its vouchers. */
  readonly hosted?: InstitutionId
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
  /** Of a hosted payee: there may be something to tell in its host's file. */
  wakeHost?(): void
  /** Which a shop and this payee share: what its program signs, and what it is told, is signed with it. */
  signingSecret(apiKey: string): Promise<Secret>
}

/** The banks that sell its vouchers, with the instant since when each is pinned. */
export async function banksOf(
  tx: ReadTx,
  { house, hosted }: Pick<Shop, 'house' | 'hosted'>,
): Promise<readonly { readonly bank: InstitutionId; readonly pinnedAt: bigint }[]> {
  const pinned = await pinnings(tx, house)
  const selling =
    hosted &&
    (await tx.all<{ bank: InstitutionId }>(
      'SELECT bank FROM payee_bank WHERE tenant = ? AND payee = ? AND refused_at IS NULL',
      ...[house, hosted],
    ))
  return pinned
    .filter(({ peer }) => selling === undefined || selling.some(({ bank }) => bank === peer))
    .map(({ peer, pinnedAt }) => ({ bank: peer, pinnedAt }))
}

/** Writes to a bank. A host says of whom it writes. */
export function writeToBank<T extends Exclude<LetterType, SecretLetterType>>(
  tx: Tx,
  shop: Pick<Shop, 'config' | 'house'>,
  letter: { readonly to: InstitutionId; readonly type: T; readonly body: Letter<T>; readonly stream?: Stream },
): Promise<Place> {
  const body = { ...letter.body, ...aboutWhom(shop) }
  return writeLetter<T>(tx, { ...letter, from: shop.house, body })
}

/** What letters and questions of a host name besides: the payee for whom it speaks. */
export function aboutWhom({ config, house }: Pick<Shop, 'config' | 'house'>): { readonly payee?: InstitutionId } {
  return house === config.id ? {} : { payee: config.id }
}

/** Bought with vouchers of this bank. */
export const revenueFrom = (bank: InstitutionId): AccountId => accountId('revenue', bank)
export const dueFrom = (bank: InstitutionId): AccountId => accountId('due-from-bank', bank)
/** What the bank's settlement account holds for the payee. */
export const settledAt = (bank: InstitutionId): AccountId => accountId('settled', bank)
/** What the bank paid to the payee's own account there. */
export const paidOutBy = (bank: InstitutionId): AccountId => accountId('paid-out', bank)
/** What the bank is to give back to buyers at the next day end: remainders of ended vouchers, and refunds. */
export const returningBy = (bank: InstitutionId): AccountId => accountId('returning', bank)
export const clearingFee = accountId('clearing-fee')
/** What a voucher still promises: an account for each, so that the ledger itself refuses to overspend it. */
export const promiseOf = (number: VoucherNumber): AccountId => accountId('voucher-liability', number)

/** Whose verifier or reveal it is: one that was copied to another voucher's row is of no use there. */
export const passwordOwner = (number: VoucherNumber): string => `password ${number}`
export const backupOwner = (number: VoucherNumber): string => `backup ${number}`
