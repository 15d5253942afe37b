/** Canonical bytes: one value, one encoding (CBOR, RFC 8949 §4.2.1), so that a signature or a digest is of the value. */
import { decode, type EncodeOptions, encode, rfc8949EncodeOptions, type Token } from 'cborg'
import { sameBytes } from './bytes.ts'

const canonical: EncodeOptions = {
  ...rfc8949EncodeOptions,
  // The order is that of the encoded keys. cborg encodes each to compare them, which was half of what a letter cost.
  mapSorter: ([a], [b]) => compareKeys(keyOf(a), keyOf(b)),
}

/** Objects have texts as keys, a `Map` has texts or whole numbers. */
export function encodeCanonical(value: unknown): Uint8Array {
  return encode(value, canonical)
}

/** @throws Error when the bytes are not CBOR, or are not the canonical encoding of what they say. */
export function decodeCanonical(bytes: Uint8Array): unknown {
  return decodeAs(bytes, false)
}

/** As `decodeCanonical`, with every map as a `Map`, since its keys may be numbers. @throws Error as that */
export function decodeCanonicalMaps(bytes: Uint8Array): unknown {
  return decodeAs(bytes, true)
}

function decodeAs(bytes: Uint8Array, useMaps: boolean): unknown {
  const value: unknown = decode(bytes, {
    strict: true,
    allowIndefinite: false,
    allowUndefined: false,
    rejectDuplicateMapKeys: true,
    useMaps,
  })
  // cborg checks neither the order of keys nor the width of floats; encoding again checks everything.
  if (!sameBytes(encodeCanonical(value), bytes)) throw new Error('not in canonical form')
  return value
}

/** Whole numbers from 0 up, then negative ones from −1 down, then texts: the order of their first bytes. */
function compareKeys(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b)
  if (typeof a === 'number' && typeof b === 'number')
    return a < 0 === b < 0 ? Math.abs(a) - Math.abs(b) : a < 0 ? 1 : -1
  if (typeof a === 'number' && typeof b === 'string') return -1
  if (typeof a === 'string' && typeof b === 'number') return 1
  throw new TypeError('a key is neither a text nor a number')
}

const utf8 = new TextEncoder()

/** An encoded text begins with its length in bytes of UTF-8, so the shorter of two comes first. */
function compareTexts(a: string, b: string): number {
  // Where there are as many bytes as characters it is ASCII, whose order is that of the bytes.
  if (isAscii(a) && isAscii(b)) return a.length - b.length || (a < b ? -1 : 1)
  const [aBytes, bBytes] = [utf8.encode(a), utf8.encode(b)]
  if (aBytes.length !== bBytes.length) return aBytes.length - bBytes.length
  const at = aBytes.findIndex((byte, i) => byte !== bBytes[i])
  return (aBytes[at] ?? 0) - (bBytes[at] ?? 0)
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

function keyOf(token: Token | Token[] | undefined): unknown {
  return token === undefined || Array.isArray(token) ? undefined : token.value
}
