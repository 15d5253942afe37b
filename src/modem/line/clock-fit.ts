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
/** Numbers between the sums at a symbol's beginning and at its end. */
const SYMBOL = 4 * PHASES
/** How shifts repeat: those of windows after a symbol, those of runs not at all. */
const CYCLE = PHASES - 1
const ALL = -1
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

/** What was measured around places of the frame, one after another in `values`: `count` of each, for shifts of an eighth of a symbol each. */
interface Witnesses {
  readonly values: Float64Array
  /** The middle of each place. */
  readonly symbols: Float64Array
  /** By how many symbols the first shift of each is early. */
  readonly reaches: Int32Array
  readonly begins: Int32Array
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
  const windows = measureWindows(correlator, expected, known.length)
  const runs = measureRuns(correlator, expected, known, turn, search)
  const find = (within: ClockRange) => bestClock(windows, runs, expected, known.length, within)
  const best = find(search)
  if (search.likely === undefined) return [best]
  const likely = find({ phase: search.phase, drift: search.likely })
  return Math.abs(likely.period - best.period) < SAME * best.period ? [likely] : [likely, best]
}

function bestClock(windows: Witnesses, runs: Witnesses, expected: Clock, symbols: number, search: ClockRange): Clock {
  let phase = 0
  let drift = 0
  let best = -1
  const consider = (p: number, d: number, read: typeof nearest) => {
    const sum = read(windows, p, d, CYCLE) + read(runs, p, d, ALL)
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
function measureWindows(correlator: ToneCorrelator, clock: Clock, symbols: number): Witnesses {
  const windows = Math.floor(symbols / WINDOW_SYMBOLS)
  const witnesses = room(windows, windows * PHASES)
  const { values } = witnesses
  const sums = new Float64Array(4 * PHASES * (WINDOW_SYMBOLS + 1))
  for (let w = 0; w < windows; w++) {
    const begin = w * WINDOW_SYMBOLS
    place(witnesses, w, begin + WINDOW_SYMBOLS / 2, 0, w * PHASES)
    strongerEnergies(correlator, clock, begin, WINDOW_SYMBOLS, sums, values, w * PHASES)
  }
  return witnesses
}

/**
 * Energy of the stronger tone of each of `count` symbols from `begin` on, added up, for each eighth of a symbol that they may begin late: into `energies` from `at` on.
 * `sums` has room for a symbol more than that.
 */
export function strongerEnergies(
  correlator: ToneCorrelator,
  { start, period }: Clock,
  begin: number,
  count: number,
  sums: Float64Array,
  energies: Float64Array,
  at: number,
): void {
  correlator.sumsAt(start + begin * period, period / PHASES, PHASES * (count + 1), sums)
  for (let p = 0; p < PHASES; p++) {
    let energy = 0
    for (let k = 0, from = 4 * p; k < count; k++, from += SYMBOL) {
      const sr = sums[from + SYMBOL]! - sums[from]!
      const si = sums[from + SYMBOL + 1]! - sums[from + 1]!
      const mr = sums[from + SYMBOL + 2]! - sums[from + 2]!
      const mi = sums[from + SYMBOL + 3]! - sums[from + 3]!
      energy += Math.max(sr * sr + si * si, mr * mr + mi * mi)
    }
    energies[at + p] = energy
  }
}

/** Squared coherent sum of each run of known symbols, for all shifts that the search can come to. */
function measureRuns(
  correlator: ToneCorrelator,
  clock: Clock,
  known: Int8Array,
  turn: number,
  search: ClockRange,
): Witnesses {
  const runs = runsOf(known)
  const reachOf = (end: number) => Math.ceil(search.phase + search.drift * end + 4 / PHASES)
  const shifts = runs.reduce((sum, [, end]) => sum + 2 * reachOf(end) * PHASES, 0)
  const witnesses = room(runs.length, shifts)
  const sums = new Float64Array(SYMBOL * (2 * reachOf(known.length) + RUN_SYMBOLS))
  let at = 0
  runs.forEach(([begin, end], run) => {
    const reach = reachOf(end)
    place(witnesses, run, (begin + end) / 2, reach, at)
    correlator.sumsAt(
      clock.start + (begin - reach) * clock.period,
      clock.period / PHASES,
      PHASES * (2 * reach + end - begin),
      sums,
    )
    const beginning = clock.start + (begin - reach) * clock.period
    coherentEnergies(
      correlator.deviation,
      beginning,
      clock.period,
      known.subarray(begin, end),
      turn,
      sums,
      witnesses.values.subarray(at, at + 2 * reach * PHASES),
    )
    at += 2 * reach * PHASES
  })
  return witnesses
}

/** Beginnings and ends of the stretches of known symbols, none longer than a run may be. */
function runsOf(known: Int8Array): [begin: number, end: number][] {
  const runs: [number, number][] = []
  for (let begin = 0; begin < known.length; begin++) {
    if (known[begin]! < 0) continue
    let end = begin + 1
    while (end < known.length && end - begin < RUN_SYMBOLS && known[end]! >= 0) end++
    runs.push([begin, end])
    begin = end - 1
  }
  return runs
}

/**
 * |Σ D_b·e^{−jφ}|² of a run of `bits`, for each eighth of a symbol from `beginning` on. Marks and spaces are added up apart, since a shift turns the two tones against each
 * other: by α = 2·deviation·time, so that it is |M|² + |S|² + 2·Re(M·S*·e^{jα}).
 */
function coherentEnergies(
  deviation: number,
  beginning: number,
  period: number,
  bits: Int8Array,
  turn: number,
  sums: Float64Array,
  energies: Float64Array,
): void {
  let phase = 0
  const turns = new Float64Array(2 * bits.length)
  bits.forEach((bit, k) => {
    const angle = (bit ? 1 : -1) * deviation * k * period - phase
    turns[2 * k] = Math.cos(angle)
    turns[2 * k + 1] = Math.sin(angle)
    phase += bit ? turn : -turn
  })
  const stepCos = Math.cos((2 * deviation * period) / PHASES)
  const stepSin = Math.sin((2 * deviation * period) / PHASES)
  let cos = Math.cos(2 * deviation * beginning)
  let sin = Math.sin(2 * deviation * beginning)
  for (let i = 0; i < energies.length; i++) {
    let [spaceRe, spaceIm, markRe, markIm] = [0, 0, 0, 0]
    for (let k = 0, from = 4 * i; k < bits.length; k++, from += SYMBOL) {
      const tone = from + 2 * bits[k]!
      const re = sums[tone + SYMBOL]! - sums[tone]!
      const im = sums[tone + SYMBOL + 1]! - sums[tone + 1]!
      const turnedRe = re * turns[2 * k]! - im * turns[2 * k + 1]!
      const turnedIm = im * turns[2 * k]! + re * turns[2 * k + 1]!
      if (bits[k]) {
        markRe += turnedRe
        markIm += turnedIm
      } else {
        spaceRe += turnedRe
        spaceIm += turnedIm
      }
    }
    const re = markRe * spaceRe + markIm * spaceIm
    const im = markIm * spaceRe - markRe * spaceIm
    energies[i] = markRe * markRe + markIm * markIm + spaceRe * spaceRe + spaceIm * spaceIm + 2 * (re * cos - im * sin)
    const turned = cos * stepCos - sin * stepSin
    sin = cos * stepSin + sin * stepCos
    cos = turned
  }
}

function room(places: number, values: number): Witnesses {
  return {
    values: new Float64Array(values),
    symbols: new Float64Array(places),
    reaches: new Int32Array(places),
    begins: new Int32Array(places),
  }
}

function place(witnesses: Witnesses, at: number, symbol: number, reach: number, begin: number): void {
  witnesses.symbols[at] = symbol
  witnesses.reaches[at] = reach
  witnesses.begins[at] = begin
}

/** What all witnesses say of a clock that begins `phase` symbols late and is `drift` slow. Shifts repeat with `mask`. */
function nearest({ values, symbols, reaches, begins }: Witnesses, phase: number, drift: number, mask: number): number {
  let sum = 0
  for (let w = 0; w < symbols.length; w++) {
    const whole = Math.round((phase + drift * symbols[w]! + reaches[w]!) * PHASES)
    sum += values[begins[w]! + (whole & mask)]!
  }
  return sum
}

/** Between the measured shifts by a cubic (Catmull–Rom), since the peaks are round. */
function between({ values, symbols, reaches, begins }: Witnesses, phase: number, drift: number, mask: number): number {
  let sum = 0
  for (let w = 0; w < symbols.length; w++) {
    const at = (phase + drift * symbols[w]! + reaches[w]!) * PHASES
    const whole = Math.floor(at)
    const f = at - whole
    const begin = begins[w]!
    const a = values[begin + ((whole - 1) & mask)]!
    const b = values[begin + (whole & mask)]!
    const c = values[begin + ((whole + 1) & mask)]!
    const d = values[begin + ((whole + 2) & mask)]!
    sum += b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)))
  }
  return sum
}
