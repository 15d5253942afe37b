/** The Argon2id that the bank checks a PIN with, without anything around it. */
import { type Algorithm, hashRaw } from '@node-rs/argon2'
import { defaultCost } from '../../src/keys/hash-pool.ts'

const argon2id = 2 as Algorithm

export function hashOf(pin: string, salt: Uint8Array): Promise<Uint8Array> {
  const { memoryKiB, passes } = defaultCost
  return hashRaw(pin, {
    ...{ algorithm: argon2id, memoryCost: memoryKiB, timeCost: passes, parallelism: 1 },
    ...{ salt, outputLen: 32 },
  })
}
