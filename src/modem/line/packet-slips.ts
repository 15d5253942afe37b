/**
 * Finds where the line dropped (or repeated) whole packets without a mark, by the bits that are known.
 *
 * A jitter buffer may cut 20 ms out of the signal: 24 symbols at 1200 baud, 6 at 300. From then on received symbol j is no longer frame
 * symbol j but j + 24·d, where d counts the packets gone. This is a hidden Markov model with state d: it mostly stays, sometimes grows by
 * one, seldom shrinks; and in state d symbol j should agree with what is known of frame symbol j + 24·d. With t = tanh(L/2) for both
 * sides, the likelihood of agreement is 1 + t_received·t_known. Forward–backward gives the probability of each d at each j, and
 * through it the soft value of each *frame* symbol: the mean of what is received where it may be; 0 where it was cut out. Pilots start this off;
 * in further rounds what the decoder believes of the other bits serves as well.
 */

const PACKET_SAMPLES = 160
/** Chance that a packet is gone without a mark, and that one is repeated. */
const DROPPED = 0.01
const REPEATED = 0.001
/** Packets that the search may have started too late or too early by. */
const LEAD = 2
const MOST_CERTAIN = 1 - 1e-7

export class PacketSlips {
  /** Number of states: d runs from −LEAD to states − LEAD − 1. */
  private readonly states: number
  private readonly forward: Float64Array
  private readonly weight: Float64Array
  private readonly shift: Int32Array
  private readonly ahead: Float64Array
  private readonly spare: Float64Array
  private readonly heard: Float64Array
  private received = 0

  /** `mostReceived` symbols at most, each `period` samples long; up to `mostSlips` packets may be gone. */
  constructor(mostReceived: number, period: number, mostSlips: number) {
    this.states = mostSlips + LEAD + 1
    this.forward = new Float64Array((mostReceived + 1) * this.states)
    this.weight = new Float64Array(mostReceived * this.states)
    this.shift = Int32Array.from({ length: this.states }, (_, s) => Math.round(((s - LEAD) * PACKET_SAMPLES) / period))
    this.ahead = new Float64Array(this.states)
    this.spare = new Float64Array(this.states)
    this.heard = new Float64Array(mostReceived)
  }

  /** Symbols that one packet holds, rounded. */
  get packetSymbols(): number {
    return this.shift[LEAD + 1]!
  }

  /** Aligns `soft` (log ratios of `received` symbols) with `known` (tanh of half the log ratio of each frame symbol, 0 for unknown). */
  align(soft: Float64Array, received: number, known: Float64Array): void {
    const { states, forward, weight, heard, ahead, spare } = this
    this.received = received
    for (let j = 0; j < received; j++) heard[j] = Math.tanh(soft[j]! / 2) * MOST_CERTAIN
    const grow = DROPPED / this.packetSymbols
    const shrink = REPEATED / this.packetSymbols
    const stay = 1 - grow - shrink

    for (let s = 0; s < states; s++) forward[s] = s === LEAD ? 0.9 : 0.1 / (states - 1)
    for (let j = 0; j < received; j++) {
      let total = 0
      const now = j * states
      for (let s = 0; s < states; s++) {
        spare[s] = forward[now + s]! * this.agreement(j, s, known)
        total += spare[s]!
      }
      const scale = 1 / total
      for (let s = 0; s < states; s++) {
        const below = s > 0 ? spare[s - 1]! : 0
        const above = s + 1 < states ? spare[s + 1]! : 0
        forward[now + states + s] = (spare[s]! * stay + below * grow + above * shrink) * scale
      }
    }
    ahead.fill(1)
    for (let j = received - 1; j >= 0; j--) {
      const now = j * states
      for (let s = 0; s < states; s++) {
        const below = s > 0 ? ahead[s - 1]! : 0
        const above = s + 1 < states ? ahead[s + 1]! : 0
        spare[s] = (ahead[s]! * stay + above * grow + below * shrink) * this.agreement(j, s, known)
      }
      let total = 0
      let most = 0
      for (let s = 0; s < states; s++) {
        const value = forward[now + s]! * spare[s]!
        weight[now + s] = value
        total += value
        if (spare[s]! > most) most = spare[s]!
      }
      for (let s = 0; s < states; s++) {
        weight[now + s]! /= total
        ahead[s] = spare[s]! / most
      }
    }
  }

  /** Soft values of the frame's symbols (log ratios) from the received ones. */
  toFrame(frameSymbols: number, frame: Float64Array): void {
    const { states, weight, heard, shift } = this
    frame.fill(0, 0, frameSymbols)
    for (let j = 0; j < this.received; j++)
      for (let s = 0; s < states; s++) {
        const k = j + shift[s]!
        if (k >= 0 && k < frameSymbols) frame[k]! += weight[j * states + s]! * heard[j]!
      }
    for (let k = 0; k < frameSymbols; k++) frame[k] = logRatio(frame[k]!)
  }

  /** What is known of the frame's symbols, as log ratios for the received ones. */
  toReceived(known: Float64Array, prior: Float64Array): void {
    const { states, weight, shift } = this
    for (let j = 0; j < this.received; j++) {
      let sum = 0
      for (let s = 0; s < states; s++) {
        const k = j + shift[s]!
        if (k >= 0 && k < known.length) sum += weight[j * states + s]! * known[k]!
      }
      prior[j] = logRatio(sum)
    }
  }

  /** Packets gone between the first and the last symbol, as far as can be told. */
  get slips(): number {
    return this.likeliest(this.received - 1) - this.likeliest(0)
  }

  private likeliest(j: number): number {
    let best = 0
    for (let s = 1; s < this.states; s++)
      if (this.weight[j * this.states + s]! > this.weight[j * this.states + best]!) best = s
    return best
  }

  private agreement(j: number, s: number, known: Float64Array): number {
    const k = j + this.shift[s]!
    return k >= 0 && k < known.length ? 1 + this.heard[j]! * known[k]! : 1
  }
}

function logRatio(t: number): number {
  const clipped = Math.max(-MOST_CERTAIN, Math.min(MOST_CERTAIN, t))
  return Math.log((1 + clipped) / (1 - clipped))
}
