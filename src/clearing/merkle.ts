/**
 * The Merkle tree of RFC 9162 (section 2.1), over SHA-256: one hash that stands for every line of a file in its order.
 * Lines are added one by one; what is kept meanwhile grows with the logarithm of their number.
 */
import { hash } from 'node:crypto'

const leafPrefix = 0
const nodePrefix = 1

/** What is hashed is put together here: an array of its own for each of a day's hashes was a third of their cost. */
const together = Buffer.alloc(256)

export function leafHash(line: Uint8Array): Uint8Array {
  const length = 1 + line.length
  const buffer = length <= together.length ? together : Buffer.alloc(length)
  buffer[0] = leafPrefix
  buffer.set(line, 1)
  return sha256(buffer.subarray(0, length))
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  together[0] = nodePrefix
  together.set(left, 1)
  together.set(right, 33)
  return sha256(together.subarray(0, 65))
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
      right = { leaves: 2 * right.leaves, hash: nodeHash(left.hash, right.hash) }
    }
    this.#subtrees.push(right)
  }

  /** Of the lines so far; of none, the hash of nothing. */
  root(): Uint8Array {
    const right = this.#subtrees.at(-1)
    if (right === undefined) return sha256(new Uint8Array())
    return this.#subtrees.slice(0, -1).reduceRight((joined, { hash }) => nodeHash(hash, joined), right.hash)
  }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}
