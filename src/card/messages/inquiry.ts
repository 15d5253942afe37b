/** What goes up instead of an answer: "what became of the one before?", by card, counter and nonce, or why there will be none. */
import { type CardNumber, packCardNumber, packedNumberBytes, unpackCardNumber } from '../numbers.ts'
import { nonceLength } from '../order.ts'
import { fieldsIn, type Layout, lay, uint, uintIn } from './layout.ts'

export interface Inquiry {
  readonly card: CardNumber
  /** Of the signature whose result was never heard. */
  readonly counter: number
  /** Of the order that was signed. Whoever knows a card's number does not know it: it was told in one call, to one terminal. */
  readonly nonce: Uint8Array
}

export const inquiryLayout = { card: packedNumberBytes, counter: 4, nonce: nonceLength } as const satisfies Layout

export function encodeInquiry({ card, counter, nonce }: Inquiry): Uint8Array {
  return lay(inquiryLayout, { card: packCardNumber(card), counter: uint(counter, 4), nonce })
}

/** Undefined when it is no inquiry. */
export function parseInquiry(message: Uint8Array): Inquiry | undefined {
  const fields = fieldsIn(inquiryLayout, message)
  const card = fields && unpackCardNumber(fields.card)
  if (fields === undefined || card === undefined) return undefined
  return { card, counter: uintIn(fields.counter), nonce: fields.nonce }
}

/** Reason n has number n + 1 on the line. */
const declines = [
  /** The holder said no, or took too long. */
  'by-holder',
  /** There is no card, or it was taken out, or is none of ours. */
  'no-card',
  /** No tries of its PIN are left. */
  'card-blocked',
  /** The terminal cannot have this signed: it is not what its holder asked for, or its payee has another name, or it knows no key to answer under. */
  'unfit',
] as const
export type DeclineReason = (typeof declines)[number]

export function encodeDecline(reason: DeclineReason): Uint8Array {
  return Uint8Array.of(declines.indexOf(reason) + 1)
}

/** A reason that is not known is the terminal's own. */
export function parseDecline([number, ...rest]: Uint8Array): DeclineReason | undefined {
  return number === undefined || rest.length > 0 ? undefined : (declines[number - 1] ?? 'unfit')
}
