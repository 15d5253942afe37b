/** Long work in slices: at once while nobody else wants the writer, and after those who do while somebody does. */
import { describe, expect, test } from 'vitest'
import { Slices } from '../../../src/clearing/slices.ts'
import { openStore } from '../../../src/store/open.ts'
import type { Store, Tx } from '../../../src/store/store.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const nothing = async (tx: Tx) => void (await tx.all('SELECT 1'))

/** Ten slices, and the instants at which they were carried out. */
async function tenSlices(slices: Slices, runtime: VirtualRuntime): Promise<number[]> {
  const at: number[] = []
  for (let i = 0; i < 10; i++) at.push(await slices.execute(async () => runtime.monotonicMs()))
  return at
}

function stage(body: (parts: { runtime: VirtualRuntime; store: Store; slices: Slices }) => Promise<void>) {
  const runtime = new VirtualRuntime()
  return runtime.run(async () => {
    const store = openStore({ runtime, at: { memory: 'empty' }, migrations: [] })
    await body({ runtime, store, slices: new Slices({ runtime, store }) })
    await store.close()
  })
}

describe('slices', () => {
  test('go on at once while nobody waits for the writer, and after commands that nobody waits for', () =>
    stage(async ({ runtime, store, slices }) => {
      expect(await tenSlices(slices, runtime)).toEqual(Array(10).fill(0))
      await store.execute(nothing, 'unhurried')
      await slices.breathe()
      expect(await tenSlices(slices, runtime)).toEqual(Array(10).fill(0))
    }))

  test('begin just after an answer while somebody else waits for the writer, one after each', () =>
    stage(async ({ runtime, store, slices }) => {
      await store.execute(nothing)
      const answeredAt: number[] = []
      let isOver = false
      const others = (async () => {
        while (!isOver) {
          await store.execute(nothing)
          answeredAt.push(runtime.monotonicMs())
          await runtime.sleep(25)
        }
      })()
      const at = await tenSlices(slices, runtime)
      isOver = true
      await others
      // Others were answered at 0, 25, 50 … ms. What an answer still needs of the thread comes first.
      expect(at).toEqual([3, 28, 53, 78, 103, 128, 153, 178, 203, 228])
      expect(answeredAt).toContain((at[9] ?? 0) - 3)
    }))

  test('wait no longer than 30 ms for an answer, and no more at all a second after the last one', () =>
    stage(async ({ runtime, store, slices }) => {
      await store.execute(nothing)
      const at = await tenSlices(slices, runtime)
      expect(at.slice(0, 3)).toEqual([30, 61, 92])
      await runtime.sleep(1_000)
      expect(new Set(await tenSlices(slices, runtime)).size).toBe(1)
    }))

  test('rest between stretches of other work only while somebody waits for the writer', () =>
    stage(async ({ runtime, store, slices }) => {
      await slices.breathe()
      expect(runtime.monotonicMs()).toBe(0)
      await store.execute(nothing)
      await slices.breathe()
      expect(runtime.monotonicMs()).toBe(1)
    }))

  test('end when they are closed: the next one is refused, and no wait holds that up', () =>
    stage(async ({ runtime, store, slices }) => {
      await store.execute(nothing)
      const under = slices.execute(async () => {})
      slices.close()
      await expect(under).rejects.toThrow('closing')
      await expect(slices.execute(async () => {})).rejects.toThrow('closing')
      await expect(slices.breathe()).rejects.toThrow('closing')
      expect(runtime.monotonicMs()).toBe(0)
    }))
})
