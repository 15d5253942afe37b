/**
 * Keys of 32 bytes (RFC 8410), as Node's own functions take them. Handed over as JWK (RFC 8037): on Node 20 that takes 15 µs for a
 * public one and 70 for a private one, where the forms of PKCS #8 and SubjectPublicKeyInfo take 150 and 500.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

export type Curve = 'X25519' | 'Ed25519'

export function publicKeyOf(crv: Curve, bytes: Uint8Array): KeyObject {
  const key = { kty: 'OKP', crv, x: base64url(checked(bytes)) }
  return createPublicKey({ key, format: 'jwk' })
}

export function privateKeyOf(crv: Curve, bytes: Uint8Array): KeyObject {
  const key = { kty: 'OKP', crv, x: unread, d: base64url(checked(bytes)) }
  return createPrivateKey({ key, format: 'jwk' })
}

/** The public half of a private key. */
export function publicBytesOf(key: KeyObject): Uint8Array {
  return Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url')
}

/** The form has the public half too, and Node 20 to 25 make it anew from the private one. */
const unread = base64url(new Uint8Array(32))

function checked(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== 32) throw new RangeError(`a key has 32 bytes, not ${bytes.length}`)
  return bytes
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}
