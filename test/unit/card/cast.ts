/** Who appears in the tests of the card: a bank, a shop, a card, and what they ask of each other. Chance comes from a seed. */

import { type InstitutionNumber, makeCardNumber, parseInstitutionNumber } from '../../../src/card/numbers.ts'
import type { Asked, Holder, Matter, Payee } from '../../../src/card/order.ts'
import { withCheckDigits } from '../../../src/check-digits.ts'
import { type AccountNumber, type InstitutionId, parseAccountNumber, parseInstitutionId } from '../../../src/ids.ts'
import { money, yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a name or number of the cast is none')
  return value
}

export const institution = (id: string): InstitutionId => present(parseInstitutionId(id))
export const account = (digits: string): AccountNumber => present(parseAccountNumber(withCheckDigits(digits)))
export const institutionNumber = (number: number): InstitutionNumber => present(parseInstitutionNumber(number))

export const bank = institution('harbour')
export const shop = institution('bookshop')
export const bankNumber = institutionNumber(17)
export const card = makeCardNumber(bankNumber, 4_711)

export const holder: Holder = { issuer: bank, card, account: account('0012345678') }
export const payee: Payee = { bank: institution('garden'), account: account('7654321'), name: 'Lotus Books 荷花书店' }

export const askedAt = 1_795_705_200
const nonce = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
export const asked: Asked = { receiver: shop, nonce, issuedAt: askedAt, expiresAt: askedAt + 300 }

/** One of each type. */
export const matters: readonly Matter[] = [
  { type: 'sign-in' },
  { type: 'pay', payee, amount: yuan(12_000n) },
  { type: 'transfer', payee, amount: money(123_456_789n) },
  { type: 'fund', direction: 'in', payee, amount: yuan(50_000n) },
  { type: 'fund', direction: 'out', payee, amount: yuan(1n) },
  { type: 'trade', side: 'buy', quantity: money(100n, { code: 'US0378331005', scale: 0 }), limit: yuan(12n) },
  { type: 'trade', side: 'sell', quantity: money(7n, { code: 'US0378331005', scale: 0 }) },
  { type: 'cancel', trade: 'P-000123' },
]

export const pin = new Secret('246810')
export const puk = new Secret('1357913579')
export const password = new Secret('90817263')

/** The same bytes from the same seed (mulberry32). */
export function seeded(seed: number): (byteCount: number) => Uint8Array {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return byteCount => Uint8Array.from({ length: byteCount }, () => next() & 255)
}
