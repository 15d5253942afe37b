/**
 * The error-correcting code of a frame: convolutional, K = 7, rate 1/2, generators 171 and 133 octal (Voyager's, also IEEE 802.11's),
 * ended with six zeros, and its soft-in soft-out decoder.
 *
 * The decoder is max-log BCJR on the 64-state trellis. Its bit decisions are those of a soft Viterbi decoder, and beside them it says
 * how sure it is of every *channel* bit, which the phase lattice uses in another round (`frame-decoder.ts`).
 */

const STATES = 64
const TAIL_BITS = 6
const GENERATORS = [0o171, 0o133] as const

/** Two output bits of (state, input), as 0…3, first generator high. */
const OUTPUT = new Uint8Array(STATES * 2)
for (let state = 0; state < STATES; state++)
  for (let input = 0; input < 2; input++) {
    const register = (input << 6) | state
    OUTPUT[state * 2 + input] = (parity(register & GENERATORS[0]) << 1) | parity(register & GENERATORS[1])
  }

/** Channel bits of a block of `bitCount` data bits. */
export function codedLength(bitCount: number): number {
  return (bitCount + TAIL_BITS) * 2
}

export function encode(bits: Uint8Array): Uint8Array {
  const coded = new Uint8Array(codedLength(bits.length))
  let state = 0
  for (let i = 0; i < bits.length + TAIL_BITS; i++) {
    const input = i < bits.length ? bits[i]! : 0
    const output = OUTPUT[state * 2 + input]!
    coded[2 * i] = output >> 1
    coded[2 * i + 1] = output & 1
    state = (state >> 1) | (input << 5)
  }
  return coded
}

export class ConvolutionalDecoder {
  private readonly forward: Float32Array
  private readonly ahead = new Float32Array(STATES)
  private readonly spare = new Float32Array(STATES)
  private readonly branch = new Float32Array(4)

  /** Decodes blocks of up to `mostBits` data bits. */
  constructor(mostBits: number) {
    this.forward = new Float32Array((mostBits + TAIL_BITS + 1) * STATES)
  }

  /**
   * `soft` holds log ratios ln P(1)/P(0) of the channel bits. Writes the decided data bits to `bits` and what the code alone says of each
   * channel bit (the extrinsic part, without `soft` itself) to `extrinsic`.
   */
  decode(soft: Float64Array, bits: Uint8Array, extrinsic: Float64Array): void {
    const steps = bits.length + TAIL_BITS
    const { forward, ahead } = this
    forward.fill(-1e9, 0, STATES)
    forward[0] = 0
    for (let i = 0; i < steps; i++) this.stepForward(soft, i, i < bits.length ? 2 : 1)
    ahead.fill(-1e9)
    ahead[0] = 0
    for (let i = steps - 1; i >= 0; i--) this.stepBackward(soft, i, i < bits.length ? 2 : 1, bits, extrinsic)
  }

  private weigh(soft: Float64Array, i: number): void {
    const first = soft[2 * i]! / 2
    const second = soft[2 * i + 1]! / 2
    this.branch[0] = -first - second
    this.branch[1] = second - first
    this.branch[2] = first - second
    this.branch[3] = first + second
  }

  /** State s is reached from (2s mod 64) and (2s mod 64)+1, by the input that is its own top bit. */
  private stepForward(soft: Float64Array, i: number, inputs: number): void {
    const { forward, branch } = this
    this.weigh(soft, i)
    const now = i * STATES
    const next = now + STATES
    const reachable = inputs === 2 ? STATES : STATES / 2
    for (let s = 0; s < reachable; s++) {
      const input = s >> 5
      const low = (s << 1) & (STATES - 1)
      const a = forward[now + low]! + branch[OUTPUT[low * 2 + input]!]!
      const b = forward[now + low + 1]! + branch[OUTPUT[low * 2 + 2 + input]!]!
      forward[next + s] = Math.max(a, b)
    }
    for (let s = reachable; s < STATES; s++) forward[next + s] = -1e9
  }

  private stepBackward(soft: Float64Array, i: number, inputs: number, bits: Uint8Array, extrinsic: Float64Array): void {
    const { forward, branch, ahead, spare } = this
    this.weigh(soft, i)
    const now = i * STATES
    let bestOne = -1e9
    let bestZero = -1e9
    let firstOne = -1e9
    let firstZero = -1e9
    let secondOne = -1e9
    let secondZero = -1e9
    for (let s = 0; s < STATES; s++) {
      spare[s] = -1e9
      for (let input = 0; input < inputs; input++) {
        const output = OUTPUT[s * 2 + input]!
        const rest = branch[output]! + ahead[(s >> 1) | (input << 5)]!
        if (rest > spare[s]!) spare[s] = rest
        const path = rest + forward[now + s]!
        if (input === 1) {
          if (path > bestOne) bestOne = path
        } else if (path > bestZero) bestZero = path
        if (output & 2) {
          if (path > firstOne) firstOne = path
        } else if (path > firstZero) firstZero = path
        if (output & 1) {
          if (path > secondOne) secondOne = path
        } else if (path > secondZero) secondZero = path
      }
    }
    ahead.set(spare)
    if (inputs === 2) bits[i] = bestOne > bestZero ? 1 : 0
    extrinsic[2 * i] = firstOne - firstZero - soft[2 * i]!
    extrinsic[2 * i + 1] = secondOne - secondZero - soft[2 * i + 1]!
  }
}

function parity(value: number): number {
  let bits = value
  bits ^= bits >> 4
  bits ^= bits >> 2
  bits ^= bits >> 1
  return bits & 1
}
