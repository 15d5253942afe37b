/** A content under its sender's signature: evidence of what it said, whatever envelope brought it. */
import type { InstitutionId } from '../ids.ts'
import { isSignedBy } from '../keys/keys.ts'
import type { SignedBytes } from './bundle.ts'
import type { Correspondent } from './envelope.ts'
import { type Content, decodeContent, encodeContent } from './letter.ts'
import { keysOf, type Peer } from './peers.ts'

export interface SignedContent {
  readonly content: Content
  /** The signed bytes, their signature, and the id of the key that made it. */
  readonly encoded: Uint8Array
  readonly signature: Uint8Array
  readonly signer: string
}

/** Ed25519 is deterministic (RFC 8032): the same content always has the same signature. */
export async function signContent(
  writer: Correspondent,
  content: Content | Uint8Array,
  to?: InstitutionId,
): Promise<SignedBytes> {
  const encoded = content instanceof Uint8Array ? content : encodeContent(content)
  const signature = await writer.keys.sign('envelope', encoded, to && writer.signing?.(to))
  return [encoded, signature.bytes]
}

/** Undefined when the peer did not sign it, or it names other parties, or is no content. */
export function readSigned(
  self: InstitutionId,
  peer: Peer,
  [encoded, signature]: SignedBytes,
): SignedContent | undefined {
  const key = keysOf(peer, 'envelope').find(each => isSignedBy(each, encoded, { keyId: each.keyId, bytes: signature }))
  if (key === undefined) return undefined
  const signer = key.keyId
  try {
    const content = decodeContent(encoded)
    const isBetweenUs = content.from === peer.institution && content.to === self
    return isBetweenUs ? { content, encoded, signature, signer } : undefined
  } catch {
    return undefined
  }
}
