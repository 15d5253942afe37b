/**
 * Values of rows as CBOR in its deterministic form (RFC 8949 §4.2.1), the same bytes as `canonical.ts` makes of them. A group of
 * sales has 6,000 values, and a general encoder took a fifth of what the group costs; this one knows five kinds.
 */
import type { SqlValue } from '../store.ts'

/** Major types of RFC 8949 §3.1. */
const major = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4 } as const
const cborNull = 0xf6

/** Bytes that grow, and can be cut back to an earlier length. */
export class Growing {
  #bytes: Buffer
  length = 0

  constructor(capacity = 65_536) {
    this.#bytes = Buffer.allocUnsafe(capacity)
  }

  /** A view that is good until the next byte is put. */
  get view(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  value(value: SqlValue): void {
    if (typeof value === 'string') this.text(value)
    else if (typeof value === 'bigint') this.integer(value)
    else if (value === null) this.#byte(cborNull)
    else this.bytes(value)
  }

  array(count: number): void {
    this.#head(major.array, count)
  }

  text(text: string): void {
    const length = Buffer.byteLength(text)
    this.#head(major.text, length)
    this.#room(length)
    this.#bytes.write(text, this.length)
    this.length += length
  }

  bytes(bytes: Uint8Array): void {
    this.#head(major.bytes, bytes.length)
    this.raw(bytes)
  }

  unsigned(value: number): void {
    this.#head(major.unsigned, value)
  }

  integer(value: bigint): void {
    const number = Number(value)
    if (!Number.isSafeInteger(number)) this.#wide(value)
    else if (number >= 0) this.#head(major.unsigned, number)
    else this.#head(major.negative, -1 - number)
  }

  /** In all of its 64 bits. No record has one: only rows that were written past the store. */
  float(value: number): void {
    this.#room(9)
    this.#bytes[this.length] = 0xfb
    this.#bytes.writeDoubleBE(value, this.length + 1)
    this.length += 9
  }

  /** Bytes that are CBOR already. */
  raw(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  #wide(value: bigint): void {
    this.#room(9)
    this.#bytes[this.length] = ((value < 0n ? major.negative : major.unsigned) << 5) | 27
    this.#bytes.writeBigUInt64BE(value < 0n ? -1n - value : value, this.length + 1)
    this.length += 9
  }

  #head(kind: number, argument: number): void {
    this.#room(9)
    const bytes = this.#bytes
    const at = this.length
    const type = kind << 5
    if (argument < 24) {
      bytes[at] = type | argument
      this.length = at + 1
    } else if (argument < 0x100) {
      bytes[at] = type | 24
      bytes[at + 1] = argument
      this.length = at + 2
    } else if (argument < 0x1_0000) {
      bytes[at] = type | 25
      bytes.writeUInt16BE(argument, at + 1)
      this.length = at + 3
    } else if (argument < 0x1_0000_0000) {
      bytes[at] = type | 26
      bytes.writeUInt32BE(argument, at + 1)
      this.length = at + 5
    } else {
      bytes[at] = type | 27
      bytes.writeBigUInt64BE(BigInt(argument), at + 1)
      this.length = at + 9
    }
  }

  #byte(byte: number): void {
    this.#room(1)
    this.#bytes[this.length++] = byte
  }

  #room(count: number): void {
    if (this.length + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.length + count))
    larger.set(this.view)
    this.#bytes = larger
  }
}

/** The bytes are no record: cut short, changed, or not in the one form that a value has. */
export class NotARecord extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'NotARecord'
  }
}

/** Reads what `Growing` wrote, and nothing else. @throws NotARecord */
export class Reading {
  readonly #bytes: Buffer
  #at = 0
  /** Of the head that was read last. */
  #kind = 0
  #argument = 0
  /** The same, where a number would round it. */
  #wide = 0n

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  array(): number {
    return this.#count(major.array)
  }

  text(): string {
    const length = this.#count(major.text)
    const end = this.#at + length
    const text = this.#bytes.toString('utf8', this.#at, end)
    // What is not UTF-8 comes back as U+FFFD, which may also stand there by right.
    if (text.includes('\ufffd') && !this.#bytes.subarray(this.#at, end).equals(Buffer.from(text)))
      throw new NotARecord('a text is not UTF-8')
    this.#at = end
    return text
  }

  bytes(): Uint8Array {
    const length = this.#count(major.bytes)
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  unsigned(): number {
    this.#head()
    if (this.#kind !== major.unsigned) throw new NotARecord('a number was expected')
    return this.#argument
  }

  integer(): bigint {
    this.#head()
    if (this.#kind > major.negative) throw new NotARecord('an integer was expected')
    const argument = this.#argument > Number.MAX_SAFE_INTEGER ? this.#wide : BigInt(this.#argument)
    return this.#kind === major.unsigned ? argument : -1n - argument
  }

  value(): SqlValue {
    const first = this.#bytes[this.#at]
    if (first === undefined) throw new NotARecord('it ends in the middle')
    if (first === cborNull) {
      this.#at++
      return null
    }
    const kind = first >> 5
    if (kind === major.text) return this.text()
    if (kind === major.bytes) return this.bytes()
    return this.integer()
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new NotARecord('something follows its end')
  }

  /** How many bytes or members follow. Each is a byte at least. */
  #count(expected: number): number {
    this.#head()
    if (this.#kind !== expected) throw new NotARecord('a value of another type was expected')
    if (this.#argument > this.#bytes.length - this.#at) throw new NotARecord('it ends in the middle')
    return this.#argument
  }

  #head(): void {
    const first = this.#bytes[this.#at]
    if (first === undefined) throw new NotARecord('it ends in the middle')
    this.#kind = first >> 5
    const short = first & 31
    if (short < 24) {
      this.#argument = short
      this.#at += 1
      return
    }
    if (short > 27) throw new NotARecord('not in canonical form')
    const width = 1 << (short - 24)
    const at = this.#at + 1
    if (at + width > this.#bytes.length) throw new NotARecord('it ends in the middle')
    if (width === 8) {
      this.#wide = this.#bytes.readBigUInt64BE(at)
      this.#argument = Number(this.#wide)
    } else {
      this.#argument = this.#bytes.readUIntBE(at, width)
    }
    if (this.#argument < (least[short - 24] ?? 0)) throw new NotARecord('not in canonical form')
    this.#at = at + width
  }
}

/** A smaller argument than this has a shorter form. */
const least = [24, 0x100, 0x1_0000, 0x1_0000_0000]
