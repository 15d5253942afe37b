/** Canonical bytes: one value, one encoding (CBOR, RFC 8949 §4.2.1), so that a signature or a digest is of the value. */
import { decode, encode, rfc8949EncodeOptions } from 'cborg'

export function encodeCanonical(value: unknown): Uint8Array {
  return encode(value, rfc8949EncodeOptions)
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
