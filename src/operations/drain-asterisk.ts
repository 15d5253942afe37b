/** One of several Asterisk is given no new call, or is again. What it has goes on, and it may be told when that has ended. */
import type { Runtime } from '../runtime.ts'
import type { OtherEnd } from './owner/operation.ts'

/** `unknown`: there is none of this name. `no-other`: nobody else would take the calls. `back`: it gets calls again. */
export interface AsteriskDrained {
  readonly outcome: 'ended' | 'back' | 'unknown' | 'no-other'
}

/** The switch, as far as it is needed here. */
export interface Asterisks {
  drainAsterisk(asterisk: string, draining: boolean): Promise<'told' | 'unknown' | 'no-other'>
  callersAt(asterisk: string): Promise<number>
}

const lookEveryMs = 500

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
  while (isAsked) {
    const calls = await asterisks.callersAt(asterisk)
    if (calls === 0) break
    if (calls !== said) asker.tell({ calls })
    said = calls
    await runtime.sleep(lookEveryMs)
  }
  return { outcome: 'ended' }
}
