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
import type { BenchReport } from '../report.ts'
import { cpuFigures, latencyFigures, limitFigures } from './figures.ts'
import { type Phase, runPhase, type Side } from './phase.ts'
import { findLimits, type Limits, sides } from './search.ts'
import { setStage } from './stage.ts'

interface Plan {
  /** Each prompt is listened to for this long, then the next key pressed. */
  readonly listenMs: number
  readonly balances: number
  /** Calls at once where latency and processor time are measured. */
  readonly concurrent: number
  /** Phases of each side at that load. */
  readonly rounds: number
  /** Beyond this many calls at once nothing is tried. */
  readonly mostConcurrent: number
  /** Calls of each side before anything is measured: an institution runs for weeks, and compiles in its first minute. */
  readonly warmUp: number
}

/** Calls of 40 s, 100 at once: about 40 minutes, most of them spent looking for the limit. */
const fullPlan: Plan = { listenMs: 4_000, balances: 5, concurrent: 100, rounds: 2, mostConcurrent: 1_600, warmUp: 50 }
/** Under a minute: calls of 9 s, 25 at once, one phase each; it warms up nothing and looks for no limit. */
const quickPlan: Plan = { listenMs: 1_000, balances: 2, concurrent: 25, rounds: 1, mostConcurrent: 25, warmUp: 0 }

/** Needs root, as sipp sends keys from a raw socket and tcpdump captures. Tells its progress on standard error. */
export async function callsBench({ quick }: { quick: boolean }): Promise<BenchReport> {
  const plan = quick ? quickPlan : fullPlan
  const stage = await setStage(plan)
  process.stderr.write(`Asterisk ${stage.asteriskVersion}\n`)
  const run = async (side: Side['name'], concurrent: number, calls: number) => {
    const phase = await runPhase(stage, stage[side], { calls, concurrent, callMs: stage.callMs })
    process.stderr.write(`${tell(phase)}\n`)
    return phase
  }
  try {
    if (plan.warmUp > 0) for (const side of sides) await run(side, plan.warmUp, plan.warmUp)
    const phases: Phase[] = []
    for (let round = 0; round < plan.rounds; round++) {
      const calls = quick ? plan.concurrent : Math.round(plan.concurrent * 1.5)
      for (const side of sides) phases.push(await run(side, plan.concurrent, calls))
    }
    const limits: Limits = await findLimits(phases, plan, (side, concurrent) =>
      run(side, concurrent, Math.round(concurrent * 1.5)),
    )
    return {
      bench: 'calls',
      figures: [...latencyFigures(phases), ...cpuFigures(phases, stage.pinCheckMs), ...limitFigures(limits)],
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
