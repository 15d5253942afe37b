/** Public keys of an audit's own reading, made of the bytes that rows have. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { encode, rfc8949EncodeOptions } from 'cborg'

/** SubjectPublicKeyInfo of Ed25519, RFC 8410 section 4. */
export const keyObject = (bytes: Uint8Array): KeyObject => spki('302a300506032b6570032100', bytes)

/** SubjectPublicKeyInfo of a point on P-256, uncompressed, RFC 5480 section 2. */
export const pointObject = (point: Uint8Array): KeyObject =>
  spki('3059301306072a8648ce3d020106082a8648ce3d030107034200', point)

/** Whether the person with this key signed the message. */
export function verifies(
  { public_key }: { readonly public_key: Uint8Array },
  message: readonly unknown[],
  signature: Uint8Array,
): boolean {
  return verify(null, encode(message, rfc8949EncodeOptions), keyObject(public_key), signature)
}

function spki(head: string, bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([Buffer.from(head, 'hex'), bytes]), format: 'der', type: 'spki' })
}
