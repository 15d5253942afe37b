/**
 * `npm run bench -- calls`: how much a call costs, and how long a caller waits, when an application serves it rather than
 * a plain dialplan.
 *
 * sipp places calls that sign in by keys and hear prompts. Phases take turns: they call the bank, a bare ARI application
 * (`bare-program.ts`) and a dialplan (`reference.ts`) with the same questions, keys and clips, on the same Asterisk in the
 * same run. Measured is what the
 * loopback saw: a capture of every packet (`capture.ts`), read here (`heard.ts`). `docs/benchmarks.md` says why this is
 * fair, and what it does not measure.
 */
import { availableParallelism } from 'node:os'
import type { BenchReport } from '../report.ts'
import { callFacts, cpuFigures, latencyFigures, limitFigures } from './figures.ts'
import { type Phase, runPhase, type Side } from './phase.ts'
import { findLimits, sides } from './search.ts'
import { setStage } from './stage.ts'

interface Plan {
  /** Each prompt is listened to for this long, then the next key pressed. */
  readonly listenMs: number
  readonly balances: number
  /** Calls at once where latency and processor time are measured. */
  readonly concurrent: number
  /** Beyond this many calls at once nothing is tried. */
  readonly mostConcurrent: number
  /** Calls of each application before anything is measured: one runs for weeks, and compiles in its first minute. */
  readonly warmUp: number
}

/** Calls of 40 s, 100 at once: about 20 minutes, most of them spent looking for the limit. */
const fullPlan: Plan = { listenMs: 4_000, balances: 5, concurrent: 100, mostConcurrent: 1_400, warmUp: 100 }
/** Two minutes: calls of 9 s, 25 at once; it looks for no limit. */
const quickPlan: Plan = { listenMs: 1_000, balances: 2, concurrent: 25, mostConcurrent: 25, warmUp: 25 }

/** Needs root, as sipp sends keys from a raw socket and tcpdump captures. Tells its progress on standard error. */
export async function callsBench({ quick }: { quick: boolean }): Promise<BenchReport> {
  const plan = quick ? quickPlan : fullPlan
  const stage = await setStage(plan)
  process.stderr.write(`Asterisk ${stage.asteriskVersion}\n`)
  const run = async (side: Side['name'], concurrent: number, calls: number, callMs = stage.callMs) => {
    const phase = await runPhase(stage, stage[side], { calls, concurrent, callMs })
    process.stderr.write(`${tell(phase)}\n`)
    return phase
  }
  /** As many calls as begin in one and a half of a call's length. */
  const steadily = (side: Side['name'], concurrent: number) => run(side, concurrent, Math.round(concurrent * 1.5))
  try {
    // They begin twice as fast, to have it over: what fails here counts for nothing.
    for (const side of ['bare', 'ours'] as const) await run(side, plan.warmUp, plan.warmUp, stage.callMs / 2)
    const phases: Phase[] = []
    for (const side of sides) phases.push(await steadily(side, plan.concurrent))
    const bounds = { mostConcurrent: plan.mostConcurrent, cores: availableParallelism() }
    const limits = await findLimits(phases, bounds, steadily)
    return {
      bench: 'calls',
      figures: [...latencyFigures(phases), ...cpuFigures(phases, stage.pinCheckMs), ...limitFigures(limits)],
      facts: callFacts(phases, stage.pinCheckMs),
    }
  } finally {
    await stage.clear()
  }
}

function tell({ side, load, failed, processorMsPerCall, generatorShare, captureShare }: Phase): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`
  return [
    `${side.padEnd(9)} ${load.concurrent} at once: ${failed} of ${load.calls} calls failed`,
    `${processorMsPerCall.toFixed(0)} ms of a core per call`,
    `sipp ${percent(generatorShare)} and tcpdump ${percent(captureShare)} of a core`,
  ].join(', ')
}
