/** One turn of the event loop: what arrived meanwhile is seen, nothing is waited for. Not a timer: no time passes. */
// biome-ignore lint/style/noRestrictedImports: the end of this turn is no point in time, so virtual time has no say in it.
import { setImmediate } from 'node:timers'

export function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
