/**
 * `npm run bench -- frames`: what callers notice of others whose payment terminals speak modem: 100 calls at once, in ten of which cards
 * are asked and answer by frames all the time, beside 100 calls without.
 *
 * The callers who key are those of `bench -- calls`, on a real Asterisk, timed from a capture of the loopback. Phases with and without
 * frames take turns. The terminals are a process of usual priority on the same machine, where in the field each is a machine of its own.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { systemRuntime, withDeadline } from '../../src/runtime.ts'
import { secretCodec } from '../../src/secret.ts'
import { latenciesMs } from '../calls/figures.ts'
import { percentile } from '../calls/percentile.ts'
import { type Phase, runPhase } from '../calls/phase.ts'
import { cardNumber, setStage, type WholeStage } from '../calls/stage.ts'
import type { BenchReport, Figure } from '../report.ts'
import type { Exchanged, TerminalsOrder } from './terminals.ts'

interface Plan {
  readonly listenMs: number
  readonly balances: number
  /** Calls at once, terminals included. */
  readonly concurrent: number
  readonly terminals: number
  readonly turns: number
}

/** About ten minutes. */
const fullPlan: Plan = { listenMs: 4_000, balances: 5, concurrent: 100, terminals: 10, turns: 2 }
const quickPlan: Plan = { listenMs: 1_000, balances: 2, concurrent: 30, terminals: 3, turns: 1 }

/** Longer than the longest exchange goes on after it was told to be the last. */
const lastExchangeMs = 120_000

interface Beside {
  readonly phase: Phase
  readonly exchanged: Exchanged
}

/** Needs root, as `bench -- calls` does. */
export async function framesBench({ quick }: { readonly quick: boolean }): Promise<BenchReport> {
  const { concurrent, terminals, turns, ...script } = quick ? quickPlan : fullPlan
  const stage = await setStage({ ...script, mostConcurrent: concurrent })
  const calls = (atOnce: number, count: number, callMs = stage.callMs) =>
    runPhase(stage, stage.ours, { calls: count, concurrent: atOnce, callMs })
  try {
    // They begin twice as fast, to have it over: what fails here counts for nothing. The thread that listens is compiled, too.
    const first = await startTerminals(stage, terminals)
    await calls(concurrent, concurrent, stage.callMs / 2)
    await first.stop()
    const without: Phase[] = []
    const beside: Beside[] = []
    for (let turn = 1; turn <= turns; turn++) {
      without.push(await calls(concurrent, Math.round(concurrent * 1.5)))
      const started = await startTerminals(stage, terminals)
      const atOnce = concurrent - terminals
      const phase = await calls(atOnce, Math.round(atOnce * 1.5))
      beside.push({ phase, exchanged: await started.stop() })
      const withFrames = beside.slice(-1).map(each => each.phase)
      process.stderr.write(
        `turn ${turn} of ${turns}: ${tell(without.slice(-1))}; beside frames ${tell(withFrames)}, ` +
          `${beside.at(-1)?.exchanged.whole} exchanges\n`,
      )
    }
    return { bench: 'frames', figures: figures(without, beside, terminals) }
  } finally {
    await stage.clear()
  }
}

function figures(without: readonly Phase[], beside: readonly Beside[], terminals: number): Figure[] {
  const withFrames = beside.map(({ phase }) => phase)
  const [ours, reference] = [at(withFrames, 0.99), at(without, 0.99)]
  const exchanged = beside.map(each => each.exchanged)
  const whole = sum(exchanged.map(each => each.whole))
  const broken = exchanged.flatMap(each => each.broken)
  const cut = exchanged.flatMap(each => each.failedCalls)
  const seconds = Math.round(sum(exchanged.map(each => each.ms)) / 1_000)
  const slow = sum(exchanged.map(each => each.slow))
  const failed = sum(withFrames.map(each => each.failed)) + cut.length
  const failedWithout = sum(without.map(each => each.failed))
  const calls = sum(withFrames.map(each => each.load.calls)) + terminals * beside.length
  const begun = whole + broken.length
  return [
    {
      ...{ name: 'keyToPromptP99MsBesideFrames', ours, reference, ratio: ours / reference, goal: '≤ 20' },
      met: ours <= 20,
      note:
        `${answersOf(withFrames)} answers beside ${terminals} terminals; p50 ${at(withFrames, 0.5).toFixed(1)} ms, ` +
        `${at(without, 0.5).toFixed(1)} without; ${bankMs(withFrames).toFixed(0)} ms of a core a keyed call of the bank with all its ` +
        `frames, ${bankMs(without).toFixed(0)} without`,
    },
    {
      ...{
        name: 'callsFailedBesideFrames',
        ours: failed,
        reference: failedWithout,
        ratio: ratio(failed, failedWithout),
      },
      ...{ goal: 'none', met: failed === 0, note: [`of ${calls}`, ...cut].join(', ') },
    },
    {
      ...{
        name: 'cardExchanges',
        ours: whole,
        reference: begun,
        ratio: whole / begun,
        goal: 'each comes to its result',
      },
      met: whole === begun,
      note: [`in ${seconds} s, ${slow} of them at 300 baud`, ...broken].join(', '),
    },
  ]
}

/** The PIN step apart: checking a PIN takes as long as it is meant to take. */
function latencies(phases: readonly Phase[]): number[] {
  return latenciesMs(phases, 'ours', step => step !== 'pin')
}

const at = (phases: readonly Phase[], p: number) => percentile(latencies(phases), p)
const answersOf = (phases: readonly Phase[]) => latencies(phases).length
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const ratio = (ours: number, other: number) => (ours === other ? 1 : ours / other)

function bankMs(phases: readonly Phase[]): number {
  return sum(phases.map(({ processorMsPerCallByPid: [, bank = 0] }) => bank)) / phases.length
}

function tell(phases: readonly Phase[]): string {
  const failed = sum(phases.map(each => each.failed))
  return `p50 ${at(phases, 0.5).toFixed(1)} ms, p99 ${at(phases, 0.99).toFixed(1)} ms, ${failed} failed`
}

/** Resolves once all of them are in their calls. */
async function startTerminals(stage: WholeStage, terminals: number): Promise<{ stop(): Promise<Exchanged> }> {
  const child = fork(fileURLToPath(new URL('terminals.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] })
  const { target, account } = stage
  child.send({
    exchange: target,
    user: account.user,
    password: secretCodec.encode(account.password),
    number: cardNumber,
    terminals,
  } satisfies TerminalsOrder)
  await withDeadline(systemRuntime, 'the terminals calling', 60_000, once(child, 'message'))
  return {
    stop: async () => {
      const done = once(child, 'message')
      child.send('stop')
      const [exchanged] = (await withDeadline(systemRuntime, 'the terminals', lastExchangeMs, done)) as [Exchanged]
      return exchanged
    },
  }
}
