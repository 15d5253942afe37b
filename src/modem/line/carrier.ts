/**
 * Says whether a signal of the mode is on the line.
 *
 * Of a symbol's energy, one tone holds nearly all when there is a signal; of noise, which fills the T/2 complex dimensions that a symbol of T samples
 * has, the better of two tones holds about 1.5 parts in T/2. The share is averaged over 20 ms for four timing phases apart, and the best of them
 * compared with a level midway (in deviations) between noise and the weakest signal worth receiving. It does not depend on the signal's strength.
 */
import { type LineMode, SAMPLE_RATE, symbolSamples } from './modes.ts'
import type { ToneCorrelator } from './tone-correlator.ts'

const HOPS = 4
const AVERAGE_MS = 20
/** A carrier that is there counts as there down to this part of what it takes to appear: at its end it would flicker. */
const STAYS = 0.94
const SILENT = 1e-9

export class Carrier {
  private readonly correlator: ToneCorrelator
  private readonly period: number
  private readonly threshold: number
  private readonly fading: number
  private readonly share = new Float64Array(HOPS)
  private readonly energy: Float64Array
  private readonly tones = new Float64Array(4)
  private pushed = 0
  private hop = 0
  private on = false
  private tilt = 0

  constructor(mode: LineMode, correlator: ToneCorrelator) {
    this.correlator = correlator
    this.period = symbolSamples(mode)
    this.threshold = mode.baud === 300 ? 0.22 : 0.6
    this.fading = (this.period * 1000) / (AVERAGE_MS * SAMPLE_RATE)
    this.energy = new Float64Array(64)
  }

  get present(): boolean {
    return this.on
  }

  /** Looks taken so far: four in each symbol. */
  get looks(): number {
    return this.hop
  }

  /** Which tone the last look held: 1 only mark, −1 only space. */
  get balance(): number {
    return this.tilt
  }

  /** Call after each sample that the correlator has taken. Returns true when `present` has changed. */
  push(sample: number): boolean {
    const before = this.energy[this.pushed & 63]!
    this.pushed++
    this.energy[this.pushed & 63] = before + sample * sample
    const start = (this.hop * this.period) / HOPS
    if (start + this.period + 1 > this.pushed) return false
    this.measure(start)
    this.hop++
    let best = 0
    for (let p = 0; p < HOPS; p++) if (this.share[p]! > best) best = this.share[p]!
    const on = best > (this.on ? STAYS * this.threshold : this.threshold)
    const changed = on !== this.on
    this.on = on
    return changed
  }

  private measure(start: number): void {
    const { tones } = this
    this.correlator.correlate(start, this.period, tones)
    const space = tones[0]! * tones[0]! + tones[1]! * tones[1]!
    const mark = tones[2]! * tones[2]! + tones[3]! * tones[3]!
    const total = this.energyBefore(start + this.period) - this.energyBefore(start)
    const share = total < SILENT ? 0 : (Math.max(space, mark) * 2) / (this.period * total)
    this.tilt = (mark - space) / (mark + space + SILENT)
    const p = this.hop % HOPS
    this.share[p]! += (share - this.share[p]!) * this.fading
  }

  /** Energy of all samples before a time, the sample at its edge counted in part. */
  private energyBefore(time: number): number {
    const at = Math.max(0, time + 0.5)
    const whole = Math.floor(at)
    const from = this.energy[whole & 63]!
    return from + (at - whole) * (this.energy[Math.min(whole + 1, this.pushed) & 63]! - from)
  }
}
