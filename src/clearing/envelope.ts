/**
 * Signed, then encrypted to one institution: what a letter, a receipt, a query or an answer travels in. The signature is
 * over the content, which names sender and receiver, so that a receiver can neither change it nor pass it on as sent to
 * another; the encryption is bound to the outside of the envelope (HPKE, RFC 9180, base mode).
 */
import { z } from 'zod'
import { decodeCanonical, encodeCanonical } from './canonical.ts'
import { type Content, decodeContent, encodeContent } from './letter.ts'
import type { Peer, PeerCard, PublicKey } from './peers.ts'

/** What an institution does with its own keys, and everybody's public ones. */
export interface EnvelopeKeys {
  readonly card: PeerCard
  sign(content: Uint8Array): Promise<Uint8Array>
  verify(key: PublicKey, content: Uint8Array, signature: Uint8Array): Promise<boolean>
  seal(to: PublicKey, context: Uint8Array, plain: Uint8Array): Promise<Uint8Array>
  /** `keyId`: the own key it was sealed to; a replaced one still opens what was sent before. */
  unseal(keyId: string, context: Uint8Array, sealed: Uint8Array): Promise<Uint8Array>
}

const bytes = z.custom<Uint8Array>(value => value instanceof Uint8Array)
const outside = z.object({
  version: z.literal(1),
  from: z.string(),
  to: z.string(),
  signer: z.string(),
  sealedTo: z.string(),
  sealed: bytes,
})
const inside = z.tuple([bytes, bytes])

export interface SealedEnvelope {
  readonly bytes: Uint8Array
  readonly encoded: Uint8Array
}

/** Signs and encrypts. Ed25519 is deterministic (RFC 8032): the same content always has the same signature. */
export async function sealEnvelope(
  keys: EnvelopeKeys,
  to: Peer,
  content: Content | Uint8Array,
): Promise<SealedEnvelope> {
  const encoded = content instanceof Uint8Array ? content : encodeContent(content)
  const signature = await keys.sign(encoded)
  const address = {
    version: 1,
    from: keys.card.institution,
    to: to.institution,
    signer: keys.card.signing.id,
    sealedTo: to.sealing.id,
  }
  const sealed = await keys.seal(to.sealing, contextOf(address), encodeCanonical([encoded, signature]))
  return { bytes: encodeCanonical({ ...address, sealed }), encoded }
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
  keys: EnvelopeKeys,
  peerOf: (id: string) => Peer | undefined,
  bytes: Uint8Array,
): Promise<OpenedEnvelope> {
  try {
    return await open(keys, peerOf, bytes)
  } catch (error) {
    if (error instanceof UnbelievableEnvelope) throw error
    throw new UnbelievableEnvelope('it cannot be read')
  }
}

async function open(keys: EnvelopeKeys, peerOf: (id: string) => Peer | undefined, bytes: Uint8Array) {
  const { sealed, ...address } = outside.parse(decodeCanonical(bytes))
  const self = keys.card.institution
  const peer = peerOf(address.from)
  if (address.to !== self) throw new UnbelievableEnvelope(`it is for ${address.to}`)
  if (peer === undefined) throw new UnbelievableEnvelope('its sender is not pinned')
  if (address.signer !== peer.signing.id) throw new UnbelievableEnvelope('its signing key is not the pinned one')
  const opened = await keys.unseal(address.sealedTo, contextOf(address), sealed)
  const [encoded, signature] = inside.parse(decodeCanonical(opened))
  if (!(await keys.verify(peer.signing, encoded, signature))) throw new UnbelievableEnvelope('its signature is wrong')
  const content = decodeContent(encoded)
  if (content.from !== peer.institution || content.to !== self) {
    throw new UnbelievableEnvelope('its content names other parties')
  }
  return { peer, content, encoded, signature, signer: address.signer }
}

function contextOf(address: Omit<z.output<typeof outside>, 'sealed' | 'version'> & { version: number }): Uint8Array {
  const { version, from, to, signer, sealedTo } = address
  return encodeCanonical(['tonebank envelope', version, from, to, signer, sealedTo])
}
