/** A host of private payees as its telephone line sees it: a caller chooses a payee by its number, and goes on as at a shop. */
import type { InstitutionId, VoucherNumber } from '../../ids.ts'
import type { SpokenName } from '../../languages.ts'
import type { Merchant } from '../merchant.ts'

export interface Host {
  readonly id: InstitutionId
  readonly name: SpokenName
  /** By the number that a caller keys. One that is paid no more is there too, for the vouchers that were sold. */
  findPayee(number: string): Promise<Merchant | undefined>
  /** Whose voucher it is. */
  payeeOf(voucher: VoucherNumber): Promise<Merchant | undefined>
}
