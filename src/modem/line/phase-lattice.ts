/**
 * Maximum a posteriori detection of phase-continuous FSK: BCJR on a lattice of 24 phases.
 *
 * A symbol-by-symbol receiver compares the energy of the two tones and forgets the phase. But the phase at the start of a symbol
 * is the phase at the end of the one before: ±πh later, which is 8 (h = 2/3) or 10 (h = 5/6) steps of 15°. So the
 * transmitter walks on a circle of 24 points, and the forward–backward algorithm (Bahl, Cocke, Jelinek, Raviv, 1974; for CPM:
 * Anderson, Aulin, Sundberg, "Digital Phase Modulation", ch. 7) gives each bit's probability from the whole signal around it.
 *
 * With D_b the correlation of a symbol with tone b, phase φ at its start, amplitude A and noise N, the likelihood of bit b is
 * exp(2A/N · Re(D_b e^{−jφ})). It runs on probabilities, rescaled per symbol: faster than logarithms, since a symbol needs 24
 * exponentials and the rest is products and sums.
 */
import type { LineMode } from './modes.ts'

const PHASES = 24

/** Probability that the phase slips one lattice step (15°) within a symbol; makes room for residual offset and phase noise. */
const DRIFT = 0.011
/** Probability that it jumps anywhere: a packet was cut out of the signal. */
const JUMP = 1e-5
/** Beyond this log-likelihood a symbol adds nothing but rounding trouble. */
const MOST_EVIDENCE = 60

const COS = Float64Array.from({ length: PHASES }, (_, p) => Math.cos((2 * Math.PI * p) / PHASES))
const SIN = Float64Array.from({ length: PHASES }, (_, p) => Math.sin((2 * Math.PI * p) / PHASES))

/** What the line says of each symbol, already scaled by 2A/N; `bias` is added to the log-likelihood of a mark (unequal tone gains). */
export interface Evidence {
  readonly spaceRe: Float64Array
  readonly spaceIm: Float64Array
  readonly markRe: Float64Array
  readonly markIm: Float64Array
  readonly bias: Float64Array
}

export function evidenceFor(symbols: number): Evidence {
  return {
    spaceRe: new Float64Array(symbols),
    spaceIm: new Float64Array(symbols),
    markRe: new Float64Array(symbols),
    markIm: new Float64Array(symbols),
    bias: new Float64Array(symbols),
  }
}

export class PhaseLattice {
  /** Probability of each phase at the start of the next symbol, given all before: carried from one call of `detect` to the next. */
  private readonly entry = new Float64Array(PHASES).fill(1 / PHASES)
  private readonly space = new Float64Array(PHASES)
  private readonly mark = new Float64Array(PHASES)
  private readonly ahead = new Float64Array(PHASES)
  private readonly spread = new Float64Array(PHASES)
  private readonly forward: Float64Array
  /** Likelihoods of the forward pass, kept for the backward pass: 48 per symbol. */
  private readonly likelihood: Float64Array
  private readonly markTurn: number
  private readonly spaceTurn: number

  /** `capacity` is the most symbols a call of `detect` may span. */
  constructor(mode: LineMode, capacity: number) {
    const turn = Math.round((((mode.markHz - mode.spaceHz) / mode.baud) * PHASES) / 2)
    this.markTurn = (turn + PHASES) % PHASES
    this.spaceTurn = (PHASES - turn) % PHASES
    this.forward = new Float64Array((capacity + 1) * PHASES)
    this.likelihood = new Float64Array(capacity * PHASES * 2)
  }

  /** Forgets the phase: a new signal begins. */
  restart(): void {
    this.entry.fill(1 / PHASES)
  }

  /**
   * Writes the log-likelihood ratio ln P(mark)/P(space) of the first `emit` of `count` symbols to `llr`; the others are look-ahead.
   * `prior` (log ratios too) is what is known of the bits beforehand: ±∞-like for known ones, 0 for unknown. Symbols start at
   * `from` in all arrays. The phase after the emitted symbols is kept for the next call.
   */
  detect(
    evidence: Evidence,
    prior: Float64Array | null,
    from: number,
    count: number,
    emit: number,
    llr: Float64Array,
  ): void {
    const { forward, entry } = this
    forward.set(entry)
    for (let k = 0; k < count; k++) this.stepForward(evidence, prior, from + k, k)
    this.ahead.fill(1)
    for (let k = count - 1; k >= 0; k--) {
      const ratio = this.stepBackward(k)
      if (k < emit) llr[from + k] = ratio
    }
    for (let p = 0; p < PHASES; p++) entry[p] = forward[emit * PHASES + p]!
  }

  private stepForward(evidence: Evidence, prior: Float64Array | null, at: number, k: number): void {
    const { forward, spread, likelihood, markTurn, spaceTurn } = this
    this.weigh(evidence, prior === null ? 0 : prior[at]!, at)
    const { space, mark } = this
    const now = k * PHASES
    const next = now + PHASES
    const kept = k * PHASES * 2
    let total = 0
    for (let p = 0; p < PHASES; p++) {
      likelihood[kept + p] = space[p]!
      likelihood[kept + PHASES + p] = mark[p]!
      const viaMark = p < markTurn ? p - markTurn + PHASES : p - markTurn
      const viaSpace = p < spaceTurn ? p - spaceTurn + PHASES : p - spaceTurn
      const sum = forward[now + viaMark]! * mark[viaMark]! + forward[now + viaSpace]! * space[viaSpace]!
      spread[p] = sum
      total += sum
    }
    const scale = 1 / (total * (1 + 2 * DRIFT))
    const jump = JUMP / PHASES
    for (let p = 0; p < PHASES; p++) {
      const neighbours = spread[p === 0 ? PHASES - 1 : p - 1]! + spread[p === PHASES - 1 ? 0 : p + 1]!
      forward[next + p] = (spread[p]! + DRIFT * neighbours) * scale + jump
    }
  }

  /** Takes `ahead` from the end of symbol `k` to its start and returns the symbol's log ratio. */
  private stepBackward(k: number): number {
    const { forward, spread, ahead, likelihood, markTurn, spaceTurn } = this
    let total = 0
    for (let p = 0; p < PHASES; p++) total += ahead[p]!
    const jump = (JUMP * total) / PHASES
    for (let p = 0; p < PHASES; p++) {
      const neighbours = ahead[p === 0 ? PHASES - 1 : p - 1]! + ahead[p === PHASES - 1 ? 0 : p + 1]!
      spread[p] = ahead[p]! + DRIFT * neighbours + jump
    }
    const now = k * PHASES
    const kept = k * PHASES * 2
    let marks = 1e-300
    let spaces = 1e-300
    let most = 0
    for (let p = 0; p < PHASES; p++) {
      const afterMark = p + markTurn >= PHASES ? p + markTurn - PHASES : p + markTurn
      const afterSpace = p + spaceTurn >= PHASES ? p + spaceTurn - PHASES : p + spaceTurn
      const ifMark = likelihood[kept + PHASES + p]! * spread[afterMark]!
      const ifSpace = likelihood[kept + p]! * spread[afterSpace]!
      marks += forward[now + p]! * ifMark
      spaces += forward[now + p]! * ifSpace
      const either = ifMark + ifSpace
      ahead[p] = either
      if (either > most) most = either
    }
    const scale = 1 / most
    for (let p = 0; p < PHASES; p++) ahead[p]! *= scale
    return Math.log(marks / spaces)
  }

  private weigh(evidence: Evidence, prior: number, at: number): void {
    const { space, mark } = this
    const largest = Math.max(
      Math.hypot(evidence.spaceRe[at]!, evidence.spaceIm[at]!),
      Math.hypot(evidence.markRe[at]!, evidence.markIm[at]!),
    )
    const limit = largest > MOST_EVIDENCE ? MOST_EVIDENCE / largest : 1
    const sr = evidence.spaceRe[at]! * limit
    const si = evidence.spaceIm[at]! * limit
    const mr = evidence.markRe[at]! * limit
    const mi = evidence.markIm[at]! * limit
    const tilt = Math.max(-MOST_EVIDENCE, Math.min(MOST_EVIDENCE, evidence.bias[at]! * limit + prior)) / 2
    const up = Math.exp(tilt)
    const down = 1 / up
    // Opposite phases have reciprocal likelihoods: half the exponentials.
    for (let p = 0; p < PHASES / 2; p++) {
      const ofSpace = Math.exp(sr * COS[p]! + si * SIN[p]!)
      const ofMark = Math.exp(mr * COS[p]! + mi * SIN[p]!)
      space[p] = ofSpace * down
      space[p + PHASES / 2] = down / ofSpace
      mark[p] = ofMark * up
      mark[p + PHASES / 2] = up / ofMark
    }
  }
}
