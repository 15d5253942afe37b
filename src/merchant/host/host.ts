/** A host of private payees as its telephone line sees it: a caller chooses a payee by its number, and goes on as at a shop. */
import type { InstitutionId, VoucherNumber } from '../../ids.ts'
import type { SpokenName } from '../../languages.ts'
import type { Origin } from '../../origin.ts'
import type { Merchant } from '../merchant.ts'

export interface Host {
  readonly id: InstitutionId
  readonly name: SpokenName
  /**
   * By the number that a caller keys. One that is paid no more is found too, for the vouchers that were sold. `origin`: it only
   * slows whoever asks for many, and is never stored.
   */
  findPayee(request: { number: string; origin: Origin }): Promise<HostedFound>
  /** Whose voucher it is. */
  payeeOf(voucher: VoucherNumber): Promise<InstitutionId | undefined>
  /** One of those that were found. */
  at(payee: InstitutionId): Merchant
}

export type HostedFound =
  /** `name`: of a person no more than tells two people apart. */
  | { readonly outcome: 'found'; readonly payee: InstitutionId; readonly name: SpokenName }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'busy' }
