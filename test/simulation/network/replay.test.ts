/** A seed is worth something only if its story can be heard again: told twice, it is the same to the last bit. */
import { hashRaw } from '@node-rs/argon2'
import { expect, test } from 'vitest'
import { tell } from './story.ts'

/** Short ones: whoever is busy beside them makes them ten times as long. */
const seeds = [12, 14]

test('a story is told alike, whatever was told before it, on a machine that is busy with something else', async () => {
  const first = await digestsOf(seeds)
  const again = await beside(hashing, () => digestsOf(seeds.toReversed()))
  expect(again.toReversed()).toEqual(first)
})

async function digestsOf(which: readonly number[]): Promise<string[]> {
  const digests: string[] = []
  for (const seed of which) digests.push((await tell(seed)).digest)
  return digests
}

async function beside<T>(other: () => Promise<unknown>, work: () => Promise<T>): Promise<T> {
  let isOver = false
  const busy = (async () => {
    while (!isOver) await other()
  })()
  return work().finally(() => {
    isOver = true
    return busy
  })
}

/** Short and long ones on the threads that the institutions' own hashes and decryptions wait for. */
async function hashing(): Promise<void> {
  const costs = [8, 256, 8]
  await Promise.all(costs.map(memoryCost => hashRaw('noise', { memoryCost, timeCost: 1, parallelism: 1 })))
}
