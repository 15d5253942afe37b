/** What the other end of a TLS connection has proved. Certificates are believed for their key alone. */
import type { TLSSocket } from 'node:tls'

/** The Ed25519 key that the other end proved to have; undefined when it showed none. */
export function provenKey(socket: TLSSocket): Uint8Array | undefined {
  const key = socket.getPeerX509Certificate()?.publicKey
  // SubjectPublicKeyInfo ends with the 32 bytes (RFC 8410 section 4).
  return key?.asymmetricKeyType === 'ed25519' ? key.export({ format: 'der', type: 'spki' }).subarray(-32) : undefined
}
