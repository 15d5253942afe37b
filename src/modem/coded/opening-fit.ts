/**
 * Fixes the beginning of a frame to a fraction of a symbol, and the carrier offset to about a hertz, from the 112 known symbols of its opening.
 *
 * With the bits known, z[k] = D_{b_k}[k]·e^{−jφ_k} is constant but for noise and the carrier offset. Four quarters of 28 symbols are added up
 * coherently for each hypothesis of timing, clock and offset, and their powers summed: a packet missing from the opening spoils one quarter
 * and leaves the others. The offset is then read more finely from all four together.
 */

import { type LineMode, SAMPLE_RATE, symbolSamples } from '../line/modes.ts'
import type { ToneCorrelator } from '../line/tone-correlator.ts'
import type { Beginning } from './frame-decoder.ts'
import { OPENING, OPENING_ANCHOR, OPENING_SYMBOLS } from './frame-layout.ts'

const MOST_OFFSET_HZ = 65
const QUARTER = OPENING_SYMBOLS / 4
/** Timing steps per symbol. */
const STEPS = 8
const MOST_STEPS = 3
const tones = new Float64Array(4)

export type OpeningFit = Beginning

/** Looks within 3/8 of a symbol of `start` and at each of `drifts` (fractions of the symbol period). The correlator listens for the nominal tones. */
export function fitOpening(
  correlator: ToneCorrelator,
  mode: LineMode,
  start: number,
  drifts: readonly number[],
): OpeningFit {
  const nominal = symbolSamples(mode)
  const pattern = openingPhases(mode)
  /** Symbols added up before offsets are tried: a third of a turn at the largest offset. */
  const group = mode.baud === 300 ? 2 : 7
  const z = new Float64Array((OPENING_SYMBOLS / group) * 2)
  const coarseStep = mode.baud / QUARTER / 5
  let best: OpeningFit = { clock: { start, period: nominal }, offsetHz: 0, match: -1 }
  for (const drift of drifts) {
    const period = nominal * (1 + drift)
    for (let i = -MOST_STEPS; i <= MOST_STEPS; i++) {
      // What the search has found is the last quarter's place; a wrong drift must not move that.
      const at = start + (i * nominal) / STEPS - OPENING_ANCHOR * (period - nominal)
      const total = turnBack(correlator, at, period, pattern, group, z)
      for (let hz = -MOST_OFFSET_HZ; hz <= MOST_OFFSET_HZ; hz += coarseStep) {
        const match = quarterPower(z, group, (2 * Math.PI * hz * period) / SAMPLE_RATE) / (QUARTER * total)
        if (match > best.match) best = { clock: { start: at, period }, offsetHz: hz, match }
      }
    }
  }
  turnBack(correlator, best.clock.start, best.clock.period, pattern, group, z)
  return { ...best, offsetHz: finestOffset(z, group, best, coarseStep) }
}

/** Fills `z` with coherent sums over groups of symbols and returns the power of all single ones. */
function turnBack(
  correlator: ToneCorrelator,
  start: number,
  period: number,
  pattern: Float64Array,
  group: number,
  z: Float64Array,
): number {
  let total = 1e-12
  z.fill(0)
  for (let k = 0; k < OPENING_SYMBOLS; k++) {
    correlator.symbol(start + k * period, period, tones)
    const re = tones[2 * OPENING[k]!]!
    const im = tones[2 * OPENING[k]! + 1]!
    const cos = pattern[2 * k]!
    const sin = pattern[2 * k + 1]!
    const at = 2 * Math.floor(k / group)
    z[at]! += re * cos + im * sin
    z[at + 1]! += im * cos - re * sin
    total += tones[0]! ** 2 + tones[1]! ** 2 + tones[2]! ** 2 + tones[3]! ** 2
  }
  return total
}

/** Cosine and sine of the opening's phase at the start of each symbol. */
function openingPhases(mode: LineMode): Float64Array {
  const turn = (Math.PI * (mode.markHz - mode.spaceHz)) / mode.baud
  const pattern = new Float64Array(OPENING_SYMBOLS * 2)
  let angle = 0
  for (let k = 0; k < OPENING_SYMBOLS; k++) {
    pattern[2 * k] = Math.cos(angle)
    pattern[2 * k + 1] = Math.sin(angle)
    angle += OPENING[k]! ? turn : -turn
  }
  return pattern
}

/** Power of the four quarters, summed, if the phase turns `perSymbol` radians per symbol. */
function quarterPower(z: Float64Array, group: number, perSymbol: number): number {
  const groups = z.length / 8
  let power = 0
  for (let quarter = 0; quarter < 4; quarter++) power += coherentPower(z, quarter * groups, groups, perSymbol * group)
  return power
}

function coherentPower(z: Float64Array, from: number, groups: number, perGroup: number): number {
  const stepRe = Math.cos(perGroup)
  const stepIm = -Math.sin(perGroup)
  let cos = 1
  let sin = 0
  let re = 0
  let im = 0
  for (let g = from; g < from + groups; g++) {
    re += z[2 * g]! * cos - z[2 * g + 1]! * sin
    im += z[2 * g]! * sin + z[2 * g + 1]! * cos
    const turned = cos * stepRe - sin * stepIm
    sin = cos * stepIm + sin * stepRe
    cos = turned
  }
  return re * re + im * im
}

function finestOffset(z: Float64Array, group: number, coarse: OpeningFit, step: number): number {
  let finest = coarse.offsetHz
  let best = -1
  for (let hz = coarse.offsetHz - step; hz <= coarse.offsetHz + step; hz += step / 32) {
    const power = coherentPower(z, 0, z.length / 2, (2 * Math.PI * hz * coarse.clock.period * group) / SAMPLE_RATE)
    if (power > best) [best, finest] = [power, hz]
  }
  return finest
}
