/**
 * Ids that are not just text: who an institution is, whose an account is, which voucher, which request. Each is made by
 * parsing, where a call, a letter or a file comes in, so that behind the edge nobody can mistake one for another.
 */
import { z } from 'zod'
import { toHex } from './bytes.ts'
import { checkDigitsFit } from './check-digits.ts'
import type { Runtime } from './runtime.ts'

declare const brand: unique symbol
type Id<Name extends string> = string & { readonly [brand]: Name }

/** A bank, a merchant: `harbour`. */
export type InstitutionId = Id<'InstitutionId'>
/** Of one request that moves money, made by its asker: 128 random bits as 32 lower-case hexadecimal digits. */
export type IntentId = Id<'IntentId'>
/** A customer's account: 6 to 12 digits, of which the last two are check digits. */
export type AccountNumber = Id<'AccountNumber'>
/** What identifies a voucher and never changes (patent row P3): 12 to 24 digits, the last two of them check digits. */
export type VoucherNumber = Id<'VoucherNumber'>

export function parseInstitutionId(text: string): InstitutionId | undefined {
  return /^[a-z][a-z0-9-]{1,30}$/.test(text) ? (text as InstitutionId) : undefined
}

export function parseIntentId(text: string): IntentId | undefined {
  return /^[0-9a-f]{32}$/.test(text) ? (text as IntentId) : undefined
}

export function drawIntentId(runtime: Runtime): IntentId {
  return toHex(runtime.random(16)) as IntentId
}

export function parseAccountNumber(text: string): AccountNumber | undefined {
  return /^\d{6,12}$/.test(text) && checkDigitsFit(text) ? (text as AccountNumber) : undefined
}

export function parseVoucherNumber(text: string): VoucherNumber | undefined {
  return /^\d{12,24}$/.test(text) && checkDigitsFit(text) ? (text as VoucherNumber) : undefined
}

/** The shape of an id in a file or a letter. */
function shapeOf<T extends string>(parse: (text: string) => T | undefined, what: string) {
  return z.string().transform((text, context): T => {
    const id = parse(text)
    if (id !== undefined) return id
    context.addIssue(`not ${what}`)
    return z.NEVER
  })
}

export const institutionIdShape = shapeOf(
  parseInstitutionId,
  'the id of an institution, which is made of small letters, digits and hyphens',
)
export const accountNumberShape = shapeOf(parseAccountNumber, 'an account number')
export const voucherNumberShape = shapeOf(parseVoucherNumber, 'a voucher number')
export const intentIdShape = shapeOf(parseIntentId, 'the id of a request')
