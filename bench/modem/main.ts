/**
 * `npm run bench -- modem`: frame errors of our receiver and of the others on the same lines, side by side, with theory beside them.
 *
 * A figure's reference is the best of the others. For coded frames, which nobody else reads, that is the best of their plain frames
 * on the same line: what a user of them would have.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { LINE_MODES, type LineMode } from '../../src/modem/modes.ts'
import { Receiver } from '../../src/modem/receiver.ts'
import { joined, pad } from '../../test/simulation/modem/line/impairments.ts'
import { type Random, seeded } from '../../test/simulation/modem/line/random.ts'
import { frameTrial, type Line, overLine, payloadOf, type Score } from '../../test/simulation/modem/line/trial.ts'
import { machine } from '../machine.ts'
import type { BenchReport, Figure } from '../report.ts'
import { intactSequences, talkOff } from './digits.ts'
import { ax25Payload, type BenchMode, findOthers, type Other, othersFor } from './others.ts'
import { atMostOnePercent, coherentDb, crossing, noncoherentDb, type Rate, upperLimit } from './statistics.ts'

const MODES: readonly BenchMode[] = ['bell202', 'v23', 'v21']
const GOAL_ESN0_DB = { bell202: 3, v23: 4, v21: 4 }
/** Line bits of a plain frame of 150 bytes, for theory. */
const FRAME_BITS = 1240

const CONDITIONS: readonly [figure: string, Line][] = [
  ['ferAt5PctLoss', { loss: { rate: 0.05, manner: 'zeroed' } }],
  ['ferAt5PctDeleted', { loss: { rate: 0.05, manner: 'deleted' } }],
  ['ferAt10PctMarked', { loss: { rate: 0.1, manner: 'marked' } }],
  ['ferAt50HzOffset', { esN0Db: 12, offsetHz: 50 }],
  ['ferAt1PctClock', { esN0Db: 12, clockPpm: 10_000 }],
  ['ferAtEcho1ms6dB', { esN0Db: 12, echo: { ms: 1, lossDb: 6 } }],
  ['ferAt8dBTwist', { esN0Db: 12, twistDb: 8 }],
  ['ferAtALaw45Dbm0', { levelDbm0: -45, law: 'A' }],
  ['ferAtMuLaw45Dbm0', { levelDbm0: -45, law: 'mu' }],
]

export async function modemBench(options: { quick: boolean; json: boolean }): Promise<BenchReport> {
  const say = (line: string) => (options.json ? process.stderr : process.stdout).write(`${line}\n`)
  const { present, missing } = findOthers()
  for (const name of missing) say(`not compared with ${name}: not installed`)
  const figures = MODES.flatMap(mode => modeFigures(mode, options.quick, present, say))
  figures.push(...digitFigures(options.quick, present, say), cpuFigure(say))
  if (!options.quick) await keep({ bench: 'modem', figures })
  return { bench: 'modem', figures }
}

function modeFigures(
  name: BenchMode,
  quick: boolean,
  present: ReadonlySet<string>,
  say: (line: string) => void,
): Figure[] {
  const mode = LINE_MODES[name]
  const others = othersFor(name, present)
  const some = quick ? 40 : 300
  const many = quick ? 60 : 1000
  const h = Math.abs(mode.markHz - mode.spaceHz) / mode.baud
  say(
    `${name}: theory, 10 % of plain frames lost: noncoherent ${noncoherentDb(FRAME_BITS).toFixed(1)} dB, coherent ${coherentDb(FRAME_BITS, h).toFixed(1)} dB`,
  )

  const curve = (db: readonly number[], measure: (esN0Db: number) => Rate, what: string) => {
    const points = db.map(esN0Db => ({ ...measure(esN0Db), db: esN0Db }))
    for (const point of points) say(`${name} ${what} at ${point.db} dB: ${show(point)}`)
    return points
  }
  const plain = curve(
    [7, 7.5, 8, 8.5],
    esN0Db => rateOf(frameTrial('hdlc', mode, { esN0Db }, some, seeded(1))),
    'plain, ours',
  )
  const crossings = [
    ...others.map(other =>
      crossing(
        curve(
          quick ? [12, 14, 16, 18, 20] : [11, 12, 13, 14, 15, 16, 17, 18, 20],
          esN0Db => otherTrial(other, { esN0Db }, quick ? 20 : 100, seeded(1)),
          `plain, ${other.name}`,
        ),
        0.1,
      ),
    ),
  ].filter(db => !Number.isNaN(db)) // one that never gets there is not the best
  const referenceDb = Math.min(...crossings)
  const oursDb = crossing(plain, 0.1)
  const figures = [figure(`${name}.hdlc.ebn0At10PctFerDb`, oursDb, referenceDb, '≤ 8.0', oursDb <= 8)]

  const coded = curve(
    [-0.5, 0, 0.5, 1, 1.5],
    esN0Db => rateOf(frameTrial('fec', mode, { esN0Db }, some, seeded(2))),
    'coded',
  )
  const goalDb = GOAL_ESN0_DB[name]
  const atGoal = rateOf(frameTrial('fec', mode, { esN0Db: goalDb }, many, seeded(3)))
  say(
    `${name} coded at ${goalDb} dB: ${show(atGoal)} (per information bit of 150 bytes: Eb/N0 is ${perInformationBit(0).toFixed(1)} dB above Es/N0)`,
  )
  figures.push(
    figure(
      `${name}.fec.esn0At1PctFerDb`,
      crossing([...coded, { ...atGoal, db: goalDb }], 0.01),
      referenceDb,
      `≤ ${goalDb}`,
      atMostOnePercent(atGoal),
    ),
  )

  for (const [what, line] of CONDITIONS) {
    const ours = rateOf(frameTrial('fec', mode, line, many, seeded(4)))
    const rates = others.map(other => ({ name: other.name, ...otherTrial(other, line, quick ? 20 : 100, seeded(4)) }))
    say(`${name} ${what}: coded ${show(ours)}; plain ${rates.map(rate => `${rate.name} ${show(rate)}`).join(', ')}`)
    figures.push(
      figure(
        `${name}.fec.${what}`,
        ours.errors / ours.frames,
        Math.min(...rates.map(rate => rate.errors / rate.frames)),
        '≤ 0.01',
        atMostOnePercent(ours),
      ),
    )
  }
  return figures
}

/** Energy per information bit over energy per symbol, for a frame of 150 bytes with all that surrounds it. */
function perInformationBit(esN0Db: number): number {
  return esN0Db + 10 * Math.log10(3148 / 1200)
}

/** One other receiver on plain frames, all in one recording. */
function otherTrial(other: Other, line: Line, frames: number, random: Random): Rate {
  const payloads = Array.from({ length: frames }, () => ax25Payload(random))
  const packets = payloads.flatMap(payload => overLine(other.bits(payload), other.mode, line, random))
  // Nobody else knows of marked gaps: they hear silence.
  const samples = joined(packets.map(({ samples: heard, gap }) => ({ samples: pad(heard, gap, 0), gap: 0 })))
  return { errors: frames - Math.min(frames, other.count(samples, payloads)), frames }
}

function digitFigures(quick: boolean, present: ReadonlySet<string>, say: (line: string) => void): Figure[] {
  const count = quick ? 60 : 300
  const intact = intactSequences(count, 0, present)
  say(
    `digits at 0 dB, sequences of 40 intact of ${count}: ${Object.entries(intact)
      .map(([name, whole]) => `${name} ${whole}`)
      .join(', ')}`,
  )
  const best = Math.max(...Object.entries(intact).map(([name, whole]) => (name === 'ours' ? 0 : whole)))
  const ours = (intact['ours'] ?? 0) / count
  const speech = talkOff(quick ? 5 : 60, present)
  say(`digits heard in ${speech.hours.toFixed(2)} h of speech: ours ${speech.ours}, spandsp ${speech.spandsp}`)
  return [
    figure('dtmf.intactAt0dB', ours, best / count, '≥ 0.95', ours >= 0.95),
    {
      ...figure('dtmf.falseDigitsInSpeech', speech.ours, speech.spandsp, '0', speech.ours === 0),
      note: `${speech.hours.toFixed(2)} h`,
    },
  ]
}

/** The dearest mode, with frames one after another; the reference is one core's fiftieth. */
function cpuFigure(say: (line: string) => void): Figure {
  const perSecond = MODES.map(name => {
    const { cpuSeconds, audioSeconds } = frameTrial('fec', LINE_MODES[name], {}, 30, seeded(5))
    say(
      `${name}: ${(cpuSeconds / audioSeconds).toFixed(4)} CPU seconds per second of frames, ${idleCpu(LINE_MODES[name]).toFixed(4)} of noise`,
    )
    return cpuSeconds / audioSeconds
  })
  const worst = Math.max(...perSecond)
  return figure('cpuPerAudioSecond', worst, 0.02, '≤ 0.02', worst <= 0.02)
}

function idleCpu(mode: LineMode): number {
  const random = seeded(6)
  const noise = Float32Array.from({ length: 480_000 }, () => 0.05 * random.gauss())
  const receiver = new Receiver(mode)
  const before = process.cpuUsage().user
  const accepted = receiver.push(noise).filter(event => payloadOf(event) !== undefined)
  if (accepted.length > 0) throw new Error('a frame was read from noise')
  return (process.cpuUsage().user - before) / 60e6
}

function figure(name: string, ours: number, reference: number, goal: string, met: boolean): Figure {
  return {
    name,
    ours,
    reference,
    ratio: reference === 0 ? (ours === 0 ? 1 : Number.POSITIVE_INFINITY) : ours / reference,
    goal,
    met,
  }
}

/** A frame that nobody sent is as bad as one that is lost. */
function rateOf({ lost, wrong, frames }: Score): Rate {
  return { errors: lost + wrong, frames }
}

function show(rate: Rate): string {
  return `${rate.errors}/${rate.frames} lost (95 %: ≤ ${(100 * upperLimit(rate)).toFixed(1)} %)`
}

/** The last full run lies beside the page that quotes it. */
async function keep(report: BenchReport): Promise<void> {
  mkdirSync('docs/modem', { recursive: true })
  writeFileSync('docs/modem/bench.json', `${JSON.stringify({ on: machine(), ...report }, null, 2)}\n`)
}
