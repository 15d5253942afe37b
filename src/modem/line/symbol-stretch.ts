/**
 * A stretch of signal looked at as a whole: its clock is fitted over all of it, its symbols correlated with both tones at the sender's own clock
 * and pitch, and detected on the phase lattice, as often as the line estimates or what is known of the bits improve.
 */
import type { Pieces } from '../pieces.ts'
import { type Clock, type ClockRange, fitClock } from './clock-fit.ts'
import { addPairs, esN0Db, estimateLine, lineEstimate, pairSums, weighEvidence } from './line-estimate.ts'
import { type LineMode, SAMPLE_RATE, symbolSamples } from './modes.ts'
import { evidenceFor, PhaseLattice } from './phase-lattice.ts'
import { TimingPath } from './timing-path.ts'
import { ToneCorrelator } from './tone-correlator.ts'

/** How much clearer a later proposal must make the signal than an earlier one. */
const CLEARER_DB = 0.4

/** A clock that a stretch may have, and how far it may be from that. */
export interface ClockProposal {
  readonly clock: Clock
  readonly search: ClockRange
}

export class SymbolStretch {
  /** What the line did to this stretch. */
  readonly line = lineEstimate()
  /** Log ratios ln P(mark)/P(space) of the symbols after `detect`. */
  readonly ratio: Float64Array
  private readonly mode: LineMode
  /** Radians that a mark turns the phase by, around the centre frequency. */
  private readonly turn: number
  private readonly correlator: ToneCorrelator
  private readonly lattice: PhaseLattice
  private readonly evidence
  private readonly tones: Float64Array
  private readonly decisions: Uint8Array
  private readonly scratch = new Float64Array(4)
  private samples: Float32Array = new Float32Array(0)
  private fitted: Clock = { start: 0, period: 1 }
  private pitchHz = 0
  private symbols = 0
  private readonly path: TimingPath
  /** How much later than the fitted clock says each symbol begins, in symbols. */
  private readonly shift: Float64Array

  constructor(mode: LineMode, mostSymbols: number) {
    this.mode = mode
    this.turn = (Math.PI * (mode.markHz - mode.spaceHz)) / mode.baud
    this.correlator = new ToneCorrelator(Math.ceil(mostSymbols * symbolSamples(mode) * 1.02) + 8 * 160)
    this.lattice = new PhaseLattice(mode, mostSymbols)
    this.evidence = evidenceFor(mostSymbols)
    this.tones = new Float64Array(mostSymbols * 4)
    this.decisions = new Uint8Array(mostSymbols)
    this.ratio = new Float64Array(mostSymbols)
    this.path = new TimingPath(mostSymbols)
    this.shift = new Float64Array(mostSymbols)
  }

  get clock(): Clock {
    return this.fitted
  }

  get offsetHz(): number {
    return this.pitchHz
  }

  /** Bit that `detect` decided for symbol `k`. */
  bit(k: number): number {
    return this.decisions[k]!
  }

  /**
   * Takes the samples of `known.length` symbols, some of whose bits may be known (−1: not). Of the clocks proposed, that is used which, fitted, makes
   * the signal clearest, the likeliest being proposed first; then timing is followed along it.
   */
  *listen(
    samples: Float32Array,
    proposals: readonly ClockProposal[],
    offsetHz: number,
    known: Int8Array,
  ): Pieces<void> {
    this.samples = samples
    this.symbols = known.length
    this.pitchHz = offsetHz
    this.fitted = { start: 0, period: symbolSamples(this.mode) }
    this.tune()
    const clocks: Clock[] = []
    for (const { clock, search } of proposals) {
      clocks.push(...fitClock(this.correlator, clock, known, this.turn, search))
      yield
    }
    let clearestDb = -Infinity
    let clearest = clocks[0]!
    for (const clock of clocks) {
      yield* this.take(clock)
      const clearDb = esN0Db(this.line)
      if (clearDb > clearestDb + CLEARER_DB) [clearestDb, clearest] = [clearDb, clock]
    }
    if (clearest !== this.fitted) yield* this.take(clearest)
  }

  /** Reads all symbols by `clock`, and once more by the way that their timing goes along it, if that bends. */
  private *take(clock: Clock): Pieces<void> {
    this.fitted = clock
    this.shift.fill(0, 0, this.symbols)
    this.correlate()
    this.decide()
    yield
    const isBent = this.path.find(this.correlator, this.fitted, this.symbols, this.line, this.shift)
    yield
    if (!isBent) return
    this.correlate()
    this.decide()
    yield
  }

  /** By the stronger tone alone. */
  private decide(): void {
    for (let k = 0; k < this.symbols; k++) this.decisions[k] = strongerTone(this.tones, k)
    this.estimate()
  }

  /** Decides all symbols, given what is known of them beforehand (log ratios), and leaves the result in `ratio` and `bit`. */
  detect(prior: Float64Array | null): void {
    weighEvidence(this.tones, this.line, 0, this.symbols, this.evidence)
    this.lattice.restart()
    this.lattice.detect(this.evidence, prior, 0, this.symbols, this.symbols, this.ratio)
    for (let k = 0; k < this.symbols; k++) this.decisions[k] = this.ratio[k]! > 0 ? 1 : 0
  }

  /** Estimates the line anew from the decided bits. */
  estimate(): void {
    const sums = pairSums()
    addPairs(sums, this.tones, this.decisions, 0, this.symbols - 1, this.turn)
    estimateLine(sums, this.line)
  }

  /** Takes out the carrier offset that the last estimate still found. */
  correctOffset(): void {
    this.pitchHz += (this.line.offset * SAMPLE_RATE) / (2 * Math.PI * this.fitted.period)
    this.correlate()
    this.estimate()
  }

  private tune(): void {
    const centre = (this.mode.markHz + this.mode.spaceHz) / 2 + this.pitchHz
    const deviation = ((this.mode.markHz - this.mode.spaceHz) / 2) * (symbolSamples(this.mode) / this.fitted.period)
    this.correlator.tune(centre + deviation, centre - deviation)
    for (let n = 0; n < this.samples.length; n++) this.correlator.push(this.samples[n]!)
  }

  private correlate(): void {
    this.tune()
    const { start, period } = this.fitted
    for (let k = 0; k < this.symbols; k++) {
      this.correlator.symbol(start + (k + this.shift[k]!) * period, period, this.scratch)
      this.tones.set(this.scratch, 4 * k)
    }
  }
}

/** 1 if symbol `k` holds more of the mark tone: what a plain slicer decides. */
export function strongerTone(tones: Float64Array, k: number): number {
  const space = tones[4 * k]! * tones[4 * k]! + tones[4 * k + 1]! * tones[4 * k + 1]!
  const mark = tones[4 * k + 2]! * tones[4 * k + 2]! + tones[4 * k + 3]! * tones[4 * k + 3]!
  return mark > space ? 1 : 0
}
