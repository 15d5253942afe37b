/**
 * Which distances between received and sent symbols are worth considering.
 *
 * Whole packets always are. Others (packets of 10 or 30 ms, a jitter buffer that stretches time) are looked for by the pilots: each stretch of
 * received symbols is compared with the known ones at every distance, and one at which nearly all agree is taken up, with whole packets around it.
 */

/** Received symbols that are compared at a time: five runs of pilots. */
const STRETCH = 180
/** Share of the known symbols there that must agree: of 20, hardly one may be wrong. */
const AGREEMENT = 0.88
const LEAST_KNOWN = 12
/** Distances, whole packets apart from each other, that are taken up beside the whole packets themselves. */
const MOST_CLASSES = 3

export interface SlipRange {
  /** Symbols of a packet. */
  readonly packet: number
  /** Packets that may be there twice, and that may be gone. */
  readonly twice: number
  readonly gone: number
}

export function wholePackets({ packet, twice, gone }: SlipRange, offset = 0): number[] {
  return Array.from({ length: twice + gone + 1 }, (_, i) => (i - twice) * packet + offset)
}

/** Most distances that `likelyDistances` returns. */
export function mostDistances(range: SlipRange): number {
  return (range.twice + range.gone + 1) * (1 + MOST_CLASSES)
}

/** `soft` are log ratios of `received` symbols; `known` as in `SymbolSlips.align`, of which only the certain ones count. */
export function likelyDistances(soft: Float64Array, received: number, known: Float64Array, range: SlipRange): number[] {
  const places = Int32Array.from(known.keys()).filter(k => Math.abs(known[k]!) > 0.99)
  const signs = Int8Array.from(places, k => Math.sign(known[k]!))
  const heard = soft.subarray(0, received).map(value => Math.max(-1, Math.min(1, value / 2)))
  const distances = wholePackets(range)
  const [least, most] = [distances[0]!, distances.at(-1)!]
  const votes = new Int32Array(range.packet)
  for (let distance = least; distance <= most; distance++) {
    if (distance % range.packet === 0) continue
    const stretches = agreeingStretches(places, signs, heard, distance)
    votes[((distance % range.packet) + range.packet) % range.packet]! += stretches
  }
  const classes = Array.from(votes.keys())
    .filter(offset => votes[offset]! > 0)
    .sort((a, b) => votes[b]! - votes[a]!)
    .slice(0, MOST_CLASSES)
  return [...distances, ...classes.flatMap(offset => wholePackets(range, offset))]
}

/** In how many stretches of what was heard nearly all known symbols agree, if these are `distance` further on. */
function agreeingStretches(places: Int32Array, signs: Int8Array, heard: Float64Array, distance: number): number {
  let stretches = 0
  let at = 0
  while (at < places.length && places[at]! < distance) at++
  for (let end = STRETCH; end < heard.length + STRETCH; end += STRETCH) {
    const before = at
    const next = Math.min(end, heard.length) + distance
    let agreed = 0
    for (; at < places.length && places[at]! < next; at++) agreed += signs[at]! * heard[places[at]! - distance]!
    const compared = at - before
    if (compared >= LEAST_KNOWN && agreed >= AGREEMENT * compared) stretches++
  }
  return stretches
}
