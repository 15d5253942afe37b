/**
 * Follows a signal without known bits, symbol by symbol and with fixed delay, and says what each was.
 *
 * A first stretch gives clock and carrier offset; then a hop of a few symbols at a time goes through the phase lattice with some look-ahead
 * (fixed-lag smoothing), and the decided bits correct clock, offset, gains and noise (decision-directed tracking). Both delays together
 * stay under 50 ms: 32 symbols at 1200 baud, 13 at 300.
 */
import { type Clock, fitClock } from '../line/clock-fit.ts'
import {
  addPairs,
  esN0Db,
  estimateLine,
  fade,
  lineEstimate,
  type PairSums,
  pairSums,
  turnSums,
  twistSums,
  weighEvidence,
} from '../line/line-estimate.ts'
import { type LineMode, SAMPLE_RATE, symbolSamples } from '../line/modes.ts'
import { evidenceFor, PhaseLattice } from '../line/phase-lattice.ts'
import { strongerTone } from '../line/symbol-stretch.ts'
import { ToneCorrelator } from '../line/tone-correlator.ts'

/** Symbols that the first fit uses. */
export const GATHERED_SYMBOLS = 128
/** Periods that are tried, as fractions off; the loop below comes from any of these to what lies up to 0.4 % beside it. */
const DRIFTS = [0, 0.006, -0.006, 0.01, -0.01]
const PERIOD_AS_IT_IS = { phase: 0.5, drift: 0 }
const UNKNOWN = new Int8Array(GATHERED_SYMBOLS).fill(-1)
/** Memory of the line estimates, in symbols. */
const MEMORY = 250
/** Distance of the early and the late correlation from the symbol, in symbols. */
const EARLY = 0.125
/** Loop gains per hop: how much of the measured timing error is taken over at once, and into the period: much at first, then less and less. */
const TIMING_GAIN = 0.5
const PERIOD_GAIN = { first: 0.01, halvedAfterHops: 30, least: 0.0006 }
const TWIST_GAIN = 0.02
const OFFSET_GAIN = 0.15

export interface SymbolSink {
  /** One symbol as the phase lattice and as a plain slicer read it: 1 for mark. */
  symbol(lattice: number, slicer: number): void
}

export class SymbolFollower {
  private readonly mode: LineMode
  private readonly turn: number
  private readonly correlator: ToneCorrelator
  private readonly lattice: PhaseLattice
  private readonly hop: number
  private readonly span: number
  /** Symbol 0 of these is the last one decided; `span` newer ones follow. */
  private readonly tones: Float64Array
  private readonly starts: Float64Array
  private readonly bits: Uint8Array
  private readonly ratio: Float64Array
  private readonly evidence
  private readonly scratch = new Float64Array(4)
  private readonly line = lineEstimate()
  private sums: PairSums = pairSums()
  private filled = 1
  private hops = 0
  private current = 0
  private tunedHz = 0
  /** Where the next symbol begins, in samples since `begin`, and how long it lasts. */
  private next = 0
  private period = 1
  /** Residual carrier offset: phase to turn back at `next`, and its growth per symbol. */
  private angle = 0
  private offset = 0
  /** Phase of the mark tone against the space tone that the line itself makes. */
  private lineTwist = 0

  constructor(mode: LineMode) {
    this.mode = mode
    this.turn = (Math.PI * (mode.markHz - mode.spaceHz)) / mode.baud
    this.correlator = new ToneCorrelator(Math.ceil((GATHERED_SYMBOLS + 64) * symbolSamples(mode)))
    this.hop = mode.baud === 300 ? 4 : 12
    this.span = this.hop + (mode.baud === 300 ? 9 : 20)
    this.lattice = new PhaseLattice(mode, this.span)
    this.tones = new Float64Array(4 * (this.span + 1))
    this.starts = new Float64Array(this.span + 1)
    this.bits = new Uint8Array(this.span + 1)
    this.ratio = new Float64Array(this.span + 1)
    this.evidence = evidenceFor(this.span + 1)
  }

  /** Starts over with the first stretch of a signal: at least `GATHERED_SYMBOLS` and one more. */
  begin(samples: Float32Array): void {
    this.listen(samples, 0)
    const { clock, offset } = this.findClock()
    this.listen(samples, (offset * SAMPLE_RATE) / (2 * Math.PI * clock.period))
    this.measureAll(clock)
    this.next = clock.start
    this.period = clock.period
    this.shift(this.line.twistPhase / (2 * this.turn))
    this.lineTwist = 0
    this.angle = 0
    this.offset = 0
    this.filled = 1
    this.tones.fill(0, 0, 4)
    this.hops = 0
    this.lattice.restart()
  }

  get esN0Db(): number {
    return esN0Db(this.line)
  }

  /** The clock of the symbol just handed out: its beginning in samples since `begin`. */
  get clock(): Clock {
    return { start: this.starts[this.current]!, period: this.period }
  }

  /** Carrier offset as far as it is known. */
  get offsetHz(): number {
    return this.tunedHz + (this.offset * SAMPLE_RATE) / (2 * Math.PI * this.period)
  }

  push(sample: number): void {
    this.correlator.push(sample)
  }

  /** Decides all symbols that can be decided. */
  advance(sink: SymbolSink): void {
    for (;;) {
      while (this.filled <= this.span) {
        if (this.next + this.period * (1 + EARLY) + 1 > this.correlator.length) return
        this.fill()
      }
      this.decide(sink)
      this.trackLine()
      this.trackClock()
      this.hops++
      this.tones.copyWithin(0, 4 * this.hop)
      this.starts.copyWithin(0, this.hop)
      this.bits[0] = this.bits[this.hop]!
      this.filled -= this.hop
    }
  }

  private listen(samples: Float32Array, offsetHz: number): void {
    this.tunedHz = offsetHz
    this.correlator.tune(this.mode.markHz + offsetHz, this.mode.spaceHz + offsetHz)
    for (let n = 0; n < samples.length; n++) this.correlator.push(samples[n]!)
  }

  /**
   * The clock with which the first stretch is clearest, and the carrier offset seen with it, in radians per symbol. Flags have few transitions, so that their energies say little; but with a wrong clock the
   * phases at the transitions drift apart, and what does not add up counts as noise.
   */
  private findClock(): { readonly clock: Clock; readonly offset: number } {
    const nominal = symbolSamples(this.mode)
    let best = { clock: { start: 0, period: nominal }, offset: 0 }
    let clearestDb = -Infinity
    for (const drift of DRIFTS) {
      const expected = { start: nominal / 2, period: nominal * (1 + drift) }
      const [clock] = fitClock(this.correlator, expected, UNKNOWN, this.turn, PERIOD_AS_IT_IS)
      this.measureAll(clock)
      const clearDb = drift === 0 ? this.esN0Db : this.esN0Db - handicapDb(this.esN0Db)
      if (clearDb > clearestDb) [best, clearestDb] = [{ clock, offset: this.line.offset }, clearDb]
    }
    return best
  }

  /** Line estimates from the whole first stretch, with the stronger tone of each symbol for its bit. */
  private measureAll({ start, period }: Clock): void {
    const tones = new Float64Array(4 * GATHERED_SYMBOLS)
    const bits = new Uint8Array(GATHERED_SYMBOLS)
    for (let k = 0; k < GATHERED_SYMBOLS; k++) {
      this.correlator.symbol(start + k * period, period, this.scratch)
      tones.set(this.scratch, 4 * k)
      bits[k] = strongerTone(tones, k)
    }
    this.sums = pairSums()
    addPairs(this.sums, tones, bits, 0, GATHERED_SYMBOLS - 1, this.turn)
    estimateLine(this.sums, this.line)
  }

  private fill(): void {
    const { scratch, tones, filled } = this
    this.correlator.symbol(this.next, this.period, scratch)
    const cos = Math.cos(this.angle)
    const sin = Math.sin(this.angle)
    for (let tone = 0; tone < 4; tone += 2) {
      tones[4 * filled + tone] = scratch[tone]! * cos + scratch[tone + 1]! * sin
      tones[4 * filled + tone + 1] = scratch[tone + 1]! * cos - scratch[tone]! * sin
    }
    this.starts[filled] = this.next
    this.next += this.period
    this.angle = (this.angle + this.offset) % (2 * Math.PI)
    this.filled++
  }

  private decide(sink: SymbolSink): void {
    weighEvidence(this.tones, this.line, 1, this.span, this.evidence)
    this.lattice.detect(this.evidence, null, 1, this.span, this.hop, this.ratio)
    for (let k = 1; k <= this.hop; k++) {
      this.bits[k] = this.ratio[k]! > 0 ? 1 : 0
      this.current = k
      sink.symbol(this.bits[k]!, strongerTone(this.tones, k))
    }
  }

  /**
   * A symbol read δ of its length late finds the mark tone's phase 2πhδ ahead of the space tone's: with continuous phase that tells the clock far better
   * than energies do. But a line may turn one tone against the other by itself; energies an eighth of a symbol early and late tell which,
   * slowly, and their word becomes the phase that counts as none.
   */
  private trackClock(): void {
    const late = (this.line.twistPhase - this.lineTwist) / (2 * this.turn)
    this.shift(TIMING_GAIN * late)
    const nominal = symbolSamples(this.mode)
    this.period = Math.min(nominal * 1.012, Math.max(nominal * 0.988, this.period * (1 - this.periodGain() * late)))
    this.lineTwist += TWIST_GAIN * this.energyLateness() * this.turn
  }

  private periodGain(): number {
    const { first, halvedAfterHops, least } = PERIOD_GAIN
    return Math.max(least, first / (1 + this.hops / halvedAfterHops))
  }

  /** Takes the symbols to begin `fraction` of a symbol earlier. */
  private shift(fraction: number): void {
    this.next -= fraction * this.period
    twistSums(this.sums, -2 * this.turn * fraction)
  }

  private energyLateness(): number {
    const early = this.energy(-EARLY)
    const late = this.energy(EARLY)
    return (early - late) / (late + early + 1e-12)
  }

  /** Energy of the decided tones with all symbols read `shift` of their length late. */
  private energy(shift: number): number {
    const { scratch, starts, bits, period } = this
    let sum = 0
    for (let k = 1; k <= this.hop; k++) {
      const tone = 2 * bits[k]!
      this.correlator.correlate(starts[k]! + shift * period, period, scratch)
      sum += scratch[tone]! * scratch[tone]! + scratch[tone + 1]! * scratch[tone + 1]!
    }
    return sum
  }

  private trackLine(): void {
    fade(this.sums, 1 - this.hop / MEMORY)
    addPairs(this.sums, this.tones, this.bits, 0, this.hop, this.turn)
    estimateLine(this.sums, this.line)
    const correction = OFFSET_GAIN * this.line.offset
    this.offset += correction
    turnSums(this.sums, -correction)
  }
}

/** How much clearer a clock that is off must make a signal of `esN0Db`: nearly all are right, and in noise a wrong one looks clearer by chance. */
function handicapDb(esN0Db: number): number {
  return Math.min(1.2, Math.max(0.5, 0.5 + 0.3 * (12 - esN0Db)))
}
