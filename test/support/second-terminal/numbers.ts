/** Card and account numbers: their check digits (ISO 7064 MOD 97-10), and the five bytes that each is packed into. */
import { number, numberIn } from './bytes.ts'

const packedLength = 5

/** All but the last two digits, and those. */
function withCheckDigits(digits: string): string {
  const check = 98n - ((BigInt(digits) * 100n) % 97n)
  return `${digits}${check.toString().padStart(2, '0')}`
}

export const isNumber = (digits: string) =>
  /^[0-9]{4,}$/.test(digits) && withCheckDigits(digits.slice(0, -2)) === digits

/** Its first 12 digits. */
export const packCard = (card: string) => number(BigInt(card.slice(0, 12)), packedLength)
export const unpackCard = (packed: Uint8Array) => withCheckDigits(numberIn(packed).toString().padStart(12, '0'))

/** A 1, so that its zeros stay, and all but its check digits. */
export const packAccount = (account: string) => number(BigInt(`1${account.slice(0, -2)}`), packedLength)
export const unpackAccount = (packed: Uint8Array) => withCheckDigits(numberIn(packed).toString().slice(1))
