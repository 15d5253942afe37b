/** A simulation that cannot come to an end must say so, or a build server waits for it until nobody knows why. */
import { expect, test } from 'vitest'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

test('a run in which somebody always sleeps, and that waits for what never comes, is ended', async () => {
  const runtime = new VirtualRuntime()
  const heartbeat = async () => {
    for (;;) await runtime.sleep(1_000)
  }
  const waits = runtime.run(() => {
    void heartbeat()
    return new Promise<void>(() => {})
  }, 50)
  await expect(waits).rejects.toThrow(/no end within 50 ms: 0 announced work\(s\) under way, 1 sleeper/)
})

test('a run that ends in time is not hurried', async () => {
  const runtime = new VirtualRuntime()
  expect(await runtime.run(() => runtime.sleep(7 * 24 * 3_600_000).then(() => 'a week later'), 1_000)).toBe(
    'a week later',
  )
})
