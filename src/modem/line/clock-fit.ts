/**
 * Fits the sender's clock to a frame: when its symbols begin and how long they last.
 *
 * Two witnesses are added up. Where symbols are cut rightly, one tone holds all the energy; so the sum of max(|D_space|², |D_mark|²)
 * peaks at the right instants, whatever the bits are. It is measured once per window of 24 symbols and timing phase, and a clock that is off
 * by some parts per million moves its peak steadily from window to window. And runs of known symbols (the opening, the pilots) are
 * correlated coherently, which works in much more noise. The first witness does not mind packets cut out, the second not noise.
 */
import type { ToneCorrelator } from './tone-correlator.ts'

const WINDOW_SYMBOLS = 24
/** Timing phases per symbol. */
const PHASES = 8
/** Known symbols that are added up coherently: few enough for the carrier offset still left. */
const RUN_SYMBOLS = 8
/** Periods closer to each other than this are one: they part by a fiftieth of a symbol in the longest frame. */
const SAME = 4e-6

export interface Clock {
  /** Time of the first symbol's beginning, in samples. */
  readonly start: number
  /** Samples per symbol. */
  readonly period: number
}

export interface ClockRange {
  /** How far the first symbol may begin from where it is expected, in symbols. */
  readonly phase: number
  /** How far the period may be from what is expected, as a fraction. */
  readonly drift: number
  /** Periods this close to what is expected are likelier than others: the best of them is told, too. */
  readonly likely?: number
}

/** What was measured around one place of the frame: `values[i]` for a shift of `i / PHASES − reach` symbols, repeating if `cyclic`. */
interface Witness {
  readonly symbol: number
  readonly values: Float64Array
  readonly reach: number
}

/**
 * Finds the clock of a frame near `expected`. `known` holds its bits (−1: unknown); a mark turns the phase by `turn` radians. Where some periods
 * are likelier, the best of them comes first and the best of all, if that is another, second: energies alone do not tell which is right. Packets that were cut
 * out of V.21 made wrong ones explain 1 % more.
 */
export function fitClock(
  correlator: ToneCorrelator,
  expected: Clock,
  known: Int8Array,
  turn: number,
  search: ClockRange,
): readonly [Clock, ...Clock[]] {
  const witnesses = [
    ...measureWindows(correlator, expected, known.length),
    ...measureRuns(correlator, expected, known, turn, search),
  ]
  const best = bestClock(witnesses, expected, known.length, search)
  if (search.likely === undefined) return [best]
  const likely = bestClock(witnesses, expected, known.length, { phase: search.phase, drift: search.likely })
  return Math.abs(likely.period - best.period) < SAME * best.period ? [likely] : [likely, best]
}

function bestClock(witnesses: readonly Witness[], expected: Clock, symbols: number, search: ClockRange): Clock {
  let phase = 0
  let drift = 0
  let best = -1
  const consider = (p: number, d: number, read: typeof nearest) => {
    let sum = 0
    for (const witness of witnesses) sum += read(witness, (p + d * witness.symbol + witness.reach) * PHASES)
    if (sum > best) [best, phase, drift] = [sum, p, d]
  }
  let phaseStep = search.phase / 2
  /** Zero if the period is taken as it is. */
  let driftStep = Math.min(search.drift, 0.2 / symbols)
  for (let d = -search.drift; d <= search.drift + 1e-12; d += driftStep || 1)
    for (let p = -search.phase; p <= search.phase + 1e-12; p += phaseStep) consider(p, d, nearest)
  best = -1
  for (let round = 0; round < 5; round++) {
    const [p, d] = [phase, drift]
    for (let i = -1; i <= 1; i++) for (let j = -1; j <= 1; j++) consider(p + i * phaseStep, d + j * driftStep, between)
    phaseStep /= 2
    driftStep /= 2
  }
  return { start: expected.start + phase * expected.period, period: expected.period * (1 + drift) }
}

/** Energy of the stronger tone, per window and timing phase: one symbol's worth of shifts, which then repeat. */
function measureWindows(correlator: ToneCorrelator, clock: Clock, symbols: number): Witness[] {
  const tones = new Float64Array(4)
  const witnesses: Witness[] = []
  for (let begin = 0; begin + WINDOW_SYMBOLS <= symbols; begin += WINDOW_SYMBOLS) {
    const values = new Float64Array(PHASES)
    for (let k = begin; k < begin + WINDOW_SYMBOLS; k++)
      for (let p = 0; p < PHASES; p++) {
        correlator.correlate(clock.start + (k + p / PHASES) * clock.period, clock.period, tones)
        const space = tones[0]! * tones[0]! + tones[1]! * tones[1]!
        const mark = tones[2]! * tones[2]! + tones[3]! * tones[3]!
        values[p]! += Math.max(mark, space)
      }
    witnesses.push({ symbol: begin + WINDOW_SYMBOLS / 2, values, reach: 0 })
  }
  return witnesses
}

/** Squared coherent sum of each run of known symbols, for all shifts that the search can come to. */
function measureRuns(
  correlator: ToneCorrelator,
  clock: Clock,
  known: Int8Array,
  turn: number,
  search: ClockRange,
): Witness[] {
  const tones = new Float64Array(4)
  const witnesses: Witness[] = []
  let end = 0
  for (let begin = 0; begin < known.length; begin = Math.max(end, begin + 1)) {
    if (known[begin]! < 0) continue
    end = begin + 1
    while (end < known.length && end - begin < RUN_SYMBOLS && known[end]! >= 0) end++
    const reach = Math.ceil(search.phase + search.drift * end + 4 / PHASES)
    const values = new Float64Array(2 * reach * PHASES)
    for (let i = 0; i < values.length; i++) {
      let re = 0
      let im = 0
      let angle = 0
      for (let k = begin; k < end; k++) {
        correlator.symbol(clock.start + (k + i / PHASES - reach) * clock.period, clock.period, tones)
        const bit = known[k]!
        const cos = Math.cos(angle)
        const sin = Math.sin(angle)
        re += tones[2 * bit]! * cos + tones[2 * bit + 1]! * sin
        im += tones[2 * bit + 1]! * cos - tones[2 * bit]! * sin
        angle += bit ? turn : -turn
      }
      values[i] = re * re + im * im
    }
    witnesses.push({ symbol: (begin + end) / 2, values, reach })
  }
  return witnesses
}

function nearest({ values, reach }: Witness, at: number): number {
  const whole = Math.round(at)
  return values[reach === 0 ? whole & (PHASES - 1) : whole]!
}

/** Between the measured shifts by a cubic (Catmull–Rom), since the peaks are round. */
function between({ values, reach }: Witness, at: number): number {
  const whole = Math.floor(at)
  const f = at - whole
  const mask = reach === 0 ? PHASES - 1 : -1
  const a = values[(whole - 1) & mask]!
  const b = values[whole & mask]!
  const c = values[(whole + 1) & mask]!
  const d = values[(whole + 2) & mask]!
  return b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)))
}
