/** Waits for something that comes about by itself. */
import { systemRuntime } from '../../../src/runtime.ts'

/** Returns how many milliseconds it took. @throws Error that names `what` when it is not so in time */
export async function until(what: string, isTrue: () => Promise<boolean> | boolean, withinMs = 4_000): Promise<number> {
  const beganAtMs = systemRuntime.monotonicMs()
  while (!(await isTrue())) {
    if (systemRuntime.monotonicMs() - beganAtMs > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await systemRuntime.sleep(20)
  }
  return systemRuntime.monotonicMs() - beganAtMs
}
