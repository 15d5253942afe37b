import { expect, test } from 'vitest'
import { Tries, triesMigrations } from '../../../src/keys/tries.ts'
import { openStore } from '../../../src/store/open.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

function openTries() {
  const runtime = new VirtualRuntime({ seed: 31 })
  const store = openStore({ runtime, at: { memory: 'empty' }, migrations: triesMigrations })
  return { runtime, store, tries: new Tries({ store, runtime, tenant: 'shop', secret: 'password' }) }
}

test('tries that are given back while one is looked at do not count, nor does that one lock', () => {
  const { runtime, store, tries } = openTries()
  return runtime.run(async () => {
    const wrong = async () => 'wrong' as const
    const left = async (_tx: unknown, _comparison: unknown, triesLeft: number) => triesLeft
    for (const expected of [2, 1]) {
      expect(await tries.attempt('6180', wrong, left)).toMatchObject({ triesLeft: expected })
    }
    // Somebody guessed at an unsold number; its sale comes while the third guess is compared.
    const soldMeanwhile = async () => {
      await store.execute(tx => tries.clear(tx, '6180'))
      return wrong()
    }
    expect(await tries.attempt('6180', soldMeanwhile, left)).toEqual({ outcome: 'wrong', triesLeft: 3, value: 3 })
    expect(await tries.attempt('6180', wrong, left)).toMatchObject({ triesLeft: 2 })
    await store.close()
  })
})
