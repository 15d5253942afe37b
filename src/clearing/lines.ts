/**
 * The lines of a day-end file: what happened to vouchers of one bank on one business date, in the order of the payee's
 * journal. A line is the canonical CBOR array `[kind, ref, number, minor]`; lines travel one after another (a CBOR sequence,
 * RFC 8742). A line names the voucher and never its buyer, whom the payee does not know.
 */
import { decodeFirst } from 'cborg'
import { encodeCanonical } from '../canonical.ts'
import { parseVoucherNumber, type VoucherNumber } from '../ids.ts'

/** A line's kind is written as its place in this list. */
export const lineKinds = [
  /** Paid with a voucher. */
  'capture',
  /** Given back to a living voucher on the same business date. */
  'reversal',
  /** A voucher was ended: exactly what was left on it. */
  'termination',
  /** Given back after the date of its payment, to the account that bought the voucher. */
  'refund',
] as const

export type LineKind = (typeof lineKinds)[number]

export interface Line {
  readonly kind: LineKind
  /** The row of the payee's journal that tells of it: never twice. */
  readonly ref: bigint
  readonly number: VoucherNumber
  /** Minor units of the file's asset, more than zero. */
  readonly minor: bigint
}

export function encodeLine({ kind, ref, number, minor }: Line): Uint8Array {
  return encodeCanonical([lineKinds.indexOf(kind), ref, number, minor])
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

const strict = { strict: true, allowIndefinite: false, allowUndefined: false, rejectDuplicateMapKeys: true }

/** Takes lines from the bytes of a part, one at a time. @throws NoLine */
export function* decodeLines(bytes: Uint8Array): Generator<DecodedLine> {
  for (let rest = bytes; rest.length > 0; ) {
    const [value, after] = first(rest)
    const encoded = rest.subarray(0, rest.length - after.length)
    const line = lineOf(value)
    if (!Buffer.from(encodeLine(line)).equals(encoded)) throw new NoLine('not in canonical form')
    yield { ...line, encoded }
    rest = after
  }
}

function first(bytes: Uint8Array): [unknown, Uint8Array] {
  try {
    return decodeFirst(bytes, strict)
  } catch {
    throw new NoLine('it cannot be decoded')
  }
}

function lineOf(value: unknown): Line {
  if (!Array.isArray(value) || value.length !== 4) throw new NoLine('no array of four')
  const [code, ref, text, minor] = value as unknown[]
  const kind = typeof code === 'number' ? lineKinds[code] : undefined
  const number = typeof text === 'string' ? parseVoucherNumber(text) : undefined
  if (kind === undefined) throw new NoLine('an unknown kind')
  if (number === undefined) throw new NoLine('no voucher number')
  return { kind, ref: positive(ref), number, minor: positive(minor) }
}

function positive(value: unknown): bigint {
  const integer = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof integer !== 'bigint' || integer <= 0n || integer >= 1n << 63n) throw new NoLine('no amount or row')
  return integer
}
