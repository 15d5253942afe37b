/**
 * What the line did to the signal, read off the symbols themselves: carrier offset, strength of each tone, phase of one tone against the
 * other, and noise.
 *
 * From one symbol to the next the phase turns by a known ±πh. What it turns beyond that is the carrier offset, the same for all; where the
 * bit changes, plus or minus the tones' phase difference. So the products D[k+1]·conj(D[k]), turned back by πh and added up by
 * pair of bits, hold everything, and hold it free of noise bias, as the noise of two symbols is independent.
 */
import type { Evidence } from './phase-lattice.ts'

/** Beyond 15 dB per symbol the estimate of the noise is dominated by what the model leaves out. */
const LEAST_NOISE = 0.012
const MOST_TWIST = 3
/** A symbol with less than this part of the usual power is a hole in the signal and says nothing. */
const HOLE_POWER = 0.02

export interface LineEstimate {
  /** Carrier offset in radians per symbol. */
  offset: number
  /** Phase of the mark tone ahead of the space tone, in radians. */
  twistPhase: number
  spaceGain: number
  markGain: number
  /** Squared length of a symbol's correlation without noise. */
  power: number
  /** Mean squared length of the noise in a correlation. */
  noise: number
}

export function lineEstimate(): LineEstimate {
  return { offset: 0, twistPhase: 0, spaceGain: 1, markGain: 1, power: 1, noise: 1 }
}

/** Sums by pair of bits (space-space, space-mark, mark-space, mark-mark), for `estimateLine` or to be kept and faded by a tracking receiver. */
export interface PairSums {
  readonly re: Float64Array
  readonly im: Float64Array
  readonly count: Float64Array
  /** Total squared length of the correlations of the decided tones, and how many there were. */
  energy: number
  symbols: number
}

export function pairSums(): PairSums {
  return { re: new Float64Array(4), im: new Float64Array(4), count: new Float64Array(4), energy: 0, symbols: 0 }
}

export function fade(sums: PairSums, factor: number): void {
  for (let i = 0; i < 4; i++) {
    sums.re[i]! *= factor
    sums.im[i]! *= factor
    sums.count[i]! *= factor
  }
  sums.energy *= factor
  sums.symbols *= factor
}

/** As if the carrier offset had been `angle` radians per symbol larger. */
export function turnSums({ re, im }: PairSums, angle: number): void {
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  for (let i = 0; i < 4; i++) {
    const r = re[i]!
    re[i] = r * cos - im[i]! * sin
    im[i] = r * sin + im[i]! * cos
  }
}

/** As if the mark tone had been `angle` radians further ahead of the space tone. */
export function twistSums({ re, im }: PairSums, angle: number): void {
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  const [r1, i1, r2, i2] = [re[1]!, im[1]!, re[2]!, im[2]!]
  re[1] = r1 * cos - i1 * sin
  im[1] = r1 * sin + i1 * cos
  re[2] = r2 * cos + i2 * sin
  im[2] = i2 * cos - r2 * sin
}

/** Adds the pairs (k, k+1), `from` ≤ k < `to`. `tones` holds four numbers per symbol, `bits` one decision each; `turn` is +πh of a mark. */
export function addPairs(
  sums: PairSums,
  tones: Float64Array,
  bits: Uint8Array,
  from: number,
  to: number,
  turn: number,
): void {
  const cos = Math.cos(turn)
  const sin = Math.sin(turn)
  for (let k = from; k < to; k++) {
    const bit = bits[k]!
    const next = bits[k + 1]!
    const zr = tones[4 * k + 2 * bit]!
    const zi = tones[4 * k + 2 * bit + 1]!
    if (zr === 0 && zi === 0) continue
    const yr = tones[4 * k + 4 + 2 * next]!
    const yi = tones[4 * k + 4 + 2 * next + 1]!
    const re = yr * zr + yi * zi
    const im = yi * zr - yr * zi
    const back = bit ? -sin : sin
    const pair = 2 * bit + next
    sums.re[pair]! += re * cos - im * back
    sums.im[pair]! += re * back + im * cos
    sums.count[pair]! += 1
    sums.energy += zr * zr + zi * zi
    sums.symbols += 1
  }
}

export function estimateLine(sums: PairSums, line: LineEstimate): void {
  const { re, im, count } = sums
  const symbols = Math.max(1, sums.symbols)
  const sameRe = re[0]! + re[3]!
  const sameIm = im[0]! + im[3]!
  line.offset = Math.atan2(sameIm, sameRe)
  const difference = Math.atan2(im[1]!, re[1]!) - Math.atan2(im[2]!, re[2]!)
  line.twistPhase = Math.atan2(Math.sin(difference), Math.cos(difference)) / 2
  const power = Math.hypot(sameRe, sameIm) + Math.hypot(re[1]!, im[1]!) + Math.hypot(re[2]!, im[2]!)
  line.power = Math.max(power / symbols, 1e-12)
  line.spaceGain = toneGain(Math.hypot(re[0]!, im[0]!) / Math.max(1, count[0]!), line.power)
  line.markGain = toneGain(Math.hypot(re[3]!, im[3]!) / Math.max(1, count[3]!), line.power)
  line.noise = Math.max(sums.energy / symbols - line.power, line.power * LEAST_NOISE)
}

function toneGain(power: number, mean: number): number {
  return Math.min(MOST_TWIST, Math.max(1 / MOST_TWIST, Math.sqrt(power / mean)))
}

/** Scales the correlations of `count` symbols from `from` on to evidence for the phase lattice. */
export function weighEvidence(
  tones: Float64Array,
  line: LineEstimate,
  from: number,
  count: number,
  evidence: Evidence,
): void {
  const scale = (2 * Math.sqrt(line.power)) / line.noise
  const spaceScale = scale * line.spaceGain
  const markCos = scale * line.markGain * Math.cos(line.twistPhase)
  const markSin = scale * line.markGain * Math.sin(line.twistPhase)
  const bias = ((line.spaceGain ** 2 - line.markGain ** 2) * line.power) / line.noise
  const hole = line.power * HOLE_POWER
  for (let k = from; k < from + count; k++) {
    const sr = tones[4 * k]!
    const si = tones[4 * k + 1]!
    const mr = tones[4 * k + 2]!
    const mi = tones[4 * k + 3]!
    evidence.spaceRe[k] = sr * spaceScale
    evidence.spaceIm[k] = si * spaceScale
    evidence.markRe[k] = mr * markCos + mi * markSin
    evidence.markIm[k] = mi * markCos - mr * markSin
    evidence.bias[k] = sr * sr + si * si + mr * mr + mi * mi < hole ? 0 : bias
  }
}

/** Es/N0 in dB: signal correlation power over noise correlation power is Es/N0 itself for a filter matched to the symbol. */
export function esN0Db(line: LineEstimate): number {
  return 10 * Math.log10(line.power / line.noise)
}
