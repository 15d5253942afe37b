/** Watches how late timers of this process are: what everything in it waits for at that moment. */
import type { Runtime } from '../runtime.ts'

const everyMs = 100

/** Tells, ten times a second until `signal`, by how many milliseconds a timer was late. */
export async function watchLoopDelay(
  runtime: Runtime,
  signal: AbortSignal,
  tell: (lateMs: number) => void,
): Promise<void> {
  while (!signal.aborted) {
    const dueMs = runtime.monotonicMs() + everyMs
    try {
      await runtime.sleep(everyMs, signal)
    } catch {
      return
    }
    tell(Math.max(0, runtime.monotonicMs() - dueMs))
  }
}
