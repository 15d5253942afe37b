/** What frames carry between a terminal that talks in digits and a receiver. */
import { ascii, joined, number, numberIn } from './bytes.ts'
import { packAccount, packCard } from './numbers.ts'

export const frameTypes = {
  challenge: 2,
  digitAnswer: 4,
  result: 5,
  inquiry: 6,
  decline: 7,
  acknowledged: 30,
  refused: 31,
} as const

const orderTypes = { 1: 'sign-in', 2: 'pay', 3: 'transfer', 4: 'fund', 5: 'trade', 6: 'cancel' } as const
export type OrderType = (typeof orderTypes)[keyof typeof orderTypes]

const isOrderType = (type: number): type is keyof typeof orderTypes => type in orderTypes

export interface Challenge {
  readonly type: OrderType
  /** Of the receiver, in the directory. */
  readonly institution: number
  readonly nonce: Uint8Array
  readonly issuedAt: number
  /** In fen. Undefined where it is keyed in. */
  readonly amount: bigint | undefined
}

/** @returns undefined for one that this terminal does not know */
export function readChallenge(payload: Uint8Array): Challenge | undefined {
  const [versionAndType = 0] = payload
  const type = versionAndType & 15
  if (payload.length !== 20 || versionAndType >> 4 !== 1 || !isOrderType(type)) return undefined
  const amount = numberIn(payload.slice(15, 20))
  return {
    type: orderTypes[type],
    institution: Number(numberIn(payload.slice(1, 3))),
    nonce: payload.slice(3, 11),
    issuedAt: Number(numberIn(payload.slice(11, 15))),
    amount: amount === 0n ? undefined : amount,
  }
}

export interface Signed {
  readonly algorithm: 'Ed25519' | 'P-256'
  readonly counter: number
  readonly card: string
  readonly account: string
  readonly signature: Uint8Array
  /** Sealed under the key that card and issuer agreed on. */
  readonly password: Uint8Array
}

const byPin = 1

export function writeAnswer({ algorithm, counter, card, account, signature, password }: Signed): Uint8Array {
  const versionAndKind = (1 << 4) | (algorithm === 'P-256' ? 8 : 0) | byPin
  return joined(
    ...[Uint8Array.of(versionAndKind), number(counter, 4), packCard(card), packAccount(account), signature, password],
  )
}

const mostInOneFrame = 63

/** Two halves, the first with the odd byte, each behind a byte that says of which message it is, and which half. */
export function inParts(messageNumber: number, message: Uint8Array): readonly Uint8Array[] {
  if (message.length <= mostInOneFrame) return [message]
  const half = Math.ceil(message.length / 2)
  return [message.slice(0, half), message.slice(half)].map((part, which) =>
    joined(Uint8Array.of(((messageNumber & 31) << 3) | (1 << 2) | (which << 1)), part),
  )
}

/** A signature that has no result yet. */
export interface Unresolved {
  readonly card: string
  readonly counter: number
  readonly nonce: Uint8Array
}

export const writeInquiry = ({ card, counter, nonce }: Unresolved) => joined(packCard(card), number(counter, 4), nonce)

const declines = { 'by-holder': 1, 'no-card': 2, 'pin-blocked': 3, unfit: 4 } as const
export type Why = keyof typeof declines
export const writeDecline = (why: Why) => Uint8Array.of(declines[why])

export const outcomes = { 1: 'paid', 2: 'on-its-way', 3: 'refused', 4: 'unknown', 5: 'not-accepted' } as const
const isOutcome = (code: number): code is keyof typeof outcomes => code in outcomes

export interface Result {
  readonly outcome: (typeof outcomes)[keyof typeof outcomes]
  /** The number of a refusal's reason. */
  readonly reason: number
  readonly triesLeft: number | undefined
  readonly reference: string
}

export function readResult(payload: Uint8Array): Result | undefined {
  const [code = 0, reason = 0, tries = 255] = payload
  if (payload.length < 3 || !isOutcome(code)) return undefined
  const triesLeft = tries === 255 ? undefined : tries
  return { outcome: outcomes[code], reason, triesLeft, reference: ascii(payload.slice(3)) }
}
