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
  const lengths = new Set(patterns.map(({ length }) => length))
  return (recording, from) => {
    const heard = { re: new Float64Array(fft.size), im: new Float64Array(fft.size) }
    for (let at = 0; at < fft.size; at++) heard.re[at] = recording[from + at] ?? 0
    const energies = runningEnergy(heard.re)
    const scalesOf = new Map([...lengths].map(length => [length, scales(energies, length)]))
    fft.forward(heard.re, heard.im)
    const products = { re: new Float64Array(fft.size), im: new Float64Array(fft.size) }
    const found: Candidate[] = []
    const best = (of: Float64Array, pattern: Pattern) => {
      found.push(bestPlace(of, pattern, scalesOf.get(pattern.length) ?? new Float64Array(windowSamples), from))
    }
    for (let index = 0; index < patterns.length; index += 2) {
      const [first, second] = [patterns[index] as Pattern, patterns[index + 1]]
      correlate(heard, first, second ?? first, products)
      best(products.re, first)
      if (second) best(products.im, second)
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

interface Spectrum {
  readonly re: Float64Array
  readonly im: Float64Array
}

/** Correlates with two patterns in one transform: both results are real, so one travels in the imaginary part. */
function correlate(heard: Spectrum, first: Spectrum, second: Spectrum, { re, im }: Spectrum): void {
  for (let k = 0; k < fft.size; k++) {
    const xRe = heard.re[k] as number
    const xIm = heard.im[k] as number
    const aRe = first.re[k] as number
    const aIm = first.im[k] as number
    const bRe = second.re[k] as number
    const bIm = second.im[k] as number
    // x · conj(a) + i · x · conj(b)
    re[k] = xRe * aRe + xIm * aIm - (xIm * bRe - xRe * bIm)
    im[k] = xIm * aRe - xRe * aIm + (xRe * bRe + xIm * bIm)
  }
  fft.inverse(re, im)
}

function bestPlace(products: Float64Array, { clip, norm }: Pattern, scales: Float64Array, from: number): Candidate {
  let score = 0
  let bestLag = 0
  for (let lag = 0; lag < windowSamples; lag++) {
    const here = (products[lag] as number) * (scales[lag] as number)
    if (here > score) {
      score = here
      bestLag = lag
    }
  }
  return { clip, start: from + bestLag, score: score / norm }
}

/** For each lag what makes a product with so many samples a normalised correlation, but for the pattern's own norm. */
function scales(energies: Float64Array, length: number): Float64Array {
  const all = new Float64Array(windowSamples)
  for (let lag = 0; lag < windowSamples; lag++) {
    const energy = (energies[lag + length] as number) - (energies[lag] as number)
    all[lag] = energy <= 1e-9 ? 0 : 1 / (fft.size * Math.sqrt(energy))
  }
  return all
}

/** `running[n]`: energy of the first n samples. */
function runningEnergy(samples: Float64Array): Float64Array {
  const running = new Float64Array(samples.length + 1)
  for (let at = 0; at < samples.length; at++) {
    running[at + 1] = (running[at] as number) + (samples[at] as number) ** 2
  }
  return running
}
