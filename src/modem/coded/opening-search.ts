/**
 * Watches the line for the opening of a frame, all the time and cheaply.
 *
 * Four times per symbol it takes r = (|D_mark|² − |D_space|²) / (|D_mark|² + |D_space|²): −1…1, whatever the level, phase or offset. The
 * last 112 symbols' worth is correlated with the opening, in four quarters, so that they can be put together with other spacings too: a
 * sender's clock up to 1 % off, or packets missing in between. The sum, divided by its length in noise, has variance 1/112 where there is
 * no opening, be it noise or data; the threshold lies 3.8 deviations up, and what passes is looked at closely (`opening-fit.ts`).
 */

import { type LineMode, symbolSamples } from '../line/modes.ts'
import type { ToneCorrelator } from '../line/tone-correlator.ts'
import { OPENING, OPENING_SYMBOLS } from './frame-layout.ts'

const HOPS = 4
const QUARTERS = 4
const QUARTER = OPENING_SYMBOLS / QUARTERS
const QUARTER_HOPS = QUARTER * HOPS
const THRESHOLD = 0.36
/** Hops without a better value after which a peak is settled: two symbols. */
const SETTLED_HOPS = 8
const DRIFTS = [-0.01, -0.005, 0, 0.005, 0.01]
/** With each of these drifts, how many hops before the last quarter the three before it end, the latest first. */
const DRIFTED_HOPS = DRIFTS.map(drift => [1, 2, 3].map(back => Math.round(back * QUARTER_HOPS * (1 + drift))))
const PACKET_SAMPLES = 160
const RING = 1024
const SIGNS = Float64Array.from(OPENING, bit => (bit ? 1 : -1))

export interface Sighting {
  /** Times, in samples, at which the opening may have begun: more than one if a packet seems to be missing from it. */
  readonly starts: readonly number[]
  /** How much longer than nominal the symbols seem, as a fraction. */
  readonly drift: number
}

export class OpeningSearch {
  private readonly hopSamples: number
  private readonly period: number
  private readonly mostSlips: number
  private readonly slipHops: number
  /** Each ratio is kept twice, a ring's length apart, so that the last ones always lie in a row. */
  private readonly ratios = new Float64Array(2 * RING)
  private readonly quarters = new Float64Array(QUARTERS * RING)
  private readonly tones = new Float64Array(4)
  private readonly scores = new Float64Array(QUARTERS)
  private readonly correlator: ToneCorrelator
  private hop = 0
  private energy = 0
  private peak = 0
  private peakHop = -1
  private peakSlips = 0
  private likelySlips = 0
  private peakDrift = 0
  private likelyDrift = 0

  /** `correlator` must keep at least a few symbols. */
  constructor(mode: LineMode, correlator: ToneCorrelator) {
    this.correlator = correlator
    this.period = symbolSamples(mode)
    this.hopSamples = this.period / HOPS
    this.slipHops = Math.round(PACKET_SAMPLES / this.hopSamples)
    this.mostSlips = mode.baud === 300 ? 3 : 2
  }

  /** Looks at all that the correlator has taken since the last call; at most one sighting per call, so call it after every sample or few. */
  advance(): Sighting | undefined {
    while (this.hop * this.hopSamples + this.period + 1 <= this.correlator.length) {
      const score = this.step()
      this.hop++
      if (score > THRESHOLD && score > this.peak) {
        this.peak = score
        this.peakHop = this.hop - 1
        this.peakSlips = this.likelySlips
        this.peakDrift = this.likelyDrift
      } else if (this.peak > 0 && this.hop - this.peakHop > SETTLED_HOPS) return this.settle()
    }
    return undefined
  }

  private settle(): Sighting {
    const last = this.peakHop * this.hopSamples - (OPENING_SYMBOLS - 1) * this.period
    const starts = [last]
    for (let slip = 1; slip <= this.peakSlips; slip++) starts.push(last + slip * PACKET_SAMPLES)
    this.peak = 0
    return { starts, drift: this.peakDrift }
  }

  /** Takes one more hop and returns how well the opening ends with it. */
  private step(): number {
    const { tones, ratios, quarters } = this
    const at = this.hop & (RING - 1)
    this.correlator.correlate(this.hop * this.hopSamples, this.period, tones)
    const space = tones[0]! * tones[0]! + tones[1]! * tones[1]!
    const mark = tones[2]! * tones[2]! + tones[3]! * tones[3]!
    const ratio = (mark - space) / (mark + space + 1e-9)
    ratios[at] = ratio
    ratios[at + RING] = ratio
    const gone = ratios[(this.hop - OPENING_SYMBOLS * HOPS) & (RING - 1)]!
    this.energy += ratio * ratio - gone * gone
    const first = at + RING - (QUARTER - 1) * HOPS
    let q0 = 0
    let q1 = 0
    let q2 = 0
    let q3 = 0
    for (let k = 0; k < QUARTER; k++) {
      const r = ratios[first + k * HOPS]!
      q0 += r * SIGNS[k]!
      q1 += r * SIGNS[QUARTER + k]!
      q2 += r * SIGNS[2 * QUARTER + k]!
      q3 += r * SIGNS[3 * QUARTER + k]!
    }
    quarters[at] = q0
    quarters[RING + at] = q1
    quarters[2 * RING + at] = q2
    quarters[3 * RING + at] = q3
    return (
      Math.max(this.bestDrift(), this.bestSlips()) / Math.sqrt((OPENING_SYMBOLS * Math.max(this.energy, HOPS)) / HOPS)
    )
  }

  private quarter(q: number, hopsAgo: number): number {
    return this.quarters[q * RING + ((this.hop - hopsAgo) & (RING - 1))]!
  }

  private bestDrift(): number {
    let best = 0
    const last = this.quarter(QUARTERS - 1, 0)
    for (let d = 0; d < DRIFTS.length; d++) {
      const hops = DRIFTED_HOPS[d]!
      const sum = last + this.quarter(2, hops[0]!) + this.quarter(1, hops[1]!) + this.quarter(0, hops[2]!)
      if (sum <= best) continue
      best = sum
      this.likelyDrift = DRIFTS[d]!
    }
    return best
  }

  /** The same with up to `mostSlips` packets missing between quarters, by dynamic programming from the last quarter back. */
  private bestSlips(): number {
    const { scores, mostSlips, slipHops } = this
    scores.fill(this.quarter(QUARTERS - 1, 0), 0, 1)
    scores.fill(-1e9, 1)
    for (let back = 1; back < QUARTERS; back++)
      for (let slips = mostSlips; slips >= 0; slips--) {
        let before = scores[slips]!
        for (let fewer = 0; fewer < slips; fewer++) before = Math.max(before, scores[fewer]!)
        scores[slips] = before + this.quarter(QUARTERS - 1 - back, back * QUARTER_HOPS - slips * slipHops)
      }
    this.likelySlips = 0
    for (let slips = 1; slips <= mostSlips; slips++)
      if (scores[slips]! > scores[this.likelySlips]!) this.likelySlips = slips
    return scores[this.likelySlips]!
  }
}
