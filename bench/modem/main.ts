/**
 * `npm run bench -- modem`: frame errors of our receiver and of the others on the same lines, side by side, with theory beside them.
 *
 * It takes over an hour, so what a goal speaks of is measured first, after each step `docs/modem/` holds what is known by then, and
 * `--resume` goes on from there.
 */
import { LINE_MODES } from '../../src/modem/line/modes.ts'
import type { BenchOptions, BenchReport, Figure } from '../report.ts'
import { cpuPerAudioSecond, pushMsP999 } from './cpu.ts'
import { DIGIT_FIGURES, digitFigures } from './digits.ts'
import { acceptedBodies, acceptedFrames } from './false-accepts.ts'
import { figure, modeFigures } from './figures.ts'
import { FRAME_64_FIGURES, frame64Figures } from './frames-of-64.ts'
import { openGgwave } from './ggwave.ts'
import {
  CONDITIONS,
  FRAME_BITS,
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
  PLAIN_CONDITIONS,
} from './lines.ts'
import { Measurer } from './measurer.ts'
import { type BenchMode, findOthers, othersFor } from './others.ts'
import { BenchRecord } from './record.ts'
import { coherentFer, fallsTo, noncoherentFer } from './statistics.ts'
import { table } from './table.ts'

type Say = (line: string) => void

export async function modemBench(options: BenchOptions): Promise<BenchReport> {
  const say: Say = line => (options.json ? process.stderr : process.stdout).write(`${line}\n`)
  const { quick } = options
  const { present, missing } = findOthers()
  const ggwave = await openGgwave()
  for (const name of missing) say(`not compared with ${name}: not installed`)
  if (quick) say('quick: too few frames to show "at most 1 %", so figures with that goal are not met')
  const record = new BenchRecord(options)
  const measurer = new Measurer(record.points, say)
  const single: Figure[] = []
  const report = (): BenchReport => ({ bench: 'modem', figures: [...modeFigures(record.points), ...single] })
  const steps: (() => void)[] = [
    () => single.push(cpuFigure(say), pushFigure(quick, say)),
    () => single.push(...(record.figures(DIGIT_FIGURES) ?? digitFigures(quick, present, say))),
    () => single.push(...(record.figures(FRAME_64_FIGURES) ?? frame64Figures(quick, ggwave, say))),
    ...MODES.map(mode => () => measureGoals(mode, quick, measurer, say)),
    () => single.push(...(record.figures(FALSE_ACCEPTS) ?? falseAcceptFigures(quick, say))),
    ...MODES.map(mode => () => measureOthers(mode, quick, present, measurer)),
    ...MODES.map(mode => () => measureRest(mode, quick, present, measurer)),
  ]
  for (const step of steps) {
    step()
    await record.keep(report())
  }
  for (const mode of MODES) say(table(mode, record.points))
  return report()
}

/** Our points that goals speak of. */
function measureGoals(mode: BenchMode, quick: boolean, measurer: Measurer, say: Say): void {
  const { goal, other } = framesFor(quick)
  const { markHz, spaceHz, baud } = LINE_MODES[mode]
  const noncoherentDb = fallsTo(0.1, db => noncoherentFer(FRAME_BITS.plain, db))
  const coherentDb = fallsTo(0.1, db => coherentFer(FRAME_BITS.plain, Math.abs(markHz - spaceHz) / baud, db))
  say(
    `${mode}: theory, 10 % of plain frames lost: noncoherent ${noncoherentDb.toFixed(1)} dB, coherent ${coherentDb.toFixed(1)} dB`,
  )
  measurer.ours('plain', mode, noise(GOAL_PLAIN_DB), other)
  measurer.ours('coded', mode, noise(GOAL_ESN0_DB[mode]), goal)
  for (const condition of CONDITIONS) measurer.ours('coded', mode, condition, goal)
  for (const condition of PLAIN_CONDITIONS) measurer.ours('plain', mode, condition, goal)
  for (const db of OUR_PLAIN_DB) measurer.ours('plain', mode, noise(db), other)
  for (const db of OUR_CODED_DB) measurer.ours('coded', mode, noise(db), other)
}

/** The others where goals are set for ours. */
function measureOthers(mode: BenchMode, quick: boolean, present: ReadonlySet<string>, measurer: Measurer): void {
  const { theirs } = framesFor(quick)
  for (const other of othersFor(mode, present))
    for (const line of [...OTHERS_DB.map(noise), ...CONDITIONS, ...PLAIN_CONDITIONS])
      measurer.theirs(other, mode, line, theirs)
}

/** What the plots and tables show besides: our plain frames where the others were measured, other losses, and what no goal names. */
function measureRest(mode: BenchMode, quick: boolean, present: ReadonlySet<string>, measurer: Measurer): void {
  const { other: ours, theirs } = framesFor(quick)
  const losses = MANNERS.flatMap(manner => LOSS_PERCENT.map(percent => loss(percent, manner)))
  for (const line of [...CONDITIONS, ...FURTHER, ...losses]) {
    measurer.ours('plain', mode, line, ours)
    measurer.ours('coded', mode, line, ours)
    for (const other of othersFor(mode, present)) measurer.theirs(other, mode, line, theirs)
  }
}

const FALSE_ACCEPTS = ['falseAcceptsIn1e6', 'falseAcceptsIn24h'] as const

function falseAcceptFigures(quick: boolean, say: Say): Figure[] {
  const decodings = quick ? 10_000 : 1_000_000
  const minutes = quick ? 6 : 24 * 60
  const bodies = acceptedBodies(decodings, say)
  const frames = acceptedFrames(minutes, say)
  return [
    {
      ...figure(FALSE_ACCEPTS[0], bodies, 0, '0', bodies === 0),
      note: `${decodings} decodings of random soft bits`,
    },
    {
      ...figure(FALSE_ACCEPTS[1], frames, 0, '0', frames === 0),
      note: `${minutes / 60} h of noise and random data`,
    },
  ]
}

/** The reference is one core's fiftieth. */
function cpuFigure(say: Say): Figure {
  const worst = cpuPerAudioSecond(say)
  return figure('cpuPerAudioSecond', worst, 0.02, '≤ 0.02', worst <= 0.02)
}

function pushFigure(quick: boolean, say: Say): Figure {
  const worst = pushMsP999(quick, say)
  return figure('pushMsP999', worst, 20, '≤ 20', worst <= 20)
}
