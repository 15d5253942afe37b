/**
 * Ours and raw commits take turns, so that other work on the machine falls on both; medians are compared. In each round both do
 * the same on the same database, ours with as many more rows in it as were recorded: as tables grow, what 64 commands change lies
 * on more and more pages, and a reference that always began with the first books was ahead by that.
 */
import type { Measuring } from './measured-books.ts'
import { rawCommits } from './raw-commits.ts'

/** What is measured, and its books. */
export interface Measured extends Pick<Measuring, 'record' | 'emptyLog' | 'commits'> {
  snapshot(): Promise<Uint8Array>
  /** Does so many, all callers at once, each waiting for its answer. Returns how many per second. */
  run(count: number): Promise<number>
}

export interface Compared {
  readonly ours: number
  /** Raw commits of as many commands as ours, and of one. */
  readonly grouped: number
  readonly alone: number
  readonly msPerCommitAlone: number
  readonly statementsPerCommand: number
  /** Commands to a commit. */
  readonly group: number
}

export async function byTurns(measured: Measured, rounds: number, perRound: number): Promise<Compared> {
  const runs: Compared[] = []
  for (let round = 0; round < rounds; round++) {
    const before = await measured.snapshot()
    const { recorded, stop } = measured.record()
    // Not timed: writing the statements down costs a command 20 µs.
    await measured.run(perRound)
    stop()
    measured.emptyLog()
    const commitsBefore = measured.commits()
    const ours = await measured.run(perRound)
    const group = Math.max(1, Math.round(perRound / (measured.commits() - commitsBefore)))
    const grouped = rawCommits(before, recorded, group)
    const alone = rawCommits(before, recorded.slice(0, perRound / 4), 1)
    runs.push({
      ...{ ours, group, grouped: grouped.perSecond, alone: alone.perSecond, msPerCommitAlone: alone.msPerCommit },
      statementsPerCommand: recorded.reduce((sum, command) => sum + command.length, 0) / recorded.length,
    })
  }
  const middle = (of: (run: Compared) => number) => median(runs.map(of))
  return {
    ours: middle(run => run.ours),
    grouped: middle(run => run.grouped),
    alone: middle(run => run.alone),
    msPerCommitAlone: middle(run => run.msPerCommitAlone),
    statementsPerCommand: middle(run => run.statementsPerCommand),
    group: middle(run => run.group),
  }
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** `count` requests by all callers at once, each waiting for its answer. Returns how many per second. */
export async function atOnce<C>(
  callers: readonly C[],
  count: number,
  ask: (caller: C) => Promise<void>,
): Promise<number> {
  let left = count
  const start = performance.now()
  await Promise.all(
    callers.map(async caller => {
      while (left-- > 0) await ask(caller)
    }),
  )
  return (count / (performance.now() - start)) * 1_000
}
