/**
 * Which bit of a frame goes where on the line.
 *
 *     | lead-in 160 ms | preamble 48 | sync 64 | 32 coded bits | 4 pilots | 32 coded bits | 4 pilots | … | tail 8 |
 *
 * The lead-in is there to be lost: lines open late, and nothing is read from it. Symbols are counted from the preamble on. Preamble and sync
 * are one pseudo-random sequence; where more is swallowed, the rest is recognisable. The coded bits are
 * the header's (40 bits, rate 1/4) and then the body's (rate 1/2), each interleaved over its whole length by steps near the golden ratio,
 * so that any burst ends up spread evenly, and scrambled. The pilots are known: a receiver finds by them where the line dropped or
 * repeated a packet (`packet-slips.ts`), at the price of an eighth of the rate.
 */
import type { LineMode } from '../line/modes.ts'
import { codedLength } from './convolutional.ts'

const LEAD_IN_SECONDS = 0.16
/** Where in its sequence the lead-in begins: of all 511 and more places tried, the one least like the opening. */
const LEAD_IN_FROM = 511
const PREAMBLE_SYMBOLS = 48
const SYNC_SYMBOLS = 64
/** Preamble and sync together. */
export const OPENING_SYMBOLS = PREAMBLE_SYMBOLS + SYNC_SYMBOLS
/** Middle of the opening's last quarter: the symbol whose time the search knows, whatever the clock. */
export const OPENING_ANCHOR = (OPENING_SYMBOLS * 7) / 8
const TAIL_SYMBOLS = 8
const DATA_RUN = 32
const PILOT_RUN = 4

export const HEADER_BYTES = 5
/** The header's code words are sent twice: it must survive wherever the body does. */
export const HEADER_REPEATS = 2
export const HEADER_CODED = codedLength(HEADER_BYTES * 8) * HEADER_REPEATS

/** x⁷+x³+1 from all ones: 127 long, of which the first 112. */
export const OPENING: Uint8Array = shiftRegister(7, 3, OPENING_SYMBOLS)
/** x¹¹+x²+1. */
const PILOTS = shiftRegister(11, 2, 2047)
/** x¹⁵+x+1. */
const SCRAMBLE = shiftRegister(15, 1, 8192)

/** x¹⁰+x³+1: no stretch of it correlates with the opening above 0.30, where the search's threshold is 0.36. The opening's own sequence would repeat after 127. */
const LEAD_IN = shiftRegister(10, 3, LEAD_IN_FROM + 192).subarray(LEAD_IN_FROM)

/** The symbols before the preamble: 192 at 1200 baud, 48 at 300. */
export function leadIn(mode: LineMode): Uint8Array {
  return LEAD_IN.subarray(0, Math.ceil(LEAD_IN_SECONDS * mode.baud))
}

/** Where coded symbol `i` (header first, then body) lies in the frame, counted in symbols from the start of the preamble. */
export function symbolOf(i: number): number {
  return OPENING_SYMBOLS + i + Math.floor(i / DATA_RUN) * PILOT_RUN
}

/** Symbols of a frame with `coded` coded symbols, tail included. */
export function frameSymbols(coded: number): number {
  return symbolOf(coded - 1) + 1 + TAIL_SYMBOLS
}

/** Symbols from the start of the preamble to the end of the header. */
export const HEADER_END = symbolOf(HEADER_CODED - 1) + 1

/** The first `symbols` symbols of a frame of `coded` coded symbols: its known bits as 0 or 1, and −1 where data goes. */
export function knownSymbols(coded: number, symbols = frameSymbols(coded)): Int8Array {
  const known = new Int8Array(symbols)
  for (let k = 0; k < known.length; k++) known[k] = k < OPENING_SYMBOLS ? OPENING[k]! : PILOTS[k % PILOTS.length]!
  for (let i = 0; i < coded; i++) known[symbolOf(i)] = -1
  return known
}

export function scrambleBit(i: number): number {
  return SCRAMBLE[i % SCRAMBLE.length]!
}

/** A permutation of 0…length−1: neighbours come to lie 0.618 of the length apart, and so do neighbours among those. */
export function interleaver(length: number): Uint16Array {
  let step = Math.round(length * 0.6180339887) | 1
  while (greatestCommonDivisor(step, length) !== 1) step += 2
  return Uint16Array.from({ length }, (_, i) => (i * step) % length)
}

/** Puts code bits into line order: interleaved and scrambled. */
export function spread(codeBits: Uint8Array): Uint8Array {
  const order = interleaver(codeBits.length)
  const line = new Uint8Array(codeBits.length)
  for (let i = 0; i < line.length; i++) line[order[i]!] = codeBits[i]!
  for (let i = 0; i < line.length; i++) line[i]! ^= scrambleBit(i)
  return line
}

/** Soft line bits back into code order, `from` on in `line`: the inverse of `spread`. */
export function gather(line: Float64Array, from: number, order: Uint16Array, code: Float64Array): void {
  for (let i = 0; i < order.length; i++) {
    const at = order[i]!
    const soft = line[from + at]!
    code[i] = scrambleBit(at) ? -soft : soft
  }
}

/** `count` bits of the maximal sequence of x^degree + x^tap + 1, started with all ones. */
function shiftRegister(degree: number, tap: number, count: number): Uint8Array {
  const bits = new Uint8Array(count)
  for (let i = 0; i < count; i++) bits[i] = i < degree ? 1 : bits[i - degree]! ^ bits[i - degree + tap]!
  return bits
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
