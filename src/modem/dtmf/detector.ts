/**
 * Hears push-button digits in audio: in noise as strong as the digits, and yet not in speech.
 *
 * Every 5 ms the last 25 ms are correlated with each of the eight tones, at five pitches each (a tone may be 1.8 % off but not 3.5 %, ITU-T Q.24 §2.2), and with
 * probes at frequencies where a digit has nothing but speech has its strength: below the rows, between rows and columns, above. A digit stands
 * out in both groups, from the other tones *and from the probes*; noise is as weak at the probes as anywhere, while a voice that hits two tones
 * by chance fills the probes as well. So the test of talk-off does not cost sensitivity. A digit counts if it stood for five of these looks within
 * 4 dB of its strongest, and ends when it is missing in four: tones from 35 ms are heard, under 23 ms not, a break of 10 ms is bridged.
 */
import { SAMPLE_RATE } from '../line/modes.ts'
import { sound } from '../line/sound.ts'
import { Residue } from './residue.ts'
import { COLUMN_HZ, type Digit, digitAt, ROW_HZ } from './tones.ts'

const HOP = 40
const HOPS = 5
const WINDOW = HOP * HOPS
const PITCHES = [-0.038, -0.016, 0, 0.016, 0.038]
/** The outermost two are there to be told apart from the right ones. */
const isGuard = (pitch: number) => pitch === 0 || pitch === PITCHES.length - 1
const PROBES_HZ = [
  200, 240, 280, 320, 360, 400, 440, 480, 520, 560, 600, 1030, 1080, 1130, 1780, 1860, 1940, 2020, 2100, 2200, 2300,
  2400, 2500, 2650, 2800, 3000, 3200,
]
const FREQUENCIES = [...[...ROW_HZ, ...COLUMN_HZ].flatMap(hz => PITCHES.map(pitch => hz * (1 + pitch))), ...PROBES_HZ]
const ROWS = { from: 0, to: 4 * PITCHES.length }
const COLUMNS = { from: ROWS.to, to: 8 * PITCHES.length }
const PROBES = { from: COLUMNS.to, to: FREQUENCIES.length }

const db = (value: number) => 10 ** (value / 10)
/** A tone over the others of its group. Tones are 10 % apart, 1.7 bins of the window for the lowest two. */
const OVER_GROUP = db(4)
/** The weaker tone over the mean of the probes, and over the strongest. */
const OVER_PROBES = db(9)
const OVER_BEST_PROBE = db(4)
/** The same of the whole digit: noise has averaged out by then, so this can be strict. */
const OVER_PROBES_AT_END = db(12)
const OVER_BEST_PROBE_AT_END = db(7)
/** Strongest twist either way; Q.24 asks for −8…+4 dB. */
const MOST_TWIST = db(12)
/** Share of all energy that the two tones must hold. In noise as strong as the digit it is half, but it scatters. */
const LEAST_SHARE = 0.2
/** Weakest digit, as the mean square of its samples: −36 dBm0. */
const LEAST_POWER = 1e-4
const LOOKS_TO_BEGIN = 5
/** Looks at least this strong, beside the strongest, are wholly within the tone. */
const STRONG = db(-4)
/** Looks at least this strong hold nothing but the tone: where it begins or ends within a look, a partial close to it remains. */
const WHOLE = db(-0.5)
/** How much stronger a tone must be at a guard pitch to be refused as out of tune. */
const OUT_OF_TUNE = db(0.5)
const MOST_LOOKS = 64
const MISSES_TO_END = 4

export interface DigitEvent {
  readonly kind: 'digit'
  readonly digit: Digit
  /** Time of its beginning and end, in samples since the detector's first one, to about 5 ms. */
  readonly from: number
  readonly to: number
}

export class DigitDetector {
  /** Correlations of the last `HOPS` hops, two numbers per frequency; hop h in row h mod HOPS. */
  private readonly partial = new Float64Array(HOPS * FREQUENCIES.length * 2)
  private readonly energy = new Float64Array(HOPS)
  private readonly power = new Float64Array(FREQUENCIES.length)
  private readonly cos: Float64Array
  private readonly sin: Float64Array
  /** Turn of each frequency over one hop, to the power of its age in hops. */
  private readonly ageCos: Float64Array
  private readonly ageSin: Float64Array
  private readonly hop = new Float64Array(HOP)
  /** Samples of the last `HOPS` hops, in the same rows, and in order. */
  private readonly history = new Float64Array(WINDOW)
  private readonly window = new Float64Array(WINDOW)
  private filled = 0
  private hops = 0
  private heard: Digit | undefined
  private looks = 0
  private misses = 0
  private firstHop = 0
  private lastHop = 0
  private counted = false
  /** Strength of each look at the digit under way, and its power by pitch, row and column apart. */
  private most = 0
  private readonly strength = new Float64Array(MOST_LOOKS)
  private readonly rowPitch = new Float64Array(PITCHES.length)
  private readonly columnPitch = new Float64Array(PITCHES.length)
  private readonly probe = new Float64Array(PROBES_HZ.length)
  private readonly residue = new Residue()
  private row = 0
  private column = 0

  constructor() {
    const steps = FREQUENCIES.map(hz => (2 * Math.PI * hz) / SAMPLE_RATE)
    const table = (length: number, factor: number, wave: (angle: number) => number) =>
      Float64Array.from({ length: length * steps.length }, (_, i) =>
        wave(steps[Math.floor(i / length)]! * (i % length) * factor),
      )
    this.cos = table(HOP, 1, Math.cos)
    this.sin = table(HOP, 1, Math.sin)
    this.ageCos = table(HOPS, HOP, Math.cos)
    this.ageSin = table(HOPS, HOP, Math.sin)
  }

  /** Takes samples (−1…1, 8 kHz) and tells of each digit when it has ended. */
  push(samples: Float32Array): DigitEvent[] {
    const events: DigitEvent[] = []
    for (let n = 0; n < samples.length; n++) {
      this.hop[this.filled++] = sound(samples[n]!)
      if (this.filled < HOP) continue
      this.filled = 0
      this.correlate()
      this.hops++
      this.follow(this.look(), events)
    }
    return events
  }

  /** The signal has ended: tells of a digit that lasts until now. */
  finish(): DigitEvent[] {
    return this.push(new Float32Array((HOPS + MISSES_TO_END + 1) * HOP))
  }

  private correlate(): void {
    const { hop, cos, sin, partial } = this
    const row = (this.hops % HOPS) * FREQUENCIES.length * 2
    this.history.set(hop, (this.hops % HOPS) * HOP)
    let energy = 0
    for (let n = 0; n < HOP; n++) energy += hop[n]! * hop[n]!
    this.energy[this.hops % HOPS] = energy
    for (let f = 0; f < FREQUENCIES.length; f++) {
      let re = 0
      let im = 0
      for (let n = 0; n < HOP; n++) {
        re += hop[n]! * cos[f * HOP + n]!
        im -= hop[n]! * sin[f * HOP + n]!
      }
      partial[row + 2 * f] = re
      partial[row + 2 * f + 1] = im
    }
  }

  /** The digit in the last window, if any. */
  private look(): Digit | undefined {
    let energy = 0
    for (let h = 0; h < HOPS; h++) energy += this.energy[h]!
    if (energy < LEAST_POWER * WINDOW) return undefined
    this.measure()
    const row = this.strongest(ROWS.from, ROWS.to)
    const column = this.strongest(COLUMNS.from, COLUMNS.to)
    const rowPower = this.power[row]!
    const columnPower = this.power[column]!
    const weaker = Math.min(rowPower, columnPower)
    if (Math.max(rowPower, columnPower) > weaker * MOST_TWIST) return undefined
    if (((rowPower + columnPower) * 2) / (WINDOW * energy) < LEAST_SHARE) return undefined
    if (!this.standsOut(row, ROWS.from, ROWS.to) || !this.standsOut(column, COLUMNS.from, COLUMNS.to)) return undefined
    let sum = 0
    let most = 0
    for (let f = PROBES.from; f < PROBES.to; f++) {
      sum += this.power[f]!
      most = Math.max(most, this.power[f]!)
    }
    if (weaker * (PROBES.to - PROBES.from) < sum * OVER_PROBES || weaker < most * OVER_BEST_PROBE) return undefined
    this.row = Math.floor(row / PITCHES.length)
    this.column = Math.floor((column - COLUMNS.from) / PITCHES.length)
    return digitAt(this.row, this.column)
  }

  /** Adds the hops of the window up coherently: squared length of each frequency's correlation. */
  private measure(): void {
    const { partial, ageCos, ageSin } = this
    for (let f = 0; f < FREQUENCIES.length; f++) {
      let re = 0
      let im = 0
      for (let age = 0; age < HOPS; age++) {
        const row = ((this.hops + age) % HOPS) * FREQUENCIES.length * 2
        const c = ageCos[f * HOPS + age]!
        const s = ageSin[f * HOPS + age]!
        const pr = partial[row + 2 * f]!
        const pi = partial[row + 2 * f + 1]!
        re += pr * c + pi * s
        im += pi * c - pr * s
      }
      this.power[f] = re * re + im * im
    }
  }

  private strongest(from: number, to: number): number {
    let best = from
    for (let f = from + 1; f < to; f++) if (this.power[f]! > this.power[best]!) best = f
    return best
  }

  private standsOut(tone: number, from: number, to: number): boolean {
    const own = Math.floor(tone / PITCHES.length)
    for (let f = from; f < to; f++) {
      const other = Math.floor(f / PITCHES.length) !== own && !isGuard(f % PITCHES.length)
      if (other && this.power[f]! * OVER_GROUP > this.power[tone]!) return false
    }
    return true
  }

  private follow(digit: Digit | undefined, events: DigitEvent[]): void {
    if (digit !== undefined && digit === this.heard) {
      this.note()
      this.misses = 0
      this.lastHop = this.hops
    } else if (this.heard !== undefined && this.counted && digit === undefined) this.misses++
    else if (digit !== undefined || ++this.misses >= 2) this.begin(digit, events)
    if (this.looks >= LOOKS_TO_BEGIN) this.counted = true
    if (this.misses >= MISSES_TO_END) this.begin(undefined, events)
  }

  /** What was heard is over; `digit` may be the next. */
  private begin(digit: Digit | undefined, events: DigitEvent[]): void {
    if (this.counted && this.heard !== undefined && this.lasted() && this.rang()) {
      // The window reaches past the tone on both sides while it holds most of it.
      const slack = (HOPS - 2) * HOP
      events.push({
        kind: 'digit',
        digit: this.heard,
        from: this.firstHop * HOP - WINDOW + slack / 2,
        to: this.lastHop * HOP - slack / 2,
      })
    }
    this.heard = digit
    this.looks = 0
    this.rowPitch.fill(0)
    this.columnPitch.fill(0)
    this.probe.fill(0)
    if (digit !== undefined) this.note()
    this.misses = 0
    this.firstHop = this.hops
    this.lastHop = this.hops
    this.counted = false
  }

  private note(): void {
    const row = this.row * PITCHES.length
    const column = COLUMNS.from + this.column * PITCHES.length
    const strength = this.best(row) + this.best(column)
    if (this.looks === 0 || this.most < strength * WHOLE) this.residue.restart()
    this.most = this.looks === 0 ? strength : Math.max(strength, this.most)
    if (strength >= this.most * WHOLE) this.weighRest()
    this.strength[this.looks++ % MOST_LOOKS] = strength
    for (let p = 0; p < PITCHES.length; p++) {
      this.rowPitch[p]! += this.power[row + p]!
      this.columnPitch[p]! += this.power[column + p]!
    }
    for (let p = 0; p < PROBES_HZ.length; p++) this.probe[p]! += this.power[PROBES.from + p]!
  }

  /** Power of the tone that begins at `from`, at the pitch where it is strongest. */
  private best(from: number): number {
    return this.power[this.strongest(from, from + PITCHES.length)]!
  }

  /** The last window without its two tones. */
  private weighRest(): void {
    for (let age = 0; age < HOPS; age++) {
      const from = ((this.hops + age) % HOPS) * HOP
      this.window.set(this.history.subarray(from, from + HOP), age * HOP)
    }
    this.residue.add(this.window, ROW_HZ[this.row]!, COLUMN_HZ[this.column]!)
  }

  /** In tune, and clear of the probes. */
  private rang(): boolean {
    const weaker = Math.min(Math.max(...this.rowPitch), Math.max(...this.columnPitch))
    const most = Math.max(...this.probe)
    const mean = this.probe.reduce((sum, power) => sum + power, 0) / this.probe.length
    const clear = weaker > most * OVER_BEST_PROBE_AT_END && weaker > mean * OVER_PROBES_AT_END
    return this.residue.mayBeNoise && clear && inTune(this.rowPitch) && inTune(this.columnPitch)
  }

  private lasted(): boolean {
    const looks = Math.min(this.looks, MOST_LOOKS)
    let most = 0
    for (let i = 0; i < looks; i++) most = Math.max(most, this.strength[i]!)
    let strong = 0
    for (let i = 0; i < looks; i++) if (this.strength[i]! >= most * STRONG) strong++
    return strong >= LOOKS_TO_BEGIN
  }
}

function inTune(powers: Float64Array): boolean {
  let guard = 0
  let right = 0
  for (let p = 0; p < powers.length; p++)
    if (isGuard(p)) guard = Math.max(guard, powers[p]!)
    else right = Math.max(right, powers[p]!)
  return guard < right * OUT_OF_TUNE
}
