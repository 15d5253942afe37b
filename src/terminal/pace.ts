/** The pace of a line: 20 ms after 20 ms by the clock that only goes forward. */
import type { Cancelled, Runtime } from '../runtime.ts'
import { packetMs } from './outgoing.ts'

/**
 * So much is made up for when a tick comes late, since the other side plays at its own pace. Of a standstill that was longer the
 * first part is given up instead, as a burst of so many packets would be thrown away on its way.
 */
export const mostLateMs = 500

/** From one tick later on: who has just opened a line listens before anything comes. */
export async function keepPaceSoon(runtime: Runtime, ended: Cancelled, tick: (skipped: number) => void): Promise<void> {
  await runtime.sleep(packetMs, ended).catch(() => {})
  await keepPace(runtime, ended, tick)
}

/**
 * @param tick `skipped`: how many ticks before this one were given up
 * @param most how much of a standstill is made up for, in milliseconds: asked before each tick
 */
export async function keepPace(
  runtime: Runtime,
  ended: Cancelled,
  tick: (skipped: number) => void,
  most: () => number = () => mostLateMs,
): Promise<void> {
  let dueAtMs = runtime.monotonicMs()
  while (!ended.aborted) {
    const lateMs = runtime.monotonicMs() - dueAtMs
    const skipped = Math.max(0, Math.floor((lateMs - most()) / packetMs))
    tick(skipped)
    dueAtMs += (skipped + 1) * packetMs
    await runtime.sleep(Math.max(0, dueAtMs - runtime.monotonicMs()), ended).catch(() => {})
  }
}
