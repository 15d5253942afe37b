import { expect, test } from 'vitest'
import { BackOff } from '../../src/back-off.ts'
import { Cancellation } from '../../src/runtime.ts'
import { VirtualRuntime } from '../support/virtual-runtime.ts'

test('each pause is about twice the last, up to a limit, until it went well', () => {
  const runtime = new VirtualRuntime({ seed: 5 })
  return runtime.run(async () => {
    const backOff = new BackOff(runtime, { firstMs: 300, mostMs: 1_000 })
    const never = new Cancellation()
    const pause = async () => {
      const before = runtime.monotonicMs()
      expect(await backOff.pause(never)).toBe(true)
      return runtime.monotonicMs() - before
    }
    for (const about of [300, 600, 1_000, 1_000]) {
      const ms = await pause()
      expect(ms).toBeGreaterThanOrEqual((about * 2) / 3)
      expect(ms).toBeLessThanOrEqual((about * 4) / 3)
    }
    backOff.forget()
    expect(await pause()).toBeLessThanOrEqual(400)
    const cancelled = new Cancellation()
    cancelled.cancel('closing')
    expect(await backOff.pause(cancelled)).toBe(false)
  })
})
