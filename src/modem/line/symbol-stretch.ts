/**
 * A stretch of signal looked at as a whole: its clock is fitted over all of it, its symbols correlated with both tones at the sender's own clock
 * and pitch, and detected on the phase lattice, as often as the line estimates or what is known of the bits improve.
 */
import { type Clock, type ClockRange, fitClock } from './clock-fit.ts'
import { addPairs, estimateLine, lineEstimate, pairSums, weighEvidence } from './line-estimate.ts'
import { type LineMode, SAMPLE_RATE, symbolSamples } from './modes.ts'
import { evidenceFor, PhaseLattice } from './phase-lattice.ts'
import { ToneCorrelator } from './tone-correlator.ts'

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

  constructor(mode: LineMode, mostSymbols: number) {
    this.mode = mode
    this.turn = (Math.PI * (mode.markHz - mode.spaceHz)) / mode.baud
    this.correlator = new ToneCorrelator(Math.ceil(mostSymbols * symbolSamples(mode) * 1.02) + 8 * 160)
    this.lattice = new PhaseLattice(mode, mostSymbols)
    this.evidence = evidenceFor(mostSymbols)
    this.tones = new Float64Array(mostSymbols * 4)
    this.decisions = new Uint8Array(mostSymbols)
    this.ratio = new Float64Array(mostSymbols)
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
   * Takes the samples of `known.length` symbols, some of whose bits may be known (−1: not). Of the clocks proposed, that is used which, fitted,
   * explains most of the signal.
   */
  listen(samples: Float32Array, proposals: readonly ClockProposal[], offsetHz: number, known: Int8Array): void {
    this.samples = samples
    this.symbols = known.length
    this.pitchHz = offsetHz
    this.fitted = { start: 0, period: symbolSamples(this.mode) }
    this.tune()
    let most = -1
    for (const { clock, search } of proposals) {
      const fit = fitClock(this.correlator, clock, known, this.turn, search)
      if (fit.energy > most) [most, this.fitted] = [fit.energy, fit.clock]
    }
    this.correlate()
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
      this.correlator.symbol(start + k * period, period, this.scratch)
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
