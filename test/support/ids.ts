/** Ids for tests, parsed as everybody's are, from something that a test can read. */
import { createHash } from 'node:crypto'
import { withCheckDigits } from '../../src/check-digits.ts'
import {
  type AccountNumber,
  type InstitutionId,
  type IntentId,
  parseAccountNumber,
  parseInstitutionId,
  parseIntentId,
  parseVoucherNumber,
  type VoucherNumber,
} from '../../src/ids.ts'

export const institutionId = (id: string): InstitutionId => must(parseInstitutionId(id), id)

/** The same name is the same request. */
export const intentId = (name: string): IntentId =>
  must(parseIntentId(createHash('sha256').update(name).digest('hex').slice(0, 32)), name)

/** Its check digits are appended. */
export const accountNumber = (digits: string): AccountNumber =>
  must(parseAccountNumber(withCheckDigits(digits)), digits)
export const voucherNumber = (digits: string): VoucherNumber =>
  must(parseVoucherNumber(withCheckDigits(digits)), digits)

/** As it was told to a caller: check digits and all. */
export const toldVoucher = (number: string): VoucherNumber => must(parseVoucherNumber(number), number)

/** Signed in with the PIN that the account was opened with. */
export const firstPinOf = (account: AccountNumber) => ({ account, pinGeneration: 1n })

/** A caller whose number is told; undefined: withheld. */
export const phoneOf = (number?: string) => ({ channel: 'telephone', number }) as const
export const aPhone = phoneOf('+8613800000001')

function must<T>(id: T | undefined, text: string): T {
  if (id === undefined) throw new Error(`not such an id: ${text}`)
  return id
}
