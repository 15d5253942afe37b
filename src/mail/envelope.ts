/**
 * What travels between two institutions: one bundle, encrypted to its receiver (HPKE, RFC 9180, base mode) and signed by
 * its sender on the outside. The signature covers the sealed bytes, so that a forgery is refused for the price of one
 * hash and one verification, before anything is decrypted or decoded. A reply carries the nonce of the bundle that it
 * answers, so that one that was recorded answers nothing.
 *
 *     'TBE2' | length of header, 2 bytes | header, canonical CBOR | signature, 64 bytes | sealed, the rest
 */

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { bytes, sameBytes } from '../bytes.ts'
import { decodeCanonical, encodeCanonical } from '../canonical.ts'
import { type InstitutionId, institutionIdShape } from '../ids.ts'
import { seal } from '../keys/hpke.ts'
import { isSignedBy, type KeyStore } from '../keys/keys.ts'
import type { Runtime } from '../runtime.ts'
import { keysOf, type Peer } from './peers.ts'

/** Who writes and opens envelopes. */
export interface Correspondent {
  readonly institution: InstitutionId
  readonly keys: KeyStore
  readonly runtime: Runtime
  /** The key to sign with for a peer that does not know the newest yet; without it the one in use. */
  readonly signing?: (to: InstitutionId) => string
}

/** Most bytes of an envelope. A receiver takes no more, whoever sends them. */
export const envelopeLimit = 1 << 20

const nonceLength = 16
const magic = Buffer.from('TBE2')
const signatureLength = 64
const headerLimit = 1_024

const header = z.strictObject({
  kind: z.enum(['bundle', 'reply']),
  from: institutionIdShape,
  to: institutionIdShape,
  nonce: bytes.refine(nonce => nonce.length === nonceLength),
  signer: z.string(),
  sealedTo: z.string(),
})

export type EnvelopeKind = z.output<typeof header>['kind']

/** 128 bits that no bundle has had before. */
export function freshNonce(runtime: Runtime): Uint8Array {
  return runtime.random(nonceLength)
}

/** Encrypts `content` to a peer, and signs what comes of it. */
export async function sealEnvelope(
  writer: Correspondent,
  to: Peer,
  { kind, nonce }: { readonly kind: EnvelopeKind; readonly nonce: Uint8Array },
  content: Uint8Array,
): Promise<Uint8Array> {
  const signer = writer.signing?.(to.institution) ?? writer.keys.publicKey('envelope').keyId
  const head = encodeCanonical({
    ...{ kind, from: writer.institution, to: to.institution, nonce, signer, sealedTo: to.receiving.keyId },
  })
  const { bytes: sealed } = await seal(writer.runtime, to.receiving, content, contextOf(head))
  const signature = await writer.keys.sign('envelope', signedBytes(head, sealed), signer)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(head.length)
  const envelope = Buffer.concat([magic, length, head, signature.bytes, sealed])
  if (head.length > headerLimit || envelope.length > envelopeLimit)
    throw new RangeError(`an envelope of ${envelope.length} bytes, of which ${head.length} are its header`)
  return envelope
}

/** An envelope whose signature is right. It has not been decrypted. */
export interface GenuineEnvelope {
  readonly peer: Peer
  readonly kind: EnvelopeKind
  readonly nonce: Uint8Array
  readonly signer: string
  readonly sealedTo: string
  readonly header: Uint8Array
  readonly sealed: Uint8Array
}

/** The envelope is not for us, not from a pinned peer, or not what the peer signed. */
export class UnbelievableEnvelope extends Error {
  constructor(reason: string) {
    super(`an envelope that cannot be believed: ${reason}`)
    this.name = 'UnbelievableEnvelope'
  }
}

/** Believes an envelope or not. Nothing but its header, a kilobyte at most, is decoded. @throws UnbelievableEnvelope */
export function believeEnvelope(
  { institution: self }: Correspondent,
  peerOf: (id: InstitutionId) => Peer | undefined,
  envelope: Uint8Array,
): GenuineEnvelope {
  const { head, signature, sealed } = parts(envelope)
  const read = readHeader(head)
  if (read.to !== self) throw new UnbelievableEnvelope(`it is for ${read.to}`)
  const peer = peerOf(read.from)
  if (peer === undefined) throw new UnbelievableEnvelope('its sender is not pinned')
  const key = keysOf(peer, 'envelope').find(({ keyId }) => keyId === read.signer)
  if (key === undefined) throw new UnbelievableEnvelope('its signing key is not one by which its sender is known')
  if (!isSignedBy(key, signedBytes(head, sealed), { keyId: read.signer, bytes: signature }))
    throw new UnbelievableEnvelope('its signature is wrong')
  const { kind, nonce, signer, sealedTo } = read
  return { peer, kind, nonce, signer, sealedTo, header: head, sealed }
}

/** Decrypts what was believed. @throws UnbelievableEnvelope */
export async function openEnvelope({ keys }: Correspondent, envelope: GenuineEnvelope): Promise<Uint8Array> {
  try {
    return await keys.open({ keyId: envelope.sealedTo, bytes: envelope.sealed }, contextOf(envelope.header))
  } catch {
    throw new UnbelievableEnvelope('it cannot be opened')
  }
}

/** Opens the reply to one bundle. @throws UnbelievableEnvelope when it answers another. */
export async function openReply(
  reader: Correspondent,
  from: Peer,
  nonce: Uint8Array,
  envelope: Uint8Array,
): Promise<Uint8Array> {
  const genuine = believeEnvelope(reader, id => (id === from.institution ? from : undefined), envelope)
  if (genuine.kind !== 'reply') throw new UnbelievableEnvelope('it is no reply')
  if (!sameBytes(genuine.nonce, nonce)) throw new UnbelievableEnvelope('it answers another bundle')
  return openEnvelope(reader, genuine)
}

function parts(envelope: Uint8Array) {
  const whole = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength)
  const start = magic.length + 2
  if (whole.length < start || whole.length > envelopeLimit || !whole.subarray(0, magic.length).equals(magic))
    throw new UnbelievableEnvelope('it cannot be read')
  const end = start + whole.readUInt16BE(magic.length)
  if (end - start > headerLimit || whole.length < end + signatureLength)
    throw new UnbelievableEnvelope('it cannot be read')
  return {
    head: whole.subarray(start, end),
    signature: whole.subarray(end, end + signatureLength),
    sealed: whole.subarray(end + signatureLength),
  }
}

function readHeader(head: Uint8Array): z.output<typeof header> {
  try {
    return header.parse(decodeCanonical(head))
  } catch {
    throw new UnbelievableEnvelope('it cannot be read')
  }
}

function signedBytes(head: Uint8Array, sealed: Uint8Array): Uint8Array {
  return encodeCanonical(['tonebank envelope', 2, head, createHash('sha256').update(sealed).digest()])
}

function contextOf(head: Uint8Array): Uint8Array {
  return encodeCanonical(['tonebank envelope', 2, head])
}
