/**
 * How long the end of a day takes, from its cut-off to the reconciled result: the payee's file, the bank's postings, the
 * result. Each end has a thread, as in the field each has a process. Then beside live sales:
 * how long it takes at the pace that yields to them, and what it does to their latency.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { systemRuntime } from '../../src/runtime.ts'
import type { BenchReport } from '../report.ts'
import { openPair, type Pair } from './pair.ts'

const salesPerSecond = 40

export async function settleBench({ quick }: { readonly quick: boolean }): Promise<BenchReport> {
  const windows = quick ? { pairs: 4, seconds: 3 } : { pairs: 10, seconds: 10 }
  const many = quick ? 20_000 : 100_000
  const longest = quick ? 100_000 : 1_000_000
  const sales = salesPerSecond * (windows.pairs * windows.seconds * 3 + 240)
  const pair = await openPair(2_000, sales)
  try {
    const short = await middle(7, () => nightOf(pair, 1_000))
    const alone = await nightOf(pair, many)
    const long = longest === many ? alone : await nightOf(pair, longest)
    const growth = long.cpuMs / longest / (short.cpuMs / 1_000)
    const yielding = await besideSales(pair, many)
    const ratios = await latencies(pair, windows)
    const sorted = [...ratios].sort((a, b) => a - b)
    const ratio = sorted[Math.floor(sorted.length / 2)] ?? 0
    const per100k = (seconds: number) => (seconds * 100_000) / many
    const figure = (name: string, ours: number, reference: number, goal: string, note: string) => ({
      ...{ name, ours, reference, ratio: ours / reference, goal, met: ours <= reference, note },
    })
    const lines = `${many} lines`
    return {
      bench: 'settle',
      figures: [
        figure('dayEndSecondsPer100k', per100k(alone.ms / 1_000), 10, '≤ 10', `${lines}, a thread for each end`),
        figure(
          'dayEndSecondsPer100kYielding',
          per100k(yielding),
          60,
          '≤ 60',
          `${lines} beside ${salesPerSecond} sales a second`,
        ),
        figure(
          'liveSaleP99Ratio',
          ratio,
          1.2,
          '≤ 1.2',
          `median of ${ratios.length} pairs of windows, 95 % interval ${interval(sorted)}`,
        ),
        figure('costPerLineGrowth', growth, 1.3, `≤ 1.3 from 10³ to ${longest} lines`, 'processor time for a line'),
      ],
    }
  } finally {
    await pair.close()
  }
}

interface Run {
  readonly ms: number
  readonly cpuMs: number
}

async function nightOf(pair: Pair, lines: number): Promise<Run> {
  await pair.pay(lines)
  pair.bank.emptyLog()
  const [from, used] = [performance.now(), threadTimes()]
  await pair.night()
  const ms = performance.now() - from
  const since = threadTimes()
  await pair.rested()
  let cpuMs = 0
  for (const [thread, before] of used) cpuMs += (since.get(thread) ?? before) - before
  return { ms, cpuMs }
}

/**
 * Of each thread of this process so many ms of a core, as Linux counts them. The checkpoint of a night, which is taken in a thread of its
 * own and begins beside the day end, is not among those that were there before.
 */
function threadTimes(): ReadonlyMap<string, number> {
  const nanosecondsOf = (thread: string) =>
    Number(readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  return new Map(readdirSync('/proc/self/task').map(thread => [thread, nanosecondsOf(thread) / 1e6]))
}

async function middle(times: number, run: () => Promise<Run>): Promise<Run> {
  const runs: Run[] = []
  for (let i = 0; i < times; i++) runs.push(await run())
  const [first] = runs.sort((a, b) => a.cpuMs - b.cpuMs).slice(Math.floor(times / 2))
  if (first === undefined) throw new Error('nothing was measured')
  return first
}

/** Sells at a steady rate until told to stop. @returns the latencies in ms */
function sellSteadily(pair: Pair): { stop(): Promise<readonly number[]> } {
  let isOver = false
  const under: Promise<number>[] = []
  const selling = (async () => {
    const from = performance.now()
    while (!isOver) {
      under.push(pair.sell())
      await systemRuntime.sleep(Math.max(0, from + (under.length * 1_000) / salesPerSecond - performance.now()))
    }
  })()
  return {
    stop: async () => {
      isOver = true
      await selling
      return Promise.all(under)
    },
  }
}

/** @returns the seconds that a day end takes while vouchers are sold */
async function besideSales(pair: Pair, lines: number): Promise<number> {
  await pair.pay(lines)
  const sales = sellSteadily(pair)
  const from = performance.now()
  await pair.night()
  const seconds = (performance.now() - from) / 1_000
  await sales.stop()
  await pair.rested()
  return seconds
}

/** By turns a window of sales alone and one beside a day end: the ratio of their 99th percentiles, pair by pair. */
async function latencies(pair: Pair, { pairs, seconds }: { readonly pairs: number; readonly seconds: number }) {
  const ratios: number[] = []
  for (let i = 0; i < pairs; i++) {
    // Enough for the whole window at its pace.
    await pair.pay(seconds * 4_000)
    const alone = await p99(pair, seconds)
    const night = pair.night()
    const beside = await p99(pair, seconds)
    await night
    // Or its checkpoint would fall into the next window alone.
    await pair.rested()
    ratios.push(beside / alone)
  }
  return ratios
}

async function p99(pair: Pair, seconds: number): Promise<number> {
  const sales = sellSteadily(pair)
  await systemRuntime.sleep(seconds * 1_000)
  const took = [...(await sales.stop())].sort((a, b) => a - b)
  return took[Math.floor(took.length * 0.99)] ?? 0
}

/** Of the median: for ten values the second and the ninth, which hold it between them in 97.9 of 100 cases. */
function interval(sorted: readonly number[]): string {
  const cut = sorted.length >= 10 ? 1 : 0
  const [low = 0, high = 0] = [sorted[cut], sorted[sorted.length - 1 - cut]]
  return `${low.toFixed(2)} to ${high.toFixed(2)}`
}
