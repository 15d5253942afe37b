/** The end of a process: everything is closed, whatever became of what was closed before it. */
import { type Runtime, withDeadline } from '../runtime.ts'

/** For a server or a socket of this machine, which is closed within a moment. */
const closeMs = 5_000

interface Step {
  /** Such as `the pages`. */
  readonly what: string
  /** May return nothing, where it was never opened. */
  readonly close: () => Promise<unknown> | undefined
  /** For one that has deadlines of its own. */
  readonly ms?: number
}

/** One after another. What fails, or is not closed in time, is told and left behind. Never rejects. */
export async function closeAll(runtime: Runtime, troubled: (error: unknown) => void, steps: readonly Step[]) {
  for (const { what, close, ms = closeMs } of steps) {
    try {
      await withDeadline(runtime, `${what} close`, ms, Promise.resolve(close()))
    } catch (error) {
      troubled(error)
    }
  }
}
