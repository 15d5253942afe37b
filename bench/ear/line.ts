/**
 * What lies between a digit and the ear, by a seed: it is spoken faster or slower, softer, in noise, and comes as A-law in packets of 20 ms
 * of which two in a hundred are lost and concealed by the one before.
 */
import { aLaw } from '../../src/g711.ts'
import { measureLevel } from '../../src/speech/render/level.ts'
import type { Random } from '../../test/simulation/modem/line/random.ts'

const packetSamples = 160
const lossRate = 0.02
/** A repeated packet is fainter each time, and after four nothing is left of it (ITU-T G.711 appendix I fades over 60 ms). */
const fade = 0.7
const ranges = { speed: [0.88, 1.12], levelDb: [-15, 0], snrDb: [10, 30] } as const

/** One telling of a digit (8 kHz, -1 … 1), as it comes out of the telephone; `random` decides everything. */
export function overTheLine(samples: Float32Array, random: Random): Float32Array {
  const within = ([low, high]: readonly [number, number]) => low + (high - low) * random.uniform()
  const [speed, gainDb, snrDb] = [within(ranges.speed), within(ranges.levelDb), within(ranges.snrDb)]
  const said = atSpeed(samples, speed)
  const lead = 1200 + Math.floor(random.uniform() * packetSamples)
  const gain = 10 ** (gainDb / 20)
  const noise = 10 ** ((measureLevel(samples).activeDb + gainDb - snrDb) / 20)
  const sent = Float32Array.from({ length: lead + said.length + 1200 }, (_, n) => {
    const speech = n >= lead ? (said[n - lead] ?? 0) : 0
    return gain * speech + noise * random.gauss()
  })
  return throughPackets(aLaw.encode(sent), random)
}

function throughPackets(codes: Uint8Array, random: Random): Float32Array {
  const heard = aLaw.decode(codes)
  let kept = 1
  for (let from = packetSamples; from < heard.length; from += packetSamples) {
    if (random.uniform() >= lossRate) {
      kept = 1
      continue
    }
    kept = kept < 0.25 ? 0 : kept * fade
    for (let n = from; n < Math.min(heard.length, from + packetSamples); n++)
      heard[n] = kept * (heard[n - packetSamples] ?? 0)
  }
  return heard
}

const grainSamples = 240
const searchSamples = 60

/**
 * `speed` times as fast at the same pitch: grains of 30 ms are laid half over each other, each taken from where it fits what the one before
 * would have gone on with (WSOLA, Verhelst and Roelands 1993).
 */
function atSpeed(samples: Float32Array, speed: number): Float32Array {
  const half = grainSamples / 2
  const grains = Math.max(1, Math.floor(samples.length / speed / half) - 1)
  const out = new Float32Array((grains + 1) * half)
  let from = 0
  for (let grain = 0; grain < grains; grain++) {
    if (grain > 0) from = bestFit(samples, from + half, Math.round(grain * half * speed))
    for (let n = 0; n < grainSamples; n++) {
      const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / grainSamples)
      const at = grain * half + n
      out[at] = (out[at] ?? 0) + window * (samples[from + n] ?? 0)
    }
  }
  return out
}

/** Of the places around `around`, the one whose sound is most like that at `like`. */
function bestFit(samples: Float32Array, like: number, around: number): number {
  let best = { at: around, score: Number.NEGATIVE_INFINITY }
  for (let at = Math.max(0, around - searchSamples); at <= around + searchSamples; at += 2) {
    let score = 0
    for (let n = 0; n < grainSamples; n += 2) score += (samples[at + n] ?? 0) * (samples[like + n] ?? 0)
    if (score > best.score) best = { at, score }
  }
  return best.at
}
