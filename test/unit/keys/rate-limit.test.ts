import { expect, test } from 'vitest'
import { RateLimit } from '../../../src/keys/rate-limit.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

test('a burst is let through, then one for each part of a minute, for each subject by itself', () => {
  const runtime = new VirtualRuntime()
  return runtime.run(async () => {
    const limit = new RateLimit(runtime, { burst: 3, perMinute: 6 })
    const take = (times: number, subject = 'a') => Array.from({ length: times }, () => limit.take(subject))
    expect(take(4)).toEqual([true, true, true, false])
    expect(take(1, 'b')).toEqual([true])
    await runtime.sleep(9_000)
    expect(take(1)).toEqual([false])
    await runtime.sleep(1_000)
    expect(take(2)).toEqual([true, false])
    // A wall clock that was set forward fills nothing.
    runtime.jumpWallClock(3_600_000)
    expect(take(1)).toEqual([false])
    await runtime.sleep(3_600_000)
    expect(take(4)).toEqual([true, true, true, false])
  })
})
