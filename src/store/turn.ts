/** One turn of the event loop: what arrived meanwhile is seen, nothing is waited for. Not a timer: no time passes. */
// biome-ignore lint/style/noRestrictedImports: the end of this turn is no point in time, so virtual time has no say in it.
import { setImmediate } from 'node:timers'
import { CommandFault } from './store.ts'

const over = Symbol('the turn is over')

export type EndOfTurn = Promise<typeof over>

export function endOfTurn(): EndOfTurn {
  return new Promise(resolve => setImmediate(resolve, over))
}

/**
 * Settles as `work` does, or rejects when the turn ends first. Statements answer at once, so a command that awaits nothing
 * else has ended by then; one that has not would hold its transaction open for something that may never come.
 */
export async function withinTurn<T>(turn: EndOfTurn, work: Promise<T>): Promise<T> {
  const outcome = await Promise.race([work, turn])
  if (outcome === over) throw new CommandFault('a command or query awaited something other than its transaction')
  return outcome
}
