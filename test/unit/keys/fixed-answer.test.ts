import { expect, test } from 'vitest'
import { answerAtFixedInstant } from '../../../src/keys/fixed-answer.ts'
import { DeadlineExceeded } from '../../../src/runtime.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const isRefused = (answer: string) => answer === 'refused'

/** When the answer came, in ms after the request. */
function timed(workMs: number, answer: string | Error, delayMs = 0): Promise<number> {
  const runtime = new VirtualRuntime({ seed: 34 })
  return runtime.run(async () => {
    await runtime.sleep(123)
    const beganMs = runtime.monotonicMs()
    const answered = answerAtFixedInstant(runtime, { isRefused, delayMs }, async () => {
      await runtime.sleep(workMs)
      if (answer instanceof Error) throw answer
      return answer
    })
    await answered.catch(() => {})
    return runtime.monotonicMs() - beganMs
  })
}

test('a refusal leaves one second after its request, however long it took to find', async () => {
  for (const workMs of [0, 1, 40, 999]) expect(await timed(workMs, 'refused')).toBe(1_000)
  expect(await timed(40, 'refused', 4_000)).toBe(5_000)
})

test('a success leaves at once', async () => {
  for (const workMs of [0, 40, 2_345]) expect(await timed(workMs, 'open', 4_000)).toBe(workMs)
})

test('what took longer than that leaves at a whole second', async () => {
  expect(await timed(1_001, 'refused')).toBe(2_000)
  expect(await timed(3_456, 'refused')).toBe(4_000)
})

test('a fault leaves when a refusal would, as it may be a fault of what exists', async () => {
  expect(await timed(40, new Error('changed'))).toBe(1_000)
})

test('whoever is asked elsewhere has an answer in time, or none', () => {
  const runtime = new VirtualRuntime({ seed: 35 })
  return runtime.run(async () => {
    for (const takesMs of [10, 600, 800, 60_000]) {
      const beganMs = runtime.monotonicMs()
      const answer = await answerAtFixedInstant(runtime, { isRefused }, async elsewhere => {
        await runtime.sleep(50)
        const asked = runtime.sleep(takesMs).then(() => 'found')
        return elsewhere.ask('a bank', asked).catch(error => {
          expect(error).toBeInstanceOf(DeadlineExceeded)
          return 'refused'
        })
      })
      expect(answer).toBe(takesMs < 700 ? 'found' : 'refused')
      if (answer === 'refused') expect(runtime.monotonicMs() - beganMs).toBe(1_000)
    }
  })
})
