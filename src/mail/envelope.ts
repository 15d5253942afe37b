/**
 * Signed, then encrypted to one institution: what a letter, a receipt, a query or an answer travels in. The signature is
 * over the content, which names sender and receiver, so that a receiver can neither change it nor pass it on as sent to
 * another; the encryption is bound to the outside of the envelope (HPKE, RFC 9180, base mode).
 */

import { z } from 'zod'
import { decodeCanonical, encodeCanonical } from '../canonical.ts'
import { type InstitutionId, institutionIdShape } from '../ids.ts'
import { seal } from '../keys/hpke.ts'
import { isSignedBy, type KeyStore } from '../keys/keys.ts'
import type { Runtime } from '../runtime.ts'
import { type Content, decodeContent, encodeContent } from './letter.ts'
import type { Peer } from './peers.ts'

/** Who writes and opens envelopes. */
export interface Correspondent {
  readonly institution: InstitutionId
  readonly keys: KeyStore
  readonly runtime: Runtime
}

const bytes = z.custom<Uint8Array>(value => value instanceof Uint8Array)
const outside = z.object({
  version: z.literal(1),
  from: institutionIdShape,
  to: institutionIdShape,
  signer: z.string(),
  sealedTo: z.string(),
  sealed: bytes,
})
const inside = z.tuple([bytes, bytes])

/**
 * Signs and encrypts. Ed25519 is deterministic (RFC 8032): the same content always has the same signature, though never
 * the same envelope.
 */
export async function sealEnvelope(
  writer: Correspondent,
  to: Peer,
  content: Content | Uint8Array,
): Promise<Uint8Array> {
  const encoded = content instanceof Uint8Array ? content : encodeContent(content)
  const signature = await writer.keys.sign('envelope', encoded)
  const address = {
    version: 1 as const,
    from: writer.institution,
    to: to.institution,
    signer: signature.keyId,
    sealedTo: to.receiving.keyId,
  }
  const plain = encodeCanonical([encoded, signature.bytes])
  const { bytes: sealed } = await seal(writer.runtime, to.receiving, plain, contextOf(address))
  return encodeCanonical({ ...address, sealed })
}

export interface OpenedEnvelope {
  readonly peer: Peer
  readonly content: Content
  /** The signed bytes, their signature, and the id of the key that made it: evidence. */
  readonly encoded: Uint8Array
  readonly signature: Uint8Array
  readonly signer: string
}

/** The envelope is not for us, not from a pinned peer, or not what the peer signed. */
export class UnbelievableEnvelope extends Error {
  constructor(reason: string) {
    super(`an envelope that cannot be believed: ${reason}`)
    this.name = 'UnbelievableEnvelope'
  }
}

/** @throws UnbelievableEnvelope */
export async function openEnvelope(
  writer: Correspondent,
  peerOf: (id: InstitutionId) => Peer | undefined,
  bytes: Uint8Array,
): Promise<OpenedEnvelope> {
  try {
    return await open(writer, peerOf, bytes)
  } catch (error) {
    if (error instanceof UnbelievableEnvelope) throw error
    throw new UnbelievableEnvelope('it cannot be read')
  }
}

async function open(
  { institution: self, keys }: Correspondent,
  peerOf: (id: InstitutionId) => Peer | undefined,
  bytes: Uint8Array,
) {
  const { sealed, ...address } = outside.parse(decodeCanonical(bytes))
  const peer = peerOf(address.from)
  if (address.to !== self) throw new UnbelievableEnvelope(`it is for ${address.to}`)
  if (peer === undefined) throw new UnbelievableEnvelope('its sender is not pinned')
  if (address.signer !== peer.signing.keyId) throw new UnbelievableEnvelope('its signing key is not the pinned one')
  const opened = await keys.open({ keyId: address.sealedTo, bytes: sealed }, contextOf(address))
  const [encoded, signature] = inside.parse(decodeCanonical(opened))
  if (!isSignedBy(peer.signing, encoded, { keyId: address.signer, bytes: signature }))
    throw new UnbelievableEnvelope('its signature is wrong')
  const content = decodeContent(encoded)
  if (content.from !== peer.institution || content.to !== self) {
    throw new UnbelievableEnvelope('its content names other parties')
  }
  return { peer, content, encoded, signature, signer: address.signer }
}

function contextOf(address: Omit<z.output<typeof outside>, 'sealed'>): Uint8Array {
  const { version, from, to, signer, sealedTo } = address
  return encodeCanonical(['tonebank envelope', version, from, to, signer, sealedTo])
}
