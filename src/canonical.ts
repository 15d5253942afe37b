/** Canonical bytes: one value, one encoding (CBOR, RFC 8949 §4.2.1), so that a signature or a digest is of the value. */
import { decode, type EncodeOptions, encode, rfc8949EncodeOptions, type Token } from 'cborg'

const canonical: EncodeOptions = {
  ...rfc8949EncodeOptions,
  // The order is that of the encoded keys. cborg encodes each to compare them, which was half of what a letter cost.
  mapSorter: ([a], [b]) => compareKeys(textOf(a), textOf(b)),
}

export function encodeCanonical(value: unknown): Uint8Array {
  return encode(value, canonical)
}

/** @throws Error when the bytes are not CBOR, or are not the canonical encoding of what they say. */
export function decodeCanonical(bytes: Uint8Array): unknown {
  const value: unknown = decode(bytes, {
    strict: true,
    allowIndefinite: false,
    allowUndefined: false,
    rejectDuplicateMapKeys: true,
  })
  // cborg checks neither the order of keys nor the width of floats; encoding again checks everything.
  if (!Buffer.from(encodeCanonical(value)).equals(bytes)) throw new Error('not in canonical form')
  return value
}

/** An encoded text begins with its length in bytes of UTF-8, so the shorter of two comes first. */
function compareKeys(a: string, b: string): number {
  const [aLength, bLength] = [Buffer.byteLength(a), Buffer.byteLength(b)]
  if (aLength !== bLength) return aLength - bLength
  // As many bytes as characters: ASCII, whose order is that of the bytes.
  if (aLength === a.length && bLength === b.length) return a < b ? -1 : 1
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function textOf(key: Token | Token[] | undefined): string {
  if (key === undefined || Array.isArray(key) || typeof key.value !== 'string')
    throw new TypeError('a key is not a text')
  return key.value
}
