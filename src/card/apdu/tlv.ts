/** Data objects of cards: BER-TLV (ISO/IEC 7816-4 section 5.2.2), tags of one or two bytes, values of up to 65,535. */
import { joined } from '../../bytes.ts'

export function tlv(tag: number, ...values: readonly Uint8Array[]): Uint8Array {
  const value = joined(...values)
  const { length } = value
  const head = tag > 0xff ? [tag >> 8, tag & 255] : [tag]
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return joined(Uint8Array.of(...head, ...size), value)
}

/** By tag; undefined when it is none, cut off, or names a tag twice. */
export function readTlvs(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> | undefined {
  const found = new Map<number, Uint8Array>()
  let at = 0
  const next = () => bytes[at++] ?? Number.NaN
  while (at < bytes.length) {
    const first = next()
    const tag = (first & 0x1f) === 0x1f ? first * 256 + next() : first
    const short = next()
    const length = short < 0x80 ? short : short === 0x81 ? next() : short === 0x82 ? next() * 256 + next() : Number.NaN
    const value = bytes.slice(at, at + length)
    if (Number.isNaN(tag) || value.length !== length || found.has(tag)) return undefined
    found.set(tag, value)
    at += length
  }
  return found
}

/** Data objects of the card, besides those that EMV and part 8 of the standard name. */
export const tags = {
  /** Primary account number (EMV): the card's, two digits a byte. */
  cardNumber: 0x5a,
  /** Tries that the PIN has left (EMV). */
  pinTries: 0x9f17,
  /** The counter (EMV's application transaction counter, here of four bytes). */
  counter: 0x9f36,
  /** Public key data objects, and the point or key in them (ISO/IEC 7816-8). */
  publicKey: 0x7f49,
  point: 0x86,
  /** Control reference template, the algorithm and the key reference in one (ISO/IEC 7816-4 section 10.3). */
  authentication: 0xac,
  algorithm: 0x80,
  keyReference: 0x84,
  issuer: 0xc1,
  account: 0xc2,
  expiresAt: 0xc3,
  pin: 0xc4,
  puk: 0xc5,
  issuerKey: 0xc6,
  agreedKey: 0xc7,
  pinLength: 0xc8,
} as const

/** P1 and P2 of GET DATA and PUT DATA for what the card is: the proprietary range. */
export const identityObject = 0x0100
