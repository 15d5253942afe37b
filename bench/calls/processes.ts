/** What processes cost, as the kernel counts it: processor time of a process and of everything that it started. */
import { readdirSync, readFileSync } from 'node:fs'
import { systemRuntime } from '../../src/runtime.ts'

/** The kernel's clock tick in /proc, on every Linux that Debian ships. */
const tickMs = 10

/** Processor time in ms, user and system, of `pid` and all that descends from it. 0 once it has gone. */
export function processorMs(pid: number): number {
  return ownProcessorMs(pid) + childrenOf(pid).reduce((sum, child) => sum + processorMs(child), 0)
}

function ownProcessorMs(pid: number): number {
  return ticksIn(read(`/proc/${pid}/stat`)) * tickMs
}

/** How much of a core `pid` used in its busiest five seconds, until `signal` is aborted: 0.8 for four of the five. */
export async function busiestShare(pid: number, signal: AbortSignal): Promise<number> {
  const samples = [{ atMs: systemRuntime.monotonicMs(), usedMs: processorMs(pid) }]
  let busiest = 0
  for (;;) {
    await systemRuntime.sleep(1_000, signal).catch(() => {})
    if (signal.aborted) return busiest
    const now = { atMs: systemRuntime.monotonicMs(), usedMs: processorMs(pid) }
    const then = samples.at(-5) ?? samples[0] ?? now
    samples.push(now)
    if (now.atMs - then.atMs > 0) busiest = Math.max(busiest, (now.usedMs - then.usedMs) / (now.atMs - then.atMs))
  }
}

/**
 * The ticks in a line of /proc/<pid>/stat: user and system time of all threads, and of children that have been waited
 * for. The name before them may hold spaces and brackets (proc(5)): what follows the last bracket is what can be counted.
 */
export function ticksIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // Fields 14 to 17 of the line; the first after the name is field 3.
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0)
}

function childrenOf(pid: number): number[] {
  return threadsOf(pid).flatMap(thread =>
    read(`/proc/${pid}/task/${thread}/children`)
      .split(' ')
      .filter(word => word.trim() !== '')
      .map(Number),
  )
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

/** Empty when the process went in the meantime. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
