/** One question for all who ask meanwhile, and its answer for a moment. */
import { expect, test } from 'vitest'
import { keptAnswer } from '../../src/kept-answer.ts'
import { VirtualRuntime } from '../support/virtual-runtime.ts'

test('is asked for once by all who wait, kept for as long as was said, and then asked for again', () => {
  const runtime = new VirtualRuntime()
  let asked = 0
  const ask = keptAnswer(runtime, 1_000, async () => {
    asked++
    await runtime.sleep(5_000)
    return asked
  })
  return runtime.run(async () => {
    const early = ask()
    await runtime.sleep(4_000)
    expect(await Promise.all([early, ask()])).toEqual([1, 1])
    await runtime.sleep(999)
    expect(await ask()).toBe(1)
    await runtime.sleep(1)
    expect(await ask()).toBe(2)
  })
})

test('a failure is everybody’s who waited, and is not kept', () => {
  const runtime = new VirtualRuntime()
  let asked = 0
  const ask = keptAnswer(runtime, 1_000, async () => {
    asked++
    await runtime.sleep(10)
    if (asked === 1) throw new RangeError('away')
    return asked
  })
  return runtime.run(async () => {
    const both = await Promise.allSettled([ask(), ask()])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await ask()).toBe(2)
  })
})
