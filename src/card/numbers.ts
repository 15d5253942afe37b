/**
 * Numbers of the card: its own, that of an institution in it, and that of a traded security. A card's number is 14 digits:
 * 4 of the institution that issued it, 8 of the card, 2 check digits (ISO 7064, as in all numbers here).
 */
import { checkDigitsFit, withCheckDigits } from '../check-digits.ts'
import type { AccountNumber } from '../ids.ts'
import { parseAccountNumber } from '../ids.ts'

declare const brand: unique symbol

/** 14 digits. */
export type CardNumber = string & { readonly [brand]: 'CardNumber' }
/** ISO 6166: two letters, nine letters or digits, a check digit. */
export type Isin = string & { readonly [brand]: 'Isin' }
/** By which messages name an institution where its id is too long: 0…9999, as the signed directory says. */
export type InstitutionNumber = number & { readonly [brand]: 'InstitutionNumber' }

export function parseInstitutionNumber(number: number): InstitutionNumber | undefined {
  return Number.isInteger(number) && number >= 0 && number <= 9_999 ? (number as InstitutionNumber) : undefined
}

export function parseCardNumber(text: string): CardNumber | undefined {
  return /^\d{14}$/.test(text) && checkDigitsFit(text) ? (text as CardNumber) : undefined
}

/** `serial`: 0…99,999,999. @throws RangeError */
export function makeCardNumber(issuer: InstitutionNumber, serial: number): CardNumber {
  const digits = issuer.toString().padStart(4, '0') + serial.toString().padStart(8, '0')
  const number = parseCardNumber(withCheckDigits(digits))
  if (!Number.isInteger(serial) || serial < 0 || number === undefined) throw new RangeError(`a card numbered ${serial}`)
  return number
}

export function issuerOf(card: CardNumber): InstitutionNumber {
  return Number(card.slice(0, 4)) as InstitutionNumber
}

export function parseIsin(text: string): Isin | undefined {
  return /^[A-Z]{2}[A-Z0-9]{9}\d$/.test(text) && luhn(text) % 10 === 0 ? (text as Isin) : undefined
}

/** ISO 6166 annex: letters become two digits (A is 10), then every second digit from the right but one counts double. */
function luhn(isin: string): number {
  const digits = [...isin].flatMap(letter => [...Number.parseInt(letter, 36).toString()].map(Number)).reverse()
  return digits.reduce((sum, digit, at) => sum + (at % 2 === 0 ? digit : digit < 5 ? digit * 2 : digit * 2 - 9), 0)
}

/** Bytes of a packed number: 40 bits hold 12 digits. */
export const packedNumberBytes = 5

/** A card's number without its check digits, as 40 bits. */
export function packCardNumber(card: CardNumber): Uint8Array {
  return packed(Number(card.slice(0, -2)))
}

/** Undefined when the 40 bits are no card's. */
export function unpackCardNumber(bytes: Uint8Array): CardNumber | undefined {
  const digits = unpacked(bytes).toString().padStart(12, '0')
  return parseCardNumber(withCheckDigits(digits))
}

/** An account's number without its check digits and with a 1 in front, which keeps its zeros, as 40 bits. */
export function packAccountNumber(account: AccountNumber): Uint8Array {
  return packed(Number(`1${account.slice(0, -2)}`))
}

/** Undefined when the 40 bits are no account's. */
export function unpackAccountNumber(bytes: Uint8Array): AccountNumber | undefined {
  const [, digits] = /^1(\d{4,10})$/.exec(unpacked(bytes).toString()) ?? []
  return digits === undefined ? undefined : parseAccountNumber(withCheckDigits(digits))
}

/** Whole numbers below 2⁴⁰, most significant byte first. */
export function packed(number: number): Uint8Array {
  const bytes = new Uint8Array(packedNumberBytes)
  new DataView(bytes.buffer).setUint32(1, number % 2 ** 32)
  bytes[0] = Math.floor(number / 2 ** 32)
  return bytes
}

export function unpacked(bytes: Uint8Array): number {
  return bytes.reduce((number, byte) => number * 256 + byte, 0)
}
