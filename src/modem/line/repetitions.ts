/**
 * Finds packets that a receiver of packets made up: the one before once more, fainter. What they say is wrong, and it sounds as clear as what is right; but
 * no signal with data in it repeats itself sample by sample after 20 ms, so they can be told, and silence says nothing wrong.
 */

const PACKET_SAMPLES = 160
/** Stretches looked at, one after another. */
const PIECE_SAMPLES = 20
/** So many like those a packet before make a repetition. A packet holds seven whole ones, wherever it begins. */
const LEAST_PIECES = 6
/** Correlation of a piece with the one a packet before: noise is repeated as well, so that nothing but the line's coding lies between them. */
const LIKE = 0.99
/** Gain of a repetition: fainter, or as loud. */
const FAINTEST = 0.3
const LOUDEST = 1.05

/** Silences all repetitions, in place. @returns how many samples they were */
export function silenceRepetitions(samples: Float32Array): number {
  const pieces = Math.floor(samples.length / PIECE_SAMPLES)
  const before = PACKET_SAMPLES / PIECE_SAMPLES
  const original = samples.slice()
  let silenced = 0
  let run = 0
  for (let piece = before; piece <= pieces; piece++) {
    if (piece < pieces && isRepeated(original, piece * PIECE_SAMPLES)) {
      run++
      continue
    }
    if (run >= LEAST_PIECES) {
      const from = Math.max(PACKET_SAMPLES, (piece - run - 1) * PIECE_SAMPLES)
      const to = Math.min(samples.length, (piece + 1) * PIECE_SAMPLES)
      samples.fill(0, from, to)
      silenced += to - from
    }
    run = 0
  }
  return silenced
}

function isRepeated(samples: Float32Array, from: number): boolean {
  let now = 0
  let then = 0
  let both = 0
  for (let n = from; n < from + PIECE_SAMPLES; n++) {
    const [a, b] = [samples[n]!, samples[n - PACKET_SAMPLES]!]
    now += a * a
    then += b * b
    both += a * b
  }
  if (both <= 0 || both * both < LIKE * LIKE * now * then) return false
  return now > FAINTEST * FAINTEST * then && now < LOUDEST * LOUDEST * then
}
