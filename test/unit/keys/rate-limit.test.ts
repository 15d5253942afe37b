import { expect, test } from 'vitest'
import { OriginLimit, RateLimit, takeFromAll } from '../../../src/keys/rate-limit.ts'
import { phoneOf } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

test('who hammers at one number is slowed alone, and leaves the others their share', () => {
  const runtime = new VirtualRuntime({ seed: 32 })
  const perNumber = new RateLimit(runtime, { burst: 2, perMinute: 1 })
  const overall = new RateLimit(runtime, { burst: 5, perMinute: 1 })
  const take = (number: string) => takeFromAll([perNumber, number], [overall, 'all'])
  expect(Array.from({ length: 100 }, () => take('6180')).filter(Boolean)).toHaveLength(2)
  // Three of the five are left for everybody else, and then none.
  expect(['1', '2', '3', '4'].map(take)).toEqual([true, true, true, false])
})

test('a caller has a bucket of his own, and those who withhold their number have one together', () => {
  const runtime = new VirtualRuntime({ seed: 33 })
  const rates = { caller: { burst: 2, perMinute: 1 }, withheld: { burst: 3, perMinute: 1 } }
  const perOrigin = new OriginLimit(runtime, rates)
  const take = (number: string | undefined) => takeFromAll(perOrigin.bucketOf(phoneOf(number)))
  expect(['2001', '2001', '2001', '2002'].map(take)).toEqual([true, true, false, true])
  expect([undefined, undefined, undefined, undefined].map(take)).toEqual([true, true, true, false])
  // Nobody can call himself what those are called who have no name.
  expect(take('withheld')).toBe(true)
})
