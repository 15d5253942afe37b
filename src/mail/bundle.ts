/**
 * Several envelopes in one delivery, answered by as many in the same order, so that a busy hour's activations share one
 * round trip and one commit.
 */
import { z } from 'zod'
import { decodeCanonical, encodeCanonical } from '../canonical.ts'

/** Most envelopes in a delivery. A receiver takes no more, whoever sends them. */
export const bundleSize = 64

const bundle = z.array(z.custom<Uint8Array>(value => value instanceof Uint8Array)).max(bundleSize)

export function encodeBundle(envelopes: readonly Uint8Array[]): Uint8Array {
  return encodeCanonical(envelopes)
}

/** @throws Error when the bytes are no bundle. */
export function decodeBundle(bytes: Uint8Array): Uint8Array[] {
  return bundle.parse(decodeCanonical(bytes))
}
