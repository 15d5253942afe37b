/**
 * `npm run bench -- modem`: frame errors of our receiver and of the others on the same lines, side by side, with theory beside them.
 *
 * It takes hours, so what a goal speaks of is measured first, and after each step `docs/modem/` holds what is known by then.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { LINE_MODES } from '../../src/modem/modes.ts'
import { machine } from '../machine.ts'
import type { BenchReport, Figure } from '../report.ts'
import { cpuPerAudioSecond } from './cpu.ts'
import { digitFigures } from './digits.ts'
import { acceptedBodies, acceptedFrames } from './false-accepts.ts'
import { figure, modeFigures } from './figures.ts'
import {
  CONDITIONS,
  FURTHER,
  framesFor,
  GOAL_ESN0_DB,
  GOAL_PLAIN_DB,
  LOSS_PERCENT,
  loss,
  MANNERS,
  MODES,
  noise,
  OTHERS_DB,
  OUR_CODED_DB,
  OUR_PLAIN_DB,
} from './lines.ts'
import { type BenchMode, findOthers, othersFor } from './others.ts'
import { drawPlots, FRAME_BITS } from './plots.ts'
import { type NamedLine, type Point, Points, show } from './points.ts'
import { coherentFer, fallsTo, noncoherentFer } from './statistics.ts'
import { table } from './table.ts'
import { otherTrial, ourTrial } from './trials.ts'

const FOLDER = 'docs/modem'

type Say = (line: string) => void

export async function modemBench(options: { quick: boolean; json: boolean }): Promise<BenchReport> {
  const say: Say = line => (options.json ? process.stderr : process.stdout).write(`${line}\n`)
  const { quick } = options
  const on = machine()
  const { present, missing } = findOthers()
  for (const name of missing) say(`not compared with ${name}: not installed`)
  if (quick) say('quick: too few frames to show "at most 1 %", so figures with that goal are not met')
  const points = new Points()
  const single: Figure[] = []
  const report = (): BenchReport => ({ bench: 'modem', figures: [...modeFigures(points), ...single] })
  const steps: (() => void)[] = [
    () => single.push(cpuFigure(say)),
    () => single.push(...digitFigures(quick, present, say)),
    ...MODES.map(mode => () => measureGoals(mode, quick, points, say)),
    () => single.push(...falseAcceptFigures(quick, say)),
    ...MODES.map(mode => () => measureOthers(mode, quick, present, points, say)),
    ...MODES.map(mode => () => measureRest(mode, quick, present, points, say)),
  ]
  for (const step of steps) {
    step()
    if (!quick) await keep(on, report(), points)
  }
  for (const mode of MODES) say(table(mode, points))
  return report()
}

/** Our points that goals speak of. */
function measureGoals(mode: BenchMode, quick: boolean, points: Points, say: Say): void {
  const { goal, other } = framesFor(quick)
  const { markHz, spaceHz, baud } = LINE_MODES[mode]
  const noncoherentDb = fallsTo(0.1, db => noncoherentFer(FRAME_BITS, db))
  const coherentDb = fallsTo(0.1, db => coherentFer(FRAME_BITS, Math.abs(markHz - spaceHz) / baud, db))
  say(
    `${mode}: theory, 10 % of plain frames lost: noncoherent ${noncoherentDb.toFixed(1)} dB, coherent ${coherentDb.toFixed(1)} dB`,
  )
  const measure = (frame: Point['frame'], line: NamedLine, frames: number) =>
    noteDown(points, ourTrial(frame, mode, line, frames), say)
  measure('plain', noise(GOAL_PLAIN_DB), other)
  measure('coded', noise(GOAL_ESN0_DB[mode]), goal)
  for (const condition of CONDITIONS) measure('coded', condition, goal)
  for (const db of OUR_PLAIN_DB) if (db !== GOAL_PLAIN_DB) measure('plain', noise(db), other)
  for (const db of OUR_CODED_DB) measure('coded', noise(db), other)
}

/** The others where goals are set for ours. */
function measureOthers(mode: BenchMode, quick: boolean, present: ReadonlySet<string>, points: Points, say: Say): void {
  const frames = quick ? 20 : framesFor(quick).other
  for (const other of othersFor(mode, present)) {
    for (const db of OTHERS_DB) noteDown(points, otherTrial(other, mode, noise(db), frames), say)
    for (const condition of CONDITIONS) noteDown(points, otherTrial(other, mode, condition, frames), say)
  }
}

/** What the plots and tables show besides: other losses, and what no goal names. */
function measureRest(mode: BenchMode, quick: boolean, present: ReadonlySet<string>, points: Points, say: Say): void {
  const { other: frames } = framesFor(quick)
  const lines = [...FURTHER, ...MANNERS.flatMap(manner => LOSS_PERCENT.map(percent => loss(percent, manner)))]
  for (const line of lines) {
    if (points.find(mode, 'tonebank', 'coded', line.name) === undefined)
      noteDown(points, ourTrial('coded', mode, line, frames), say)
    for (const other of othersFor(mode, present))
      if (points.find(mode, other.name, 'plain', line.name) === undefined)
        noteDown(points, otherTrial(other, mode, line, quick ? 20 : frames), say)
  }
}

function noteDown(points: Points, point: Point, say: Say): void {
  points.add(point)
  say(`${point.mode} ${point.frame}, ${point.receiver}, ${point.line}: ${show(point)}`)
}

function falseAcceptFigures(quick: boolean, say: Say): Figure[] {
  const decodings = quick ? 10_000 : 1_000_000
  const minutes = quick ? 6 : 24 * 60
  const bodies = acceptedBodies(decodings, say)
  const frames = acceptedFrames(minutes, say)
  return [
    {
      ...figure('falseAcceptsIn1e6', bodies, 0, '0', bodies === 0),
      note: `${decodings} decodings of random soft bits`,
    },
    {
      ...figure('falseAcceptsIn24h', frames, 0, '0', frames === 0),
      note: `${minutes / 60} h of noise and random data`,
    },
  ]
}

/** The reference is one core's fiftieth. */
function cpuFigure(say: Say): Figure {
  const worst = cpuPerAudioSecond(say)
  return figure('cpuPerAudioSecond', worst, 0.02, '≤ 0.02', worst <= 0.02)
}

/** The last full run lies beside the page that quotes it. */
async function keep(on: string, report: BenchReport, points: Points): Promise<void> {
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(`${FOLDER}/bench.json`, `${JSON.stringify({ on, ...report, points: points.all }, null, 1)}\n`)
  await drawPlots(points, FOLDER)
}
