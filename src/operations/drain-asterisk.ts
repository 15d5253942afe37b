/** One of several Asterisk is given no new call, or is again. What it has goes on, and it may be told when that has ended. */
import type { Runtime } from '../runtime.ts'
import type { OtherEnd } from './owner/operation.ts'

/**
 * `unknown`: there is none of this name. `no-other`: nobody else would take the calls. `back`: it gets calls again. `unwatched`: nobody
 * wants to know any more; it goes on being given none.
 */
export interface AsteriskDrained {
  readonly outcome: 'ended' | 'back' | 'unknown' | 'no-other' | 'unwatched'
}

/** The switch, as far as it is needed here. */
export interface Asterisks {
  drainAsterisk(asterisk: string, draining: boolean): Promise<'told' | 'unknown' | 'no-other'>
  /** Undefined while it does not say. */
  callersAt(asterisk: string): Promise<number | undefined>
}

const lookEveryMs = 500
/** A call that was on its way when it was drained has a channel by then, or has gone to another. */
const noneForMs = 4_000

/** Tells how many calls are in progress there, whenever it is another number, until there is none or nobody asks any more. */
export async function drainAsterisk(
  asterisks: Asterisks,
  { asterisk, back }: { readonly asterisk: string; readonly back: boolean },
  asker: OtherEnd<never, { readonly calls: number }>,
  runtime: Runtime,
): Promise<AsteriskDrained> {
  const told = await asterisks.drainAsterisk(asterisk, !back)
  if (told !== 'told') return { outcome: told }
  if (back) return { outcome: 'back' }
  let isAsked = true
  asker.listen({
    heard: () => {},
    gone: () => {
      isAsked = false
    },
  })
  let said: number | undefined
  let noneSinceMs: number | undefined
  while (isAsked) {
    const calls = await asterisks.callersAt(asterisk)
    const nowMs = runtime.monotonicMs()
    noneSinceMs = calls === 0 ? (noneSinceMs ?? nowMs) : undefined
    if (noneSinceMs !== undefined && nowMs - noneSinceMs >= noneForMs) return { outcome: 'ended' }
    if (calls !== undefined && calls !== said) asker.tell({ calls })
    said = calls ?? said
    await runtime.sleep(lookEveryMs)
  }
  return { outcome: 'unwatched' }
}
