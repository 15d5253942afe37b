/** The slow hash by itself, one after another: what verifying cannot be faster than. */
import { type Algorithm, hashRaw } from '@node-rs/argon2'
import type { HashCost } from '../../src/keys/hash-pool.ts'

/** Hashes per second. */
export async function hashAlone(count: number, cost: HashCost): Promise<number> {
  const options = {
    algorithm: 2 as Algorithm,
    memoryCost: cost.memoryKiB,
    timeCost: cost.passes,
    parallelism: 1,
    outputLen: 32,
    salt: new Uint8Array(16),
  }
  const start = performance.now()
  for (let i = 0; i < count; i++) await hashRaw('604812', options)
  return (count / (performance.now() - start)) * 1_000
}
