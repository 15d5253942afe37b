/**
 * The share of the processor that an institution gets. Asterisk has real-time priority; an institution that waits its turn
 * behind the machine's other work keeps callers waiting. On a machine that was full 84 of 120 calls failed of that.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

export type ProcessorShare = 'raised' | 'ordinary'

/** Weighs nine to one against ordinary work (sched(7)). Asterisk still comes first. */
const niceness = -10

/**
 * Raises a process that leads a session of its own, or leaves it as it is where this account may not. For a process that is
 * ready: of its threads only the first is raised, which talks with callers. Those that check PINs stay behind it.
 */
export function raiseShare(pid: number | undefined): ProcessorShare {
  if (pid === undefined) return 'ordinary'
  try {
    // Where the kernel shares by session first, niceness counts within a session only, so that is raised as well.
    const session = `/proc/${pid}/autogroup`
    if (existsSync(session)) writeFileSync(session, `${niceness}`)
    setPriority(pid, niceness)
    return 'raised'
  } catch {
    return 'ordinary'
  }
}
