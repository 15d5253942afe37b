/**
 * What the ear hears of a sound: mel cepstra (Davis and Mermelstein, 1980) of 25 ms every 15 ms between 200 and 3,600 Hz, of the stretch in
 * which somebody speaks, without the noise of the line. Fourteen bands are too wide for a voice's harmonics to stand apart in them.
 */
import { sampleRateHz } from '../../src/speech/render/level.ts'
import { makeFft } from '../../test/calls/listen/fft.ts'

const windowSamples = 200
const hopSamples = 120
const fftSize = 256
const bands = 14
export const coefficients = 8
const [lowHz, highHz] = [200, 3600]
/** Of each band below the loudest of all: what lies lower is the line's noise as often as it is speech. */
const floorDb = 40

/** One row for every 15 ms, of cepstra 0 to 7. */
export type Cepstra = readonly Float32Array[]

const fft = makeFft(fftSize)
const hamming = Float64Array.from(
  { length: windowSamples },
  (_, n) => 0.54 - 0.46 * Math.cos((2 * Math.PI * n) / (windowSamples - 1)),
)

const mel = (hz: number): number => 1127 * Math.log(1 + hz / 700)
const hertz = (mels: number): number => 700 * (Math.exp(mels / 1127) - 1)

/**
 * Cepstra of what is spoken in `samples` (8 kHz, -1 … 1), as if the speaker's throat were `warp` times as short; empty where nothing
 * stands out.
 */
export function cepstraOf(samples: Float32Array, warp = 1): Cepstra {
  const filters = filterBank(warp)
  const count = Math.max(0, Math.floor((samples.length - windowSamples) / hopSamples) + 1)
  const all = Array.from({ length: count }, (_, frame) => bandEnergies(samples, frame * hopSamples, filters))
  const noise = noiseOf(all)
  const [first, end] = spokenPart(all, noise)
  const clean = all.slice(first, end).map(each => each.map((energy, band) => energy - 1.2 * (noise[band] ?? 0)))
  const loudest = Math.max(...clean.flatMap(each => [...each]))
  const floor = loudest * 10 ** (-floorDb / 10)
  return clean.map(each => cosines(each.map(energy => Math.log(Math.max(energy, 0) + floor))))
}

/** Mean of each band over the quietest tenth. */
function noiseOf(frames: readonly Float64Array[]): Float64Array {
  const quiet = [...frames].sort((a, b) => total(a) - total(b)).slice(0, Math.max(1, Math.floor(frames.length / 10)))
  return Float64Array.from({ length: bands }, (_, band) => total(quiet.map(each => each[band] ?? 0)) / quiet.length)
}

/** First frame and the one after the last that stands out of the noise, and is at most 30 dB below the loudest. */
function spokenPart(frames: readonly Float64Array[], noise: Float64Array): readonly [number, number] {
  const powers = frames.map(total)
  const threshold = Math.max(total(noise) * 10 ** 0.25, Math.max(0, ...powers) * 10 ** -3)
  const speaks = (at: number) => (powers[at] ?? 0) > threshold && (powers[at + 1] ?? 0) > threshold
  const first = powers.findIndex((_, at) => speaks(at))
  const last = powers.findLastIndex((_, at) => speaks(at - 1))
  return last - first < 8 ? [0, 0] : [first, last + 1]
}

const total = (values: Iterable<number>): number => {
  let sum = 0
  for (const value of values) sum += value
  return sum
}

interface Filter {
  readonly from: number
  readonly weights: Float64Array
}

const banks = new Map<number, readonly Filter[]>()

/** Triangles of equal width on the mel scale, moved by the warp. */
function filterBank(warp: number): readonly Filter[] {
  const known = banks.get(warp)
  if (known) return known
  const [low, high] = [mel(lowHz), mel(highHz)]
  const edges = Array.from({ length: bands + 2 }, (_, band) => {
    const hz = hertz(low + ((high - low) * band) / (bands + 1)) * warp
    return (Math.min(hz, sampleRateHz / 2) * fftSize) / sampleRateHz
  })
  const bank = Array.from({ length: bands }, (_, band): Filter => {
    const [left = 0, middle = 0, right = 0] = edges.slice(band, band + 3)
    const from = Math.ceil(left)
    const length = Math.max(1, Math.floor(right) - from + 1)
    const weightAt = (bin: number) =>
      bin <= middle ? (bin - left) / (middle - left) : (right - bin) / (right - middle)
    return { from, weights: Float64Array.from({ length }, (_, n) => Math.max(0, weightAt(from + n)) || 0) }
  })
  banks.set(warp, bank)
  return bank
}

const re = new Float64Array(fftSize)
const im = new Float64Array(fftSize)

function bandEnergies(samples: Float32Array, from: number, filters: readonly Filter[]): Float64Array {
  re.fill(0)
  im.fill(0)
  for (let n = 0; n < windowSamples; n++) {
    const emphasised = (samples[from + n] ?? 0) - 0.97 * (samples[from + n - 1] ?? 0)
    re[n] = emphasised * (hamming[n] ?? 0)
  }
  fft.forward(re, im)
  return Float64Array.from(filters, ({ from, weights }) => {
    let sum = 1e-12
    for (let n = 0; n < weights.length; n++)
      sum += (weights[n] ?? 0) * ((re[from + n] ?? 0) ** 2 + (im[from + n] ?? 0) ** 2)
    return sum
  })
}

/** Of the bands' logarithms. */
function cosines(logs: Float64Array): Float32Array {
  return Float32Array.from({ length: coefficients }, (_, order) => {
    let sum = 0
    for (let band = 0; band < bands; band++)
      sum += (logs[band] ?? 0) * Math.cos((Math.PI * order * (band + 0.5)) / bands)
    return sum * Math.sqrt(2 / bands)
  })
}

/**
 * The same without what one speaker's sounds have in common: each coefficient with zero mean, and a deviation over all of them that is the
 * smaller, the higher its order and the less it tells.
 */
export function adapted(sounds: readonly Cepstra[]): Cepstra[] {
  const rows = sounds.flat()
  const scale = Array.from({ length: coefficients }, (_, order) => {
    const values = rows.map(row => row[order] ?? 0)
    const mean = total(values) / Math.max(1, values.length)
    const variance = total(values.map(value => (value - mean) ** 2)) / Math.max(1, values.length)
    return { mean, deviation: Math.sqrt(variance) || 1 }
  })
  return sounds.map(sound =>
    sound.map(row =>
      row.map(
        (value, order) => (value - (scale[order]?.mean ?? 0)) / (scale[order]?.deviation ?? 1) / (1 + 0.4 * order),
      ),
    ),
  )
}
