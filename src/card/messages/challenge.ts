/**
 * What comes down as digits: 20 bytes, 40 digits. Payee and amount are keyed into the terminal, the payee's name comes from its
 * signed directory, and both ends put the same order together. It is not encrypted, and says neither payee nor, but where the
 * receiver sets one, amount.
 */
import { CNY, type Money, money } from '../../money.ts'
import { type InstitutionNumber, packed, packedNumberBytes, parseInstitutionNumber, unpacked } from '../numbers.ts'
import { type Asked, nonceLength, type OrderType, orderLifetimeSeconds } from '../order.ts'
import { fieldsIn, type Layout, lay, uint, uintIn } from './layout.ts'
import { typeNumbered, typeNumbers } from './request.ts'

export interface Challenge extends Omit<Asked, 'receiver'> {
  readonly type: OrderType
  readonly receiver: InstitutionNumber
  /** In yuan, where the receiver knows it: a shop does, a bank does not. */
  readonly amount?: Money
}

const challengeVersion = 1

export const challengeLayout = {
  /** Version in the high half, type in the low one. */
  versionAndType: 1,
  receiver: 2,
  nonce: nonceLength,
  issuedAt: 4,
  /** In fen; zero where it is keyed into the terminal. */
  amount: packedNumberBytes,
} as const satisfies Layout

/** The most that a challenge can set: 40 bits of fen. */
const mostFen = 2n ** 40n - 1n

/** Whether an amount can go down as digits: in yuan, as they say no currency, and no more of it than they have room for. */
export function fitsChallenge({ asset, minor }: Money): boolean {
  return asset.code === CNY.code && asset.scale === CNY.scale && minor > 0n && minor <= mostFen
}

/** @throws RangeError for an amount that does not fit. */
export function encodeChallenge({ type, receiver, nonce, issuedAt, amount }: Challenge): Uint8Array {
  if (amount !== undefined && !fitsChallenge(amount)) throw new RangeError('an amount as digits')
  const fen = amount?.minor ?? 0n
  return lay(challengeLayout, {
    versionAndType: uint(challengeVersion * 16 + typeNumbers[type], 1),
    receiver: uint(receiver, 2),
    nonce,
    issuedAt: uint(issuedAt, 4),
    amount: packed(Number(fen)),
  })
}

/** Undefined when it is no challenge. */
export function parseChallenge(message: Uint8Array): Challenge | undefined {
  const fields = fieldsIn(challengeLayout, message)
  if (fields === undefined) return undefined
  const type = typeNumbered(uintIn(fields.versionAndType) - challengeVersion * 16)
  const receiver = parseInstitutionNumber(uintIn(fields.receiver))
  if (type === undefined || receiver === undefined) return undefined
  const [issuedAt, fen] = [uintIn(fields.issuedAt), unpacked(fields.amount)]
  const amount = fen === 0 ? {} : { amount: money(BigInt(fen)) }
  return { type, receiver, nonce: fields.nonce, issuedAt, expiresAt: issuedAt + orderLifetimeSeconds, ...amount }
}
