/** From phases to the four figures of the report, each with what a reader must know to judge it. */
import type { Figure } from '../report.ts'
import { percentile } from './percentile.ts'
import type { Phase, Side } from './phase.ts'
import type { Limits } from './search.ts'

type SideName = Side['name']

/** Key to prompt, the PIN step apart: checking a PIN takes as long as it is meant to take. */
export function latencyFigures(phases: readonly Phase[]): Figure[] {
  const at = (side: SideName, p: number, ofStep: (step: string) => boolean) =>
    percentile(latenciesMs(phases, side, ofStep), p)
  const figure = (name: string, p: number, withinMs: number, why: string): Figure => {
    const ours = at('ours', p, step => step !== 'pin')
    const reference = at('reference', p, step => step !== 'pin')
    const pin = (side: SideName) => at(side, p, step => step === 'pin').toFixed(1)
    return {
      name,
      ours,
      reference,
      ratio: ours / reference,
      goal: `within ${withinMs} ms of the dialplan's${why}`,
      met: ours - reference <= withinMs,
      note:
        `${latenciesMs(phases, 'ours', step => step !== 'pin').length} answers of ours at ${concurrentOf(phases)} calls; ` +
        `the PIN step apart: ${pin('ours')} ms, the dialplan, which checks none, ${pin('reference')} ms`,
    }
  }
  return [figure('keyToPromptP50Ms', 0.5, 5, ''), figure('keyToPromptP99Ms', 0.99, 20, ': one packet of sound')]
}

function latenciesMs(phases: readonly Phase[], side: SideName, ofStep: (step: string) => boolean): number[] {
  return of(phases, side)
    .flatMap(({ heard }) => heard.flatMap(({ answers }) => answers))
    .filter(({ step }) => ofStep(step))
    .map(({ latencyUs }) => latencyUs / 1000)
}

/** Asterisk and the bank against Asterisk alone. `pinCheckMs`: what one PIN check costs, which the dialplan leaves out. */
export function cpuFigure(phases: readonly Phase[], pinCheckMs: number): Figure {
  const [ours, reference] = [mean(phases, 'ours'), mean(phases, 'reference')]
  const byProcess = of(phases, 'ours').map(phase => phase.processorMsPerCallByPid)
  const [asterisk, bank] = [0, 1].map(n => average(byProcess.map(each => each[n] ?? 0)).toFixed(0))
  const ratio = ours / reference
  return {
    name: 'cpuMsPerCall',
    ours,
    reference,
    ratio,
    goal: "≤ 1.25 × the dialplan's",
    met: ratio <= 1.25,
    note:
      `calls of ${seconds(phases)} s, ${concurrentOf(phases)} at once; ours is Asterisk ${asterisk} ms and the bank ` +
      `${bank} ms, of which ${pinCheckMs.toFixed(0)} ms check the PIN; without that check the ratio is ` +
      `${((ours - pinCheckMs) / reference).toFixed(2)}; ${generator(phases)}`,
  }
}

export function limitFigure(limits: Limits): Figure {
  const { ours, reference } = limits
  const ratio = ours.concurrent / reference.concurrent
  const failing = [ours.failing, reference.failing].flatMap(phase => phase ?? [])
  const byGenerator = failing.some(phase => phase.generatorShare + phase.captureShare > 0.8 || phase.dropped > 0)
  const open = failing.length < 2
  const notes = [
    ...(byGenerator ? ['limited by generator: CPU per call at 100 calls is the figure that counts'] : []),
    ...(ours.failing ? [] : ['ours did not fail at the most that was tried']),
    ...(reference.failing ? [] : ['the dialplan did not fail at the most that was tried']),
    ...(failing.length > 0 ? [generator(failing)] : []),
  ]
  return {
    name: 'concurrentCalls',
    ours: ours.concurrent,
    reference: reference.concurrent,
    ratio,
    goal: "≥ 0.9 of the dialplan's",
    met: ratio >= 0.9 && !byGenerator && !open,
    note: notes.join('; '),
  }
}

function of(phases: readonly Phase[], side: SideName): Phase[] {
  return phases.filter(phase => phase.side === side)
}

function mean(phases: readonly Phase[], side: SideName): number {
  return average(of(phases, side).map(({ processorMsPerCall }) => processorMsPerCall))
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

const concurrentOf = (phases: readonly Phase[]) => phases[0]?.load.concurrent ?? 0
const seconds = (phases: readonly Phase[]) => Math.round((phases[0]?.load.callMs ?? 0) / 1000)

/** The generator's share with and without the capture, at its busiest. */
function generator(phases: readonly Phase[]): string {
  const most = (share: (phase: Phase) => number) => `${Math.round(Math.max(...phases.map(share)) * 100)} %`
  return `generator at most ${most(phase => phase.generatorShare)} of a core, ${most(
    phase => phase.generatorShare + phase.captureShare,
  )} with the capture`
}
