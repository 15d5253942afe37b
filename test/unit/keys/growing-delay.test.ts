import { expect, test } from 'vitest'
import { GrowingDelay } from '../../../src/keys/growing-delay.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

test('the third refusal is late, each further one twice as late, up to the most; an hour later all is forgotten', () => {
  const runtime = new VirtualRuntime({ seed: 5 })
  return runtime.run(async () => {
    const delay = new GrowingDelay(runtime, { firstMs: 1_000, mostMs: 5_000 })
    const delays = Array.from({ length: 7 }, () => {
      const ms = delay.msOf('a')
      delay.count('a', runtime.monotonicMs() + ms)
      return ms
    })
    expect(delays).toEqual([0, 0, 1_000, 2_000, 4_000, 5_000, 5_000])
    expect(delay.msOf('b')).toBe(0)
    expect([delay.isWaiting('a'), delay.isWaiting('b')]).toEqual([true, false])
    await runtime.sleep(5_000)
    expect(delay.isWaiting('a')).toBe(false)
    await runtime.sleep(3_600_000)
    expect(delay.msOf('a')).toBe(0)
  })
})

test('where none is wanted nobody waits, however often they were refused', () => {
  const delay = new GrowingDelay(new VirtualRuntime({ seed: 5 }), { firstMs: 0, mostMs: 0 })
  for (let i = 0; i < 2_000; i++) delay.count('a', 0)
  expect(delay.msOf('a')).toBe(0)
})
