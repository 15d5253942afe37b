/**
 * The lines of a day-end file: what happened to vouchers of one bank on one business date, and what is given back of payments by its
 * cards, in the order of the payee's journal. A line is the canonical CBOR array `[kind, ref, number, minor]`, or `[kind, ref, number,
 * minor, intent]` where it was asked for under an id; lines travel one after another (a CBOR sequence, RFC 8742). A line names the
 * voucher and never its buyer, whom the payee does not know.
 */
import { type IntentId, parseIntentId, parseVoucherNumber, type VoucherNumber } from '../ids.ts'
import { tooMuch } from '../money.ts'

/** A line's kind is written as its place in this list. */
export const lineKinds = [
  /** Paid with a voucher. */
  'capture',
  /** Given back to a living voucher on the same business date. */
  'reversal',
  /** A voucher was ended: exactly what was left on it. */
  'termination',
  /** Given back to the account that bought the voucher, after the date of its payment; or to that whose card paid. */
  'refund',
] as const

export type LineKind = (typeof lineKinds)[number]

/** What a line is about: a voucher, or in a refund what a card paid, by its id (`src/card-receiver/payment-id.ts`). */
export type Subject = VoucherNumber | IntentId

/** Digits of a payment's id; a voucher's number is shorter. */
const paymentLength = 32

export function isPaidByCard(subject: Subject): subject is IntentId {
  return subject.length === paymentLength
}

export interface Line {
  readonly kind: LineKind
  /** The row of the payee's journal that tells of it: never twice. */
  readonly ref: bigint
  readonly number: Subject
  /** Minor units of the file's asset, more than zero and less than `tooMuch`. */
  readonly minor: bigint
  /** Under which id it was asked for, and by whom (`src/merchant/asked-for.ts`); undefined: under none that is kept. */
  readonly intent?: Uint8Array | undefined
}

/** Bytes of an intent's digest. */
export const intentLength = 16

/** As `encodeCanonical` has it, four times as fast: a day has a hundred thousand of them. */
export function encodeLine({ kind, ref, number, minor, intent }: Line): Uint8Array {
  const textHead = number.length < 24 ? 1 : 2
  const tail = intent === undefined ? 0 : 1 + intentLength
  const line = new Uint8Array(2 + textHead + number.length + lengthOf(ref) + lengthOf(minor) + tail)
  line[0] = intent === undefined ? arrayOfFour : arrayOfFour + 1
  line[1] = lineKinds.indexOf(kind)
  let at = putInteger(line, 2, ref)
  if (textHead === 2) line[at++] = longText
  line[at++] = textHead === 2 ? number.length : textFrom + number.length
  for (let i = 0; i < number.length; i++) line[at++] = number.charCodeAt(i)
  at = putInteger(line, at, minor)
  if (intent !== undefined) {
    line[at] = shortBytes
    line.set(intent, at + 1)
  }
  return line
}

export interface DecodedLine extends Line {
  /** As it was written. */
  readonly encoded: Uint8Array
}

/** Something in a file is not a line. */
export class NoLine extends Error {
  constructor(reason: string) {
    super(`not a line of a day-end file: ${reason}`)
    this.name = 'NoLine'
  }
}

/**
 * Takes lines from the bytes of a part, one at a time. Read by hand, as a library's decoding, and encoding again to see that
 * there is no other encoding, was a third of what a day end cost the bank. @throws NoLine
 */
export function* decodeLines(bytes: Uint8Array): Generator<DecodedLine> {
  const reader = new LineReader(bytes)
  while (reader.at < bytes.length) yield reader.next()
}

/** The first bytes of CBOR's types (RFC 8949 section 3.1), with the smallest count that each can have. */
const arrayOfFour = 0x84
const textFrom = 0x60
/** A text whose length follows. */
const longText = 0x78
/** A byte string as long as an intent's digest. */
const shortBytes = 0x40 + intentLength

class LineReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  next(): DecodedLine {
    const from = this.at
    const fields = this.#byte() - arrayOfFour
    if (fields !== 0 && fields !== 1) throw new NoLine('no array of four or five')
    const kind = lineKinds[this.#byte()]
    if (kind === undefined) throw new NoLine('an unknown kind')
    const ref = this.#positive()
    const text = this.#text()
    const number = parseVoucherNumber(text) ?? (kind === 'refund' ? parseIntentId(text) : undefined)
    if (number === undefined) throw new NoLine('no voucher number')
    const minor = this.#positive()
    if (minor >= tooMuch) throw new NoLine('no amount or row')
    const intent = fields === 1 ? this.#intent() : undefined
    return { kind, ref, number, minor, intent, encoded: this.#bytes.subarray(from, this.at) }
  }

  #intent(): Uint8Array {
    if (this.#byte() !== shortBytes || this.at + intentLength > this.#bytes.length) throw new NoLine('no intent')
    this.at += intentLength
    return Uint8Array.from(this.#bytes.subarray(this.at - intentLength, this.at))
  }

  #byte(): number {
    const byte = this.#bytes[this.at++]
    if (byte === undefined) throw new NoLine('it is cut off')
    return byte
  }

  /** An integer from 1 to 2^63 - 1 in its shortest form, which is the only one. */
  #positive(): bigint {
    const first = this.#byte()
    if (first < 24) {
      if (first === 0) throw new NoLine('no amount or row')
      return BigInt(first)
    }
    const width = widths[first - 24]
    if (width === undefined || this.at + width > this.#bytes.length) throw new NoLine('no amount or row')
    let value = 0n
    if (width === 8) value = this.#view.getBigUint64(this.at)
    else {
      let small = 0
      for (let i = 0; i < width; i++) small = small * 256 + (this.#bytes[this.at + i] ?? 0)
      value = BigInt(small)
    }
    this.at += width
    if (value >= 1n << 63n) throw new NoLine('no amount or row')
    if (lengthOf(value) !== width + 1) throw new NoLine('not in canonical form')
    return value
  }

  /** Each character a byte, as those of a voucher number are: 12 to 24 digits, or 32 of a payment's id. */
  #text(): string {
    const head = this.#byte()
    const length = head === longText ? this.#byte() : head - textFrom
    if (length < 0 || length > paymentLength || (head === longText) !== length > 23)
      throw new NoLine('no voucher number')
    let text = ''
    for (let i = 0; i < length; i++) text += String.fromCharCode(this.#byte())
    return text
  }
}

/** Bytes of an integer that begins with 24, 25, 26 and 27. */
const widths = [1, 2, 4, 8]

function lengthOf(value: bigint): number {
  if (value < 24n) return 1
  if (value < 256n) return 2
  if (value < 65_536n) return 3
  return value < 4_294_967_296n ? 5 : 9
}

/** @returns the place after it */
function putInteger(bytes: Uint8Array, at: number, value: bigint): number {
  const length = lengthOf(value)
  const view = new DataView(bytes.buffer)
  if (length === 1) view.setUint8(at, Number(value))
  else {
    view.setUint8(at, 24 + widths.indexOf(length - 1))
    if (length === 9) view.setBigUint64(at + 1, value)
    else
      for (let i = 1, rest = Number(value); i < length; i++, rest = Math.floor(rest / 256))
        view.setUint8(at + length - i, rest % 256)
  }
  return at + length
}
