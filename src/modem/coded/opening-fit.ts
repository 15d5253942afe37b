/**
 * Fixes the beginning of a frame to a fraction of a symbol, and the carrier offset to about a hertz, from the 112 known symbols of its opening.
 *
 * With the bits known, z[k] = D_{b_k}[k]·e^{−jφ_k} is constant but for noise and the carrier offset. Four quarters of 28 symbols are added up
 * coherently for each hypothesis of timing, clock and offset, and their powers summed: a packet missing from the opening spoils one quarter
 * and leaves the others. The offset is then read more finely from all four together.
 *
 * Data and noise are taken for an opening every 200 ms or so and looked at here, so it has to be cheap. The power of a quarter's sum at an offset of θ a group is
 * r₀ + 2·Re Σ r_l·e^{−jlθ}, with r_l the quarter's correlation with itself l groups later: those of all quarters are added up once, each offset is a polynomial of them, and
 * where r₀ + 2·Σ|r_l| is too little no offset needs to be tried.
 */

import { type LineMode, SAMPLE_RATE, symbolSamples } from '../line/modes.ts'
import type { ToneCorrelator } from '../line/tone-correlator.ts'
import type { Beginning } from './frame-decoder.ts'
import { OPENING, OPENING_ANCHOR, OPENING_SYMBOLS } from './frame-layout.ts'

const MOST_OFFSET_HZ = 65
const QUARTERS = 4
const QUARTER = OPENING_SYMBOLS / QUARTERS
/** Timing steps per symbol. */
const STEPS = 8
const MOST_STEPS = 3

export type OpeningFit = Beginning

export class OpeningFitter {
  readonly #correlator: ToneCorrelator
  readonly #mode: LineMode
  /** Cosine and sine of the opening's phase at the start of each symbol. */
  readonly #phases: Float64Array
  /** Symbols added up before offsets are tried: a third of a turn at the largest offset. */
  readonly #group: number
  /** Groups in a quarter. */
  readonly #groups: number
  readonly #coarseStep: number
  readonly #sums = new Float64Array((OPENING_SYMBOLS + 1) * 4)
  /** By what each symbol is turned back, but for the phase that its beginning has in the two tones. */
  readonly #turns = new Float64Array(OPENING_SYMBOLS * 2)
  readonly #z: Float64Array
  readonly #lags: Float64Array

  /** `correlator` listens for the nominal tones of `mode`. */
  constructor(mode: LineMode, correlator: ToneCorrelator) {
    this.#correlator = correlator
    this.#mode = mode
    this.#phases = openingPhases(mode)
    this.#group = mode.baud === 300 ? 2 : 7
    this.#groups = QUARTER / this.#group
    this.#coarseStep = mode.baud / QUARTER / 5
    this.#z = new Float64Array(QUARTERS * this.#groups * 2)
    this.#lags = new Float64Array(this.#groups * 2)
  }

  /** Looks within 3/8 of a symbol of `start` and at each of `drifts` (fractions of the symbol period). Undefined if no more than `least` of the power is explained. */
  fit(start: number, drifts: readonly number[], least: number): OpeningFit | undefined {
    const nominal = symbolSamples(this.#mode)
    let best: OpeningFit | undefined
    let most = least
    for (const drift of drifts) {
      const period = nominal * (1 + drift)
      this.#prepare(period)
      for (let i = -MOST_STEPS; i <= MOST_STEPS; i++) {
        // What the search has found is the last quarter's place; a wrong drift must not move that.
        const at = start + (i * nominal) / STEPS - OPENING_ANCHOR * (period - nominal)
        const total = this.#turnBack(at, period)
        this.#correlateQuarters()
        if (this.#mostPower() <= most * QUARTER * total) continue
        for (let hz = -MOST_OFFSET_HZ; hz <= MOST_OFFSET_HZ; hz += this.#coarseStep) {
          const match = this.#quarterPower(this.#perGroup(hz, period)) / (QUARTER * total)
          if (match > most) [best, most] = [{ clock: { start: at, period }, offsetHz: hz, match }, match]
        }
      }
    }
    if (best === undefined) return undefined
    this.#prepare(best.clock.period)
    this.#turnBack(best.clock.start, best.clock.period)
    return { ...best, offsetHz: this.#finestOffset(best) }
  }

  /** Radians that an offset turns the phase by in a group of symbols. */
  #perGroup(hz: number, period: number): number {
    return ((2 * Math.PI * hz * period) / SAMPLE_RATE) * this.#group
  }

  #prepare(period: number): void {
    const phases = this.#phases
    const turns = this.#turns
    const perSymbol = this.#correlator.deviation * period
    const stepCos = Math.cos(perSymbol)
    const stepSin = Math.sin(perSymbol)
    let cos = 1
    let sin = 0
    for (let k = 0; k < OPENING_SYMBOLS; k++) {
      // A tone's phase goes forward at a mark and back at a space; the opening's own is turned back.
      const signed = OPENING[k] ? sin : -sin
      const re = phases[2 * k]!
      const im = phases[2 * k + 1]!
      turns[2 * k] = cos * re + signed * im
      turns[2 * k + 1] = signed * re - cos * im
      const turned = cos * stepCos - sin * stepSin
      sin = cos * stepSin + sin * stepCos
      cos = turned
    }
  }

  /** Fills `z` with coherent sums over groups of symbols and returns the power of all single ones. */
  #turnBack(start: number, period: number): number {
    const sums = this.#sums
    const turns = this.#turns
    const z = this.#z
    const group = this.#group
    this.#correlator.sumsAt(start, period, OPENING_SYMBOLS + 1, sums)
    const cos = Math.cos(this.#correlator.deviation * start)
    const sin = Math.sin(this.#correlator.deviation * start)
    let total = 1e-12
    for (let g = 0, k = 0; g < z.length; g += 2) {
      let spaceRe = 0
      let spaceIm = 0
      let markRe = 0
      let markIm = 0
      for (const end = k + group; k < end; k++) {
        const sr = sums[4 * k + 4]! - sums[4 * k]!
        const si = sums[4 * k + 5]! - sums[4 * k + 1]!
        const mr = sums[4 * k + 6]! - sums[4 * k + 2]!
        const mi = sums[4 * k + 7]! - sums[4 * k + 3]!
        const re = turns[2 * k]!
        const im = turns[2 * k + 1]!
        if (OPENING[k]) {
          markRe += mr * re - mi * im
          markIm += mi * re + mr * im
        } else {
          spaceRe += sr * re - si * im
          spaceIm += si * re + sr * im
        }
        total += sr * sr + si * si + mr * mr + mi * mi
      }
      z[g] = (spaceRe + markRe) * cos + (spaceIm - markIm) * sin
      z[g + 1] = (spaceIm + markIm) * cos + (markRe - spaceRe) * sin
    }
    return total
  }

  /** Fills `lags` with Σ z[g + l]·conj(z[g]) within the quarters. */
  #correlateQuarters(): void {
    const z = this.#z
    const lags = this.#lags
    const groups = this.#groups
    for (let lag = 0; lag < groups; lag++) {
      let re = 0
      let im = 0
      for (let quarter = 0; quarter < z.length; quarter += 2 * groups)
        for (let a = quarter, b = quarter + 2 * lag; b < quarter + 2 * groups; a += 2, b += 2) {
          re += z[b]! * z[a]! + z[b + 1]! * z[a + 1]!
          im += z[b + 1]! * z[a]! - z[b]! * z[a + 1]!
        }
      lags[2 * lag] = re
      lags[2 * lag + 1] = im
    }
  }

  /** What `quarterPower` cannot be above, whatever the offset. */
  #mostPower(): number {
    const lags = this.#lags
    let most = lags[0]!
    for (let at = 2; at < lags.length; at += 2) most += 2 * Math.sqrt(lags[at]! ** 2 + lags[at + 1]! ** 2)
    return most
  }

  /** Power of the four quarters, summed, if the phase turns `perGroup` radians per group. */
  #quarterPower(perGroup: number): number {
    const lags = this.#lags
    const cos = Math.cos(perGroup)
    const sin = -Math.sin(perGroup)
    let re = 0
    let im = 0
    for (let at = lags.length - 2; at > 0; at -= 2) {
      const sumRe = re + lags[at]!
      const sumIm = im + lags[at + 1]!
      re = sumRe * cos - sumIm * sin
      im = sumRe * sin + sumIm * cos
    }
    return lags[0]! + 2 * re
  }

  #finestOffset(coarse: OpeningFit): number {
    const step = this.#coarseStep
    let finest = coarse.offsetHz
    let best = -1
    for (let hz = coarse.offsetHz - step; hz <= coarse.offsetHz + step; hz += step / 32) {
      const power = coherentPower(this.#z, this.#perGroup(hz, coarse.clock.period))
      if (power > best) [best, finest] = [power, hz]
    }
    return finest
  }
}

function openingPhases(mode: LineMode): Float64Array {
  const turn = (Math.PI * (mode.markHz - mode.spaceHz)) / mode.baud
  const phases = new Float64Array(OPENING_SYMBOLS * 2)
  let angle = 0
  for (let k = 0; k < OPENING_SYMBOLS; k++) {
    phases[2 * k] = Math.cos(angle)
    phases[2 * k + 1] = Math.sin(angle)
    angle += OPENING[k] ? turn : -turn
  }
  return phases
}

function coherentPower(z: Float64Array, perGroup: number): number {
  const stepRe = Math.cos(perGroup)
  const stepIm = -Math.sin(perGroup)
  let cos = 1
  let sin = 0
  let re = 0
  let im = 0
  for (let at = 0; at < z.length; at += 2) {
    re += z[at]! * cos - z[at + 1]! * sin
    im += z[at]! * sin + z[at + 1]! * cos
    const turned = cos * stepRe - sin * stepIm
    sin = cos * stepIm + sin * stepRe
    cos = turned
  }
  return re * re + im * im
}
