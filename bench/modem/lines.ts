/** The lines that frames are sent over, and how many frames: enough to tell 1 % from 2 % where a goal says "at most 1 %". */
import { aLaw, muLaw } from '../../src/g711.ts'
import type { BenchMode } from './others.ts'
import type { NamedLine } from './points.ts'

export const MODES: readonly BenchMode[] = ['bell202', 'v23', 'v21']
export const GOAL_ESN0_DB: Readonly<Record<BenchMode, number>> = { bell202: 3, v23: 4, v21: 4 }
export const GOAL_PLAIN_DB = 8

/** Bits of information in a frame of 150 bytes, and what each form of it takes on the line. */
export const FRAME_BITS = { information: 1200, plain: 1240, coded: 3340 } as const

export interface Frames {
  /** Where the goal is at most 1 %. */
  readonly goal: number
  readonly other: number
  /** For the receivers of others. */
  readonly theirs: number
}

export function framesFor(quick: boolean): Frames {
  return quick ? { goal: 60, other: 40, theirs: 20 } : { goal: 1000, other: 300, theirs: 300 }
}

export const noise = (db: number): NamedLine => ({ name: `noise ${db} dB`, line: { esN0Db: db } })

export const MANNERS = ['zeroed', 'deleted', 'marked'] as const
type Manner = (typeof MANNERS)[number]

/** 18 dB besides: a good line. */
export const loss = (percent: number, manner: Manner): NamedLine => ({
  name: `${percent} % ${manner}`,
  line: { loss: { rate: percent / 100, manner } },
})

/** Lines with a goal of their own, by the figure that tells of them. */
export const CONDITIONS: readonly (NamedLine & { readonly figure: string })[] = [
  { figure: 'ferAt5PctLoss', ...loss(5, 'zeroed') },
  { figure: 'ferAt5PctDeleted', ...loss(5, 'deleted') },
  { figure: 'ferAt10PctMarked', ...loss(10, 'marked') },
  {
    figure: 'ferAt50HzOffset',
    name: '±50 Hz at 12 dB',
    line: { esN0Db: 12, offsetHz: 50 },
    and: { esN0Db: 12, offsetHz: -50 },
  },
  {
    figure: 'ferAt1PctClock',
    name: 'clock ±1 % at 12 dB',
    line: { esN0Db: 12, clockPpm: 10_000 },
    and: { esN0Db: 12, clockPpm: -10_000 },
  },
  drifting(500),
  drifting(1500),
  ...[57, 80, 240].map(cutSamples => ({
    figure: `ferAtCut${cutSamples}`,
    name: `one cut of ${cutSamples} samples at 12 dB`,
    line: { esN0Db: 12, cutSamples },
  })),
  {
    figure: 'ferAt5PctConcealed',
    name: '5 % concealed at 12 dB',
    line: { esN0Db: 12, loss: { rate: 0.05, manner: 'concealed' } },
  },
  ...[0, 20, 40, 60, 80, 100, 120, 140, 150].map(clippedMs => ({
    figure: `ferAtClipped${clippedMs}ms`,
    name: `first ${clippedMs} ms clipped at 12 dB`,
    line: { esN0Db: 12, clippedMs },
  })),
  { figure: 'ferAtEcho1ms6dB', name: 'echo 1 ms −6 dB at 12 dB', line: { esN0Db: 12, echo: { ms: 1, lossDb: 6 } } },
]

/** An ordinary clock, fast or slow, together with packets that a jitter buffer has deleted. */
function drifting(ppm: number): NamedLine & { readonly figure: string } {
  const line = (clockPpm: number): NamedLine['line'] => ({
    esN0Db: 12,
    clockPpm,
    loss: { rate: 0.03, manner: 'deleted' },
  })
  return {
    figure: `ferAt${ppm}ppm3PctDeleted`,
    name: `clock ±${ppm} ppm and 3 % deleted at 12 dB`,
    line: line(ppm),
    and: line(-ppm),
  }
}

/** The same for plain frames. */
export const PLAIN_CONDITIONS: readonly (NamedLine & { readonly figure: string })[] = [
  { figure: 'ferAfterIdleMark', name: '2 s of mark before, at 25 dB', line: { esN0Db: 25, idleMs: 2000 } },
]

/** What the goals do not name. */
export const FURTHER: readonly NamedLine[] = [
  { name: 'twist ±8 dB at 12 dB', line: { esN0Db: 12, twistDb: 8 }, and: { esN0Db: 12, twistDb: -8 } },
  { name: '−45 dBm0, A-law', line: { levelDbm0: -45, law: aLaw } },
  { name: '−45 dBm0, µ-law', line: { levelDbm0: -45, law: muLaw } },
]

export const LOSS_PERCENT = [2.5, 5, 7.5, 10, 15] as const
export const OUR_PLAIN_DB = [7, 7.5, 8, 8.5] as const
export const OUR_CODED_DB = [-0.5, 0, 0.5, 1, 1.5, 2] as const
export const OTHERS_DB = [11, 12, 13, 14, 15, 16, 17, 18, 20] as const
