/**
 * How much of each tone a symbol holds, for symbols that begin and end between samples.
 *
 * Two prefix sums S_b[n] = Σ x[m]·e^{−jω_b m} make the correlation over any stretch a difference, S_b(t+T) − S_b(t), read at
 * fractional times by linear interpolation (sample m stands for the interval m−½…m+½). One multiplication per sample and tone
 * serves every timing hypothesis of the receiver. The sums live in a ring, so memory does not grow with the call.
 */
import { SAMPLE_RATE } from './modes.ts'

/** Where `symbol` and `correlate` put their results. */
const SPACE_RE = 0
const SPACE_IM = 1
const MARK_RE = 2
const MARK_IM = 3

export class ToneCorrelator {
  /** Prefix sums, four numbers per sample: space re, im, mark re, im. */
  private readonly sums: Float64Array
  private readonly mask: number
  private pushed = 0
  private centreStep = 0
  private deviationStep = 0
  /** Oscillators (cos, −sin of ω_b·n) and their steps. */
  private readonly oscillator = new Float64Array(4)
  private readonly rotation = new Float64Array(4)

  /** Keeps at least the last `history` samples. */
  constructor(history: number) {
    let size = 64
    while (size < history + 2) size *= 2
    this.sums = new Float64Array(size * 4)
    this.mask = size - 1
  }

  /** Forgets all samples and listens for these tones from now on. */
  tune(markHz: number, spaceHz: number): void {
    const mark = (2 * Math.PI * markHz) / SAMPLE_RATE
    const space = (2 * Math.PI * spaceHz) / SAMPLE_RATE
    this.centreStep = (mark + space) / 2
    this.deviationStep = (mark - space) / 2
    this.rotation.set([Math.cos(space), -Math.sin(space), Math.cos(mark), -Math.sin(mark)])
    this.oscillator.set([1, 0, 1, 0])
    this.sums.fill(0, 0, 4)
    this.pushed = 0
  }

  /** Samples taken since `tune`: correlations reach up to this time. */
  get length(): number {
    return this.pushed
  }

  /** Radians per sample between the two tones' mean and zero. */
  get centre(): number {
    return this.centreStep
  }

  push(sample: number): void {
    const { sums, oscillator, rotation } = this
    const from = (this.pushed & this.mask) * 4
    this.pushed++
    const to = (this.pushed & this.mask) * 4
    for (let tone = 0; tone < 4; tone += 2) {
      const re = oscillator[tone]!
      const im = oscillator[tone + 1]!
      sums[to + tone] = sums[from + tone]! + sample * re
      sums[to + tone + 1] = sums[from + tone + 1]! + sample * im
      const stepRe = rotation[tone]!
      const stepIm = rotation[tone + 1]!
      oscillator[tone] = re * stepRe - im * stepIm
      oscillator[tone + 1] = re * stepIm + im * stepRe
    }
    if ((this.pushed & 1023) === 0) this.renormalise()
  }

  /**
   * Correlations over `[start, start + period)`, turned so that both refer to the signal's phase around the centre frequency at `reference`:
   * the symbol's beginning, even if the correlation is taken a little off it.
   */
  symbol(start: number, period: number, out: Float64Array, reference = start): void {
    this.correlate(start, period, out)
    const angle = this.deviationStep * reference
    const cos = Math.cos(angle)
    const sin = Math.sin(angle)
    const sr = out[SPACE_RE]!
    const si = out[SPACE_IM]!
    out[SPACE_RE] = sr * cos + si * sin
    out[SPACE_IM] = si * cos - sr * sin
    const mr = out[MARK_RE]!
    const mi = out[MARK_IM]!
    out[MARK_RE] = mr * cos - mi * sin
    out[MARK_IM] = mi * cos + mr * sin
  }

  /** Correlations over `[start, start + period)` without a common phase: enough where only their size counts. */
  correlate(start: number, period: number, out: Float64Array): void {
    const { sums, mask } = this
    const from = Math.min(Math.max(start + 0.5, 0), this.pushed)
    const to = Math.min(Math.max(start + period + 0.5, 0), this.pushed)
    const fromWhole = Math.floor(from)
    const toWhole = Math.floor(to)
    const fromPart = from - fromWhole
    const toPart = to - toWhole
    const a = (fromWhole & mask) * 4
    const b = (Math.min(fromWhole + 1, this.pushed) & mask) * 4
    const c = (toWhole & mask) * 4
    const d = (Math.min(toWhole + 1, this.pushed) & mask) * 4
    for (let i = 0; i < 4; i++) {
      const begin = sums[a + i]! + fromPart * (sums[b + i]! - sums[a + i]!)
      const end = sums[c + i]! + toPart * (sums[d + i]! - sums[c + i]!)
      out[i] = end - begin
    }
  }

  /**
   * The sums up to `count` times, `start` the first and `step` apart, four numbers each: the correlation over a stretch between two of them is their difference, so
   * that where symbols follow each other, or are read an eighth of a symbol later, each boundary is looked up once.
   */
  sumsAt(start: number, step: number, count: number, out: Float64Array): void {
    const { sums, mask, pushed } = this
    for (let n = 0; n < count; n++) {
      const time = Math.min(Math.max(start + n * step + 0.5, 0), pushed)
      const whole = Math.floor(time)
      const part = time - whole
      const a = (whole & mask) * 4
      const b = (Math.min(whole + 1, pushed) & mask) * 4
      const at = 4 * n
      out[at] = sums[a]! + part * (sums[b]! - sums[a]!)
      out[at + 1] = sums[a + 1]! + part * (sums[b + 1]! - sums[a + 1]!)
      out[at + 2] = sums[a + 2]! + part * (sums[b + 2]! - sums[a + 2]!)
      out[at + 3] = sums[a + 3]! + part * (sums[b + 3]! - sums[a + 3]!)
    }
  }

  /** Radians per sample by which either tone is away from the two tones' mean. */
  get deviation(): number {
    return this.deviationStep
  }

  /** Rounding lets the oscillators' amplitude wander by 1e-16 per step; an hour later it would show. */
  private renormalise(): void {
    const { oscillator } = this
    for (let tone = 0; tone < 4; tone += 2) {
      const gain = 1 / Math.hypot(oscillator[tone]!, oscillator[tone + 1]!)
      oscillator[tone]! *= gain
      oscillator[tone + 1]! *= gain
    }
  }
}
