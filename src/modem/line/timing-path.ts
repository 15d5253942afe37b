/**
 * Follows where symbols begin, finer than a symbol, along a stretch whose clock is known on the whole.
 *
 * A cut of 57 samples is eight and a half symbols: from there on every symbol would be read half a symbol off. A sender's clock that goes faster and
 * faster wanders off any single period. Both show in the energy of the stronger tone, which is greatest where symbols are cut rightly. It is
 * measured for every eighth of a symbol in windows of eight symbols, and the best way through these is found by dynamic programming (Viterbi):
 * it mostly stays, may move by an eighth, and seldom jumps. Half a symbol is as far as a jump can be told from the one the other
 * way: whole symbols are the business of `symbol-slips.ts`.
 */
import { type Clock, strongerEnergies } from './clock-fit.ts'
import type { LineEstimate } from './line-estimate.ts'
import type { ToneCorrelator } from './tone-correlator.ts'

const WINDOW_SYMBOLS = 8
const PHASES = 8
/** What a move by an eighth and a jump anywhere cost, as log-likelihoods. */
const MOVE_COST = 4
const JUMP_COST = 14
/** Es/N0 at which energies count half of what they would without noise: in more of it a way goes wherever the noise is strongest. */
const HALF_TRUSTED = 8
/** A way that explains less than this more than the straight one is noise. */
const LEAST_GAIN = 30
/** Windows on either side that help to place one of them between the eighths. */
const SMOOTHED = 8

export class TimingPath {
  readonly #energy: Float64Array
  readonly #score = new Float64Array(PHASES)
  readonly #next = new Float64Array(PHASES)
  readonly #from: Uint8Array
  readonly #phase: Int32Array
  readonly #sums = new Float64Array(4 * PHASES * (WINDOW_SYMBOLS + 1))

  constructor(mostSymbols: number) {
    const windows = Math.ceil(mostSymbols / WINDOW_SYMBOLS)
    this.#energy = new Float64Array(windows * PHASES)
    this.#from = new Uint8Array(windows * PHASES)
    this.#phase = new Int32Array(windows)
  }

  /**
   * Writes to `shift` by how much each of `symbols` symbols begins later than `clock` says, in symbols. `line` is how the clock sounded without that. False if the clock was right all along: then all are 0.
   */
  find(correlator: ToneCorrelator, clock: Clock, symbols: number, line: LineEstimate, shift: Float64Array): boolean {
    const windows = Math.floor(symbols / WINDOW_SYMBOLS)
    shift.fill(0, 0, symbols)
    if (windows === 0) return false
    this.#measure(correlator, clock, windows, line)
    const isBent = this.#search(windows) > LEAST_GAIN
    if (!isBent) return false
    this.#refine(windows, shift)
    shift.fill(shift[windows * WINDOW_SYMBOLS - 1]!, windows * WINDOW_SYMBOLS, symbols)
    return true
  }

  #measure(correlator: ToneCorrelator, clock: Clock, windows: number, { noise, power }: LineEstimate): void {
    const unit = noise * (1 + (HALF_TRUSTED * noise) / power)
    for (let w = 0; w < windows; w++)
      strongerEnergies(correlator, clock, w * WINDOW_SYMBOLS, WINDOW_SYMBOLS, this.#sums, this.#energy, w * PHASES)
    for (let at = 0; at < windows * PHASES; at++) this.#energy[at]! /= unit
  }

  /** Finds the best way, in eighths, and tells how much better it is than standing still at 0. */
  #search(windows: number): number {
    const energy = this.#energy
    const from = this.#from
    let score = this.#score
    let next = this.#next
    let straight = energy[0]!
    for (let p = 0; p < PHASES; p++) score[p] = energy[p]! - (p === 0 ? 0 : MOVE_COST)
    for (let w = 1; w < windows; w++) {
      let best = 0
      for (let p = 1; p < PHASES; p++) if (score[p]! > score[best]!) best = p
      for (let p = 0; p < PHASES; p++) {
        const before = (p + PHASES - 1) % PHASES
        const after = (p + 1) % PHASES
        let way = p
        let value = score[p]!
        if (score[before]! - MOVE_COST > value) [way, value] = [before, score[before]! - MOVE_COST]
        if (score[after]! - MOVE_COST > value) [way, value] = [after, score[after]! - MOVE_COST]
        if (score[best]! - JUMP_COST > value) [way, value] = [best, score[best]! - JUMP_COST]
        next[p] = value + energy[w * PHASES + p]!
        from[w * PHASES + p] = way
      }
      straight += energy[w * PHASES]!
      ;[score, next] = [next, score]
    }
    let last = 0
    for (let p = 1; p < PHASES; p++) if (score[p]! > score[last]!) last = p
    this.#trace(last, windows)
    return score[last]! - straight
  }

  /** The way that ends with `last`, unwound so that each step is the shorter way round. */
  #trace(last: number, windows: number): void {
    const phase = this.#phase
    phase[windows - 1] = last
    for (let w = windows - 1; w > 0; w--) phase[w - 1] = this.#from[w * PHASES + phase[w]!]!
    let turned = phase[0]! > PHASES / 2 ? -PHASES : 0
    let previous = phase[0]!
    for (let w = 0; w < windows; w++) {
      const step = phase[w]! - previous
      if (step > PHASES / 2) turned -= PHASES
      else if (step < -PHASES / 2) turned += PHASES
      previous = phase[w]!
      phase[w] = previous + turned
    }
  }

  /** Between the eighths: the top of the parabola through the energies a little earlier, on the way, and a little later, of the windows around. */
  #refine(windows: number, shift: Float64Array): void {
    const phase = this.#phase
    for (let w = 0; w < windows; w++) {
      let [early, here, late, place, count] = [0, 0, 0, 0, 0]
      for (let step = -1; step <= 1; step += 2)
        for (let v = step < 0 ? w : w + 1; v >= 0 && v < windows && Math.abs(v - w) <= SMOOTHED; v += step) {
          if (Math.abs(phase[v]! - phase[v === w ? w : v - step]!) > 1) break
          early += this.#at(v, phase[v]! - 1)
          here += this.#at(v, phase[v]!)
          late += this.#at(v, phase[v]! + 1)
          place += phase[v]!
          count++
        }
      const bend = early - 2 * here + late
      const top = bend < 0 ? Math.max(-0.5, Math.min(0.5, (early - late) / (2 * bend))) : 0
      shift.fill((place / count + top) / PHASES, w * WINDOW_SYMBOLS, (w + 1) * WINDOW_SYMBOLS)
    }
  }

  #at(window: number, phase: number): number {
    return this.#energy[window * PHASES + (phase & (PHASES - 1))]!
  }
}
