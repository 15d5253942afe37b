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

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  array(): number {
    return this.#count(major.array)
  }

  text(): string {
    const bytes = this.#take(this.#count(major.text))
    const text = bytes.toString('utf8')
    // What is not UTF-8 would come back as another text.
    if (Buffer.byteLength(text) !== bytes.length) throw new NotARecord('a text is not UTF-8')
    return text
  }

  bytes(): Uint8Array {
    return this.#take(this.#count(major.bytes))
  }

  integer(): bigint {
    const { kind, argument } = this.#head()
    if (kind === major.unsigned) return argument
    if (kind === major.negative) return -1n - argument
    throw new NotARecord('an integer was expected')
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

  #count(expected: number): number {
    const { kind, argument } = this.#head()
    if (kind !== expected) throw new NotARecord('a value of another type was expected')
    if (argument > BigInt(this.#bytes.length)) throw new NotARecord('it ends in the middle')
    return Number(argument)
  }

  #take(count: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + count)
    if (taken.length !== count) throw new NotARecord('it ends in the middle')
    this.#at += count
    return taken
  }

  #head(): { readonly kind: number; readonly argument: bigint } {
    const [first = 0] = this.#take(1)
    const kind = first >> 5
    const short = first & 31
    if (short < 24) return { kind, argument: BigInt(short) }
    if (short > 27) throw new NotARecord('not in canonical form')
    const width = 1 << (short - 24)
    const bytes = this.#take(width)
    const argument = width === 8 ? bytes.readBigUInt64BE() : BigInt(bytes.readUIntBE(0, width))
    const shortest = [24n, 0x100n, 0x1_0000n, 0x1_0000_0000n][short - 24] ?? 0n
    if (argument < shortest) throw new NotARecord('not in canonical form')
    return { kind, argument }
  }
}
