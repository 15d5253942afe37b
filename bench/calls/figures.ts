/** From phases to the figures of the report, each with what a reader must know to judge it. */
import type { Fact, Figure } from '../report.ts'
import { percentile } from './percentile.ts'
import type { Phase, Side } from './phase.ts'
import type { Limit, Limits } from './search.ts'

type SideName = Side['name']

/** Key to prompt, the PIN step apart: checking a PIN takes as long as it is meant to take. */
export function latencyFigures(phases: readonly Phase[]): Figure[] {
  const at = (side: SideName, p: number, ofStep = (step: string) => step !== 'pin') =>
    percentile(latenciesMs(phases, side, ofStep), p)
  const pin = (side: SideName, p: number) => at(side, p, step => step === 'pin').toFixed(1)
  const answers = latenciesMs(phases, 'ours', step => step !== 'pin').length
  const against = (
    side: SideName,
    name: string,
    p: number,
    goal: string,
    isMet: (ours: number, other: number) => boolean,
  ) => {
    const [ours, reference] = [at('ours', p), at(side, p)]
    const note =
      `${answers} answers of ours at ${concurrentOf(phases)} calls; the PIN step apart: ${pin('ours', p)} ms, ` +
      `the bare application ${pin('bare', p)} ms, the dialplan, which checks none, ${pin('reference', p)} ms`
    return { name, ours, reference, ratio: ours / reference, goal, met: isMet(ours, reference), note }
  }
  const within = (ms: number) => (ours: number, other: number) => ours - other <= ms
  return [
    against('reference', 'keyToPromptP50Ms', 0.5, "within 5 ms of the dialplan's", within(5)),
    against('reference', 'keyToPromptP99Ms', 0.99, "within 20 ms of the dialplan's: one packet of sound", within(20)),
    against('bare', 'keyToPromptP99MsAgainstBare', 0.99, "at most the bare application's", within(0)),
  ]
}

export function latenciesMs(phases: readonly Phase[], side: SideName, ofStep: (step: string) => boolean): number[] {
  return of(phases, side)
    .flatMap(({ heard }) => heard.flatMap(({ answers }) => answers))
    .filter(({ step }) => ofStep(step))
    .map(({ latencyUs }) => latencyUs / 1000)
}

/** Asterisk and the bank against the dialplan, against a bare application, and against what nobody can do without. */
export function cpuFigures(phases: readonly Phase[], pinCheckMs: number): Figure[] {
  const ours = mean(phases, 'ours')
  const circumstances =
    `calls of ${seconds(phases)} s, ${concurrentOf(phases)} at once; ours is ${parts(phases, 'ours')}, the bare ` +
    `application ${parts(phases, 'bare')}, of each ${pinCheckMs.toFixed(0)} ms check the PIN; ${generator(phases)}`
  const figure = (name: string, reference: number, most: number, whose: string, note?: string): Figure => {
    const ratio = ours / reference
    const said = note === undefined ? {} : { note }
    return { name, ours, reference, ratio, goal: `≤ ${most} × ${whose}`, met: ratio <= most, ...said }
  }
  const dialplan = mean(phases, 'reference')
  return [
    figure('cpuMsPerCall', dialplan, 1.25, "the dialplan's, which checks no PIN", circumstances),
    figure('cpuMsPerCallAgainstBare', mean(phases, 'bare'), 0.85, "the bare application's"),
    figure('cpuMsPerCallAgainstFloor', dialplan + pinCheckMs, 1.35, 'the dialplan and the bare hash'),
  ]
}

/** What the capacity card asks for beside them. */
export function callFacts(phases: readonly Phase[], pinCheckMs: number): Fact[] {
  const [asterisk] = partsOf(phases, 'ours')
  return [
    { name: 'asteriskMsPerCall', value: asterisk },
    { name: 'pinCheckMs', value: pinCheckMs },
    { name: 'callSeconds', value: seconds(phases) },
  ]
}

/** `Asterisk 70 ms and the application 50 ms` */
function parts(phases: readonly Phase[], side: SideName): string {
  const [asterisk, application] = partsOf(phases, side)
  return `Asterisk ${asterisk.toFixed(0)} ms and the application ${application.toFixed(0)} ms`
}

function partsOf(phases: readonly Phase[], side: SideName): readonly [asterisk: number, application: number] {
  const byProcess = of(phases, side).map(phase => phase.processorMsPerCallByPid)
  const part = (n: number) => average(byProcess.map(each => each[n] ?? 0))
  return [part(0), part(1)]
}

/** How many calls fit, against the dialplan and against a bare application. */
export function limitFigures({ ours, bare, reference }: Limits): Figure[] {
  return [
    limitFigure('concurrentCalls', ours, reference, 0.65, 'the dialplan'),
    limitFigure('concurrentCallsAgainstBare', ours, bare, 1.2, 'the bare application'),
  ]
}

function limitFigure(name: string, ours: Limit, other: Limit, least: number, whose: string): Figure {
  const ratio = ours.concurrent / other.concurrent
  const failing = [ours.failing, other.failing].flatMap(phase => phase ?? [])
  const byGenerator = failing.some(phase => phase.generatorShare + phase.captureShare > 0.8 || phase.dropped > 0)
  const open = failing.length < 2
  const notes = [
    ...(byGenerator ? ['limited by generator: CPU per call at 100 calls is the figure that counts'] : []),
    ...(ours.failing ? [] : ['ours did not fail at the most that was tried']),
    ...(other.failing ? [] : [`${whose} did not fail at the most that was tried`]),
    ...(failing.length > 0 ? [generator(failing)] : []),
  ]
  return {
    name,
    ours: ours.concurrent,
    reference: other.concurrent,
    ratio,
    goal: `≥ ${least} of ${whose}'s`,
    met: ratio >= least && !byGenerator && !open,
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
