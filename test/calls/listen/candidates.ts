/**
 * Which clips could begin near one place of a recording: the beginning of every clip is correlated with the recording at
 * every sample of a window, by FFT, and each clip's best place comes back.
 */
import type { ClipSet, KnownClip } from './clip-set.ts'
import { makeFft } from './fft.ts'

/** 360 ms of each clip's beginning, enough to tell most clips apart. */
const prefixSamples = 2880
const fft = makeFft(4096)
/** So many places can be tried at once without the transform's ends wrapping around. */
export const windowSamples = fft.size - prefixSamples

export interface Candidate {
  readonly clip: KnownClip
  readonly start: number
  /** Normalised correlation of the beginning, 0 … 1. */
  readonly score: number
}

interface Pattern {
  readonly clip: KnownClip
  readonly length: number
  readonly norm: number
  readonly re: Float64Array
  readonly im: Float64Array
}

export type Finder = (recording: Float32Array, from: number) => Candidate[]

/** A finder for these clips: every clip's best place at or within `windowSamples` after `from`, best clip first. */
export function makeFinder(clips: ClipSet): Finder {
  const patterns = clips.map(patternOf)
  return (recording, from) => {
    const re = new Float64Array(fft.size)
    const im = new Float64Array(fft.size)
    for (let at = 0; at < fft.size; at++) re[at] = recording[from + at] ?? 0
    const energies = runningEnergy(re)
    fft.forward(re, im)
    const found: Candidate[] = []
    for (let index = 0; index < patterns.length; index += 2) {
      found.push(...bestPlaces({ re, im }, energies, patterns.slice(index, index + 2), from))
    }
    return found.sort((a, b) => b.score - a.score)
  }
}

function patternOf(clip: KnownClip): Pattern {
  const prefix = clip.samples.subarray(0, prefixSamples)
  const re = new Float64Array(fft.size)
  const im = new Float64Array(fft.size)
  re.set(prefix)
  fft.forward(re, im)
  const norm = Math.sqrt(prefix.reduce((sum, sample) => sum + sample * sample, 0))
  return { clip, length: prefix.length, norm, re, im }
}

/** Correlates with two patterns in one transform: both results are real, so one travels in the imaginary part. */
function bestPlaces(
  heard: { re: Float64Array; im: Float64Array },
  energies: Float64Array,
  [first, second]: Pattern[],
  from: number,
): Candidate[] {
  if (!first) return []
  const re = new Float64Array(fft.size)
  const im = new Float64Array(fft.size)
  for (let k = 0; k < fft.size; k++) {
    const xRe = heard.re[k] as number
    const xIm = heard.im[k] as number
    const aRe = first.re[k] as number
    const aIm = first.im[k] as number
    const bRe = second ? (second.re[k] as number) : 0
    const bIm = second ? (second.im[k] as number) : 0
    // x · conj(a) + i · x · conj(b)
    re[k] = xRe * aRe + xIm * aIm - (xIm * bRe - xRe * bIm)
    im[k] = xIm * aRe - xRe * aIm + (xRe * bRe + xIm * bIm)
  }
  fft.inverse(re, im)
  const places = [bestPlace(re, first, energies, from)]
  if (second) places.push(bestPlace(im, second, energies, from))
  return places
}

function bestPlace(products: Float64Array, pattern: Pattern, energies: Float64Array, from: number): Candidate {
  let best = { score: 0, lag: 0 }
  for (let lag = 0; lag < windowSamples; lag++) {
    const recorded = (energies[lag + pattern.length] as number) - (energies[lag] as number)
    if (recorded <= 1e-9) continue
    const score = (products[lag] as number) / fft.size / (Math.sqrt(recorded) * pattern.norm)
    if (score > best.score) best = { score, lag }
  }
  return { clip: pattern.clip, start: from + best.lag, score: best.score }
}

/** `running[n]`: energy of the first n samples. */
function runningEnergy(samples: Float64Array): Float64Array {
  const running = new Float64Array(samples.length + 1)
  for (let at = 0; at < samples.length; at++) {
    running[at + 1] = (running[at] as number) + (samples[at] as number) ** 2
  }
  return running
}
