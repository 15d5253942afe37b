/** An answer that costs something and is asked for often: asked for once for all who wait for it, and kept for a moment. */
import type { Runtime } from './runtime.ts'

/** Asks `ask` when no answer is on its way and the last is `keptMs` old. A rejection is everybody's who waited, and is not kept. */
export function keptAnswer<T>(runtime: Runtime, keptMs: number, ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined
  let goodUntilMs = Number.POSITIVE_INFINITY
  return () => {
    if (answer !== undefined && runtime.monotonicMs() < goodUntilMs) return answer
    goodUntilMs = Number.POSITIVE_INFINITY
    const asked = ask()
    answer = asked
    asked.then(
      () => {
        goodUntilMs = runtime.monotonicMs() + keptMs
      },
      () => {
        answer = undefined
      },
    )
    return asked
  }
}
