/**
 * The Merkle tree of RFC 9162 (section 2.1), over SHA-256: one hash that stands for every line of a file in its order.
 * Lines are added one by one; what is kept meanwhile grows with the logarithm of their number.
 */
import { hash } from 'node:crypto'

const leafPrefix = Uint8Array.of(0)
const nodePrefix = Uint8Array.of(1)

export function leafHash(line: Uint8Array): Uint8Array {
  return sha256(leafPrefix, line)
}

interface Subtree {
  readonly leaves: number
  readonly hash: Uint8Array
}

export class MerkleTree {
  /** Full subtrees, the largest first. */
  readonly #subtrees: Subtree[] = []

  addLeaf(hash: Uint8Array): void {
    let right: Subtree = { leaves: 1, hash }
    for (let left = this.#subtrees.at(-1); left?.leaves === right.leaves; left = this.#subtrees.at(-1)) {
      this.#subtrees.pop()
      right = { leaves: 2 * right.leaves, hash: sha256(nodePrefix, left.hash, right.hash) }
    }
    this.#subtrees.push(right)
  }

  /** Of the lines so far; of none, the hash of nothing. */
  root(): Uint8Array {
    const right = this.#subtrees.at(-1)
    if (right === undefined) return sha256()
    return this.#subtrees.slice(0, -1).reduceRight((joined, { hash }) => sha256(nodePrefix, hash, joined), right.hash)
  }
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return hash('sha256', parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts), 'buffer')
}
