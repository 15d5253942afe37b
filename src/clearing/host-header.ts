/**
 * The header of a host's file: which payees' files it has as its sections, and what they come to together. A section is a file as
 * a payee by itself would send it, with a number, a hash and a result of its own (`header.ts`).
 */
import { z } from 'zod'
import { decodeCanonical, encodeCanonical } from '../canonical.ts'
import { integer } from '../mail/letter.ts'
import { bytes32, headerParts } from './header-parts.ts'
import { leafHash, MerkleTree } from './merkle.ts'

const count = integer.refine(number => number >= 0n)

const hostHeader = z.strictObject({
  format: z.literal('tonebank host day end 2'),
  /** The cut-off is that of all its payees. */
  ...headerParts,
  /** How many it has, by the bytes of their payees' ids, and how many lines those have together. */
  sections: count,
  lines: count,
  /** Over the hashes of its sections in their order (`merkle.ts`). */
  root: bytes32,
})

export type HostHeader = z.output<typeof hostHeader>

export function encodeHostHeader(value: HostHeader): Uint8Array {
  return encodeCanonical(value)
}

/** @throws Error when the bytes are no header of a host's file. */
export function decodeHostHeader(encoded: Uint8Array): HostHeader {
  return hostHeader.parse(decodeCanonical(encoded))
}

export function rootOfSections(hashes: readonly Uint8Array[]): Uint8Array {
  const tree = new MerkleTree()
  for (const hash of hashes) tree.addLeaf(leafHash(hash))
  return new Uint8Array(tree.root())
}
