/**
 * What an envelope holds: several signed contents in one delivery, so that a busy hour's activations share one round trip
 * and one commit, and the head of the sender's change log. A reply holds as many contents in the same order, or nothing in
 * the place of one that is not answered.
 */

import { z } from 'zod'
import { bytes } from '../bytes.ts'
import { decodeCanonical, encodeCanonical } from '../canonical.ts'
import { type SignedLogHead, signedLogHead } from './log-heads.ts'

/** Most contents in a delivery. A receiver takes no more, whoever sends them. */
export const bundleSize = 64

/** Most bytes of contents that a courier puts into one delivery: with signatures and header they stay below `envelopeLimit`. */
export const bundleBytes = 768 << 10

/**
 * Of the bulk stream: a few letters at a time. Whoever receives a bundle decodes, judges and commits it at a stretch, and nobody
 * waits for a file as somebody waits for an activation.
 */
export const bulkBundleBytes = 64 << 10

const bytes32 = bytes.refine(key => key.length === 32)
const bundle = z.strictObject({
  contents: z.array(z.union([z.tuple([bytes, bytes]), z.null()])).max(bundleSize),
  log: z.union([signedLogHead, z.null()]),
  refused: z.string().max(200).optional(),
  receiving: z.strictObject({ keyId: z.string().max(100), bytes: bytes32 }).optional(),
})

/** A content's canonical bytes, and their signature by the sender's envelope key. */
export type SignedBytes = readonly [encoded: Uint8Array, signature: Uint8Array]

export interface Bundle {
  readonly contents: readonly (SignedBytes | null)[]
  /** Null: the sender's change log has no record yet. */
  readonly log: SignedLogHead | null
  /** Of a reply without contents: why the bundle, which is genuine, could not be read. It has to be sent anew. */
  readonly refused?: string | undefined
  /**
   * Where the other end may know no key any more that its sender can open with: to which one the reply to this bundle, or the bundle
   * that was refused, is to be sealed. It counts for that alone: a letter tells the key.
   */
  readonly receiving?: ReceivingKey | undefined
}

export interface ReceivingKey {
  readonly keyId: string
  readonly bytes: Uint8Array
}

export function encodeBundle({ contents, log, refused, receiving }: Bundle): Uint8Array {
  return encodeCanonical({
    ...{ contents, log, ...(refused !== undefined && { refused }) },
    ...(receiving !== undefined && { receiving: { keyId: receiving.keyId, bytes: receiving.bytes } }),
  })
}

/** @throws Error when the bytes are no bundle. */
export function decodeBundle(encoded: Uint8Array): Bundle {
  return bundle.parse(decodeCanonical(encoded))
}
