/** When it is said of one of several Asterisk that its last call has ended. */
import { expect, test } from 'vitest'
import { drainAsterisk } from '../../../src/operations/drain-asterisk.ts'
import type { OtherEnd } from '../../../src/operations/owner/operation.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

/** How an Asterisk that has these numbers of calls, one look after another and the last for ever, is drained; and what is told meanwhile. */
async function drained(counts: readonly (number | undefined)[], goneAfterLooks = Number.POSITIVE_INFINITY) {
  const told: number[] = []
  let looks = 0
  let leave: () => void = () => {}
  const asterisks = {
    drainAsterisk: async () => 'told' as const,
    callersAt: async () => {
      const count = counts[Math.min(looks, counts.length - 1)]
      looks++
      if (looks >= goneAfterLooks) leave()
      return count
    },
  }
  const asker: OtherEnd<never, { readonly calls: number }> = {
    tell: ({ calls }) => void told.push(calls),
    listen: ({ gone }) => {
      leave = gone
    },
  }
  const runtime = new VirtualRuntime()
  const { outcome } = await runtime.run(() => drainAsterisk(asterisks, { asterisk: '1', back: false }, asker, runtime))
  return { outcome, told, tookMs: runtime.monotonicMs() }
}

test('it has ended when there has been no call for four seconds: one was on its way when it was drained', async () => {
  const { outcome, told, tookMs } = await drained([0, 0, 1, 1, 0])
  expect(outcome).toBe('ended')
  expect(told).toEqual([0, 1, 0])
  expect(tookMs).toBe(4 * 500 + 4_000)
})

test('an Asterisk that does not say has not ended', async () => {
  const { outcome, told } = await drained([2, undefined, undefined], 40)
  expect(outcome).toBe('unwatched')
  expect(told).toEqual([2])
})

test('it is not said to have ended because nobody asks any more', async () => {
  expect((await drained([1], 3)).outcome).toBe('unwatched')
})
