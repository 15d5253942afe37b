/**
 * Finds where the line took symbols out of the signal or put some in, by the bits that are known.
 *
 * A jitter buffer cuts or repeats 20 ms at a time (24 symbols at 1200 baud, 6 at 300), or any length where it stretches time. From then on received
 * symbol j is no longer frame symbol j but j + d. This is a hidden Markov model with state d: it mostly stays, sometimes grows by a packet, seldom
 * shrinks, and hardly ever jumps anywhere else; and in state d symbol j should agree with what is known of frame symbol j + d. With t = tanh(L/2)
 * for both sides, the likelihood of agreement is 1 + t_received·t_known. Forward–backward gives the probability of each d at each j, and through it
 * the soft value of each *frame* symbol: the mean of what is received where it may be; 0 where it was cut out. Pilots start this off; in
 * further rounds what the decoder believes of the other bits serves as well.
 */

/** Chance per packet that it is gone, that it is there twice, and that something else happened. */
const DROPPED = 0.01
const REPEATED = 0.001
const STRAYED = 0.0005
/** Share of frames that begin where the search says; of the others nearly all are off by whole packets. */
const AS_FOUND = 0.9
const OFF_BY_PACKETS = 0.095
const MOST_CERTAIN = 1 - 1e-7

export class SymbolSlips {
  readonly #packet: number
  readonly #mostStates: number
  readonly #forward: Float32Array
  readonly #weight: Float32Array
  readonly #heard: Float64Array
  readonly #ahead: Float64Array
  readonly #spare: Float64Array
  /** Symbols gone in each state, and which states lie a packet below and above (−1: none). */
  #shift = Int32Array.of(0)
  #below = Int32Array.of(-1)
  #above = Int32Array.of(-1)
  #start = Float64Array.of(1)
  #received = 0

  /** `mostReceived` symbols and `mostStates` distances at most; a packet holds `packet` symbols. */
  constructor(mostReceived: number, packet: number, mostStates: number) {
    this.#packet = packet
    this.#mostStates = mostStates
    this.#forward = new Float32Array((mostReceived + 1) * mostStates)
    this.#weight = new Float32Array(mostReceived * mostStates)
    this.#heard = new Float64Array(mostReceived)
    this.#ahead = new Float64Array(mostStates)
    this.#spare = new Float64Array(mostStates)
  }

  /** From now on so many symbols may be gone, each of `distances` (negative: there twice); 0 is among them. */
  expect(distances: readonly number[]): void {
    const packet = this.#packet
    const shift = Int32Array.from(distances.slice(0, this.#mostStates))
    const wholePackets = shift.filter(distance => distance % packet === 0).length - 1
    const others = shift.length - 1 - wholePackets
    this.#shift = shift
    this.#below = shift.map(distance => shift.indexOf(distance - packet))
    this.#above = shift.map(distance => shift.indexOf(distance + packet))
    this.#start = Float64Array.from(shift, distance => {
      if (distance === 0) return AS_FOUND
      return distance % packet === 0 ? OFF_BY_PACKETS / wholePackets : (1 - AS_FOUND - OFF_BY_PACKETS) / others
    })
  }

  /** Aligns `soft` (log ratios of `received` symbols) with `known` (tanh of half the log ratio of each frame symbol, 0 for unknown). */
  align(soft: Float64Array, received: number, known: Float64Array): void {
    const heard = this.#heard
    this.#received = received
    for (let j = 0; j < received; j++) heard[j] = Math.tanh(soft[j]! / 2) * MOST_CERTAIN
    this.#goForward(known)
    this.#goBackward(known)
  }

  /** Soft values of the frame's symbols (log ratios) from the received ones. */
  toFrame(frameSymbols: number, frame: Float64Array): void {
    const shift = this.#shift
    const states = shift.length
    frame.fill(0, 0, frameSymbols)
    for (let j = 0; j < this.#received; j++)
      for (let s = 0; s < states; s++) {
        const k = j + shift[s]!
        if (k >= 0 && k < frameSymbols) frame[k]! += this.#weight[j * states + s]! * this.#heard[j]!
      }
    for (let k = 0; k < frameSymbols; k++) frame[k] = logRatio(frame[k]!)
  }

  /** What is known of the frame's symbols, as log ratios for the received ones. */
  toReceived(known: Float64Array, prior: Float64Array): void {
    const shift = this.#shift
    const states = shift.length
    for (let j = 0; j < this.#received; j++) {
      let sum = 0
      for (let s = 0; s < states; s++) {
        const k = j + shift[s]!
        if (k >= 0 && k < known.length) sum += this.#weight[j * states + s]! * known[k]!
      }
      prior[j] = logRatio(sum)
    }
  }

  /** Packets' worth of symbols gone between the first and the last one, as far as can be told. */
  get slips(): number {
    return (this.#likeliest(this.#received - 1) - this.#likeliest(0)) / this.#packet
  }

  #goForward(known: Float64Array): void {
    const forward = this.#forward
    const spare = this.#spare
    const states = this.#shift.length
    const [grow, shrink, stray] = this.#chances()
    const stay = 1 - grow - shrink - stray
    forward.set(this.#start)
    for (let j = 0; j < this.#received; j++) {
      let total = 0
      const now = j * states
      for (let s = 0; s < states; s++) {
        spare[s] = forward[now + s]! * this.#agreement(j, s, known)
        total += spare[s]!
      }
      const scale = 1 / total
      const anywhere = (stray * total) / states
      for (let s = 0; s < states; s++) {
        const below = this.#below[s]! < 0 ? 0 : spare[this.#below[s]!]!
        const above = this.#above[s]! < 0 ? 0 : spare[this.#above[s]!]!
        forward[now + states + s] = (spare[s]! * stay + below * grow + above * shrink + anywhere) * scale
      }
    }
  }

  #goBackward(known: Float64Array): void {
    const forward = this.#forward
    const weight = this.#weight
    const ahead = this.#ahead
    const spare = this.#spare
    const states = this.#shift.length
    const [grow, shrink, stray] = this.#chances()
    const stay = 1 - grow - shrink - stray
    ahead.fill(1)
    for (let j = this.#received - 1; j >= 0; j--) {
      const now = j * states
      let anywhere = 0
      for (let s = 0; s < states; s++) anywhere += ahead[s]!
      anywhere *= stray / states
      let total = 0
      let most = 0
      for (let s = 0; s < states; s++) {
        const below = this.#below[s]! < 0 ? 0 : ahead[this.#below[s]!]!
        const above = this.#above[s]! < 0 ? 0 : ahead[this.#above[s]!]!
        const rest = ahead[s]! * stay + above * grow + below * shrink + anywhere
        spare[s] = rest * this.#agreement(j, s, known)
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

  /** Per symbol: that the distance grows by a packet, shrinks by one, and goes anywhere. */
  #chances(): readonly [grow: number, shrink: number, stray: number] {
    return [DROPPED / this.#packet, REPEATED / this.#packet, STRAYED / this.#packet]
  }

  #likeliest(j: number): number {
    const from = j * this.#shift.length
    let best = 0
    for (let s = 1; s < this.#shift.length; s++) if (this.#weight[from + s]! > this.#weight[from + best]!) best = s
    return this.#shift[best]!
  }

  #agreement(j: number, s: number, known: Float64Array): number {
    const k = j + this.#shift[s]!
    return k >= 0 && k < known.length ? 1 + this.#heard[j]! * known[k]! : 1
  }
}

function logRatio(t: number): number {
  const clipped = Math.max(-MOST_CERTAIN, Math.min(MOST_CERTAIN, t))
  return Math.log((1 + clipped) / (1 - clipped))
}
