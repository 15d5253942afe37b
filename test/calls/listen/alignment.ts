/**
 * How well one clip fits a recording from a given sample on: followed to its end, through lost packets and the small
 * jumps of a jitter buffer, up to where the caller cut it short.
 */

/** 25 ms. */
const chunkSamples = 200
/** A jitter buffer gains or loses whole packets' time: at most 60 ms at once, in steps of 10 ms. */
const jumpsSamples = [-480, -400, -320, -240, -160, -80, 80, 160, 240, 320, 400, 480]
/** What a buffer left out fits nowhere: the clip goes on up to 60 ms later. */
const jumpTries = 4
/** After 400 ms that do not fit, the caller has cut the clip short or it was another one. */
const misfitsAllowed = 16
/** What a chunk must reach to count as heard. */
const chunkFits = 0.6
/** Silence inside a clip proves nothing: chunks more than 25 dB below the clip's mean power are not judged. */
const audiblePart = 10 ** -2.5
/** A clip whose unheard rest is shorter than this was played to its end. */
const restIgnoredSamples = 800

export interface Alignment {
  /** Normalised correlation over what was heard of the clip, 0 … 1. */
  readonly score: number
  /** As `score`, over the whole clip, heard or not. */
  readonly wholeScore: number
  /** How much of the clip was heard, in samples from its beginning. */
  readonly heardSamples: number
  /** Energy of the recording over what was heard. */
  readonly heardEnergy: number
  readonly complete: boolean
  /** The recording's sample at which the heard part ends. */
  readonly endSample: number
}

interface Sums {
  dot: number
  recorded: number
  clip: number
}

/** Follows `clip` through `recording` from sample `start`. */
export function align(recording: Float32Array, clip: Float32Array, start: number): Alignment {
  const audible = (energyOf(clip, 0, clip.length) / clip.length) * audiblePart * chunkSamples
  const all: Sums = { dot: 0, recorded: 0, clip: 0 }
  let heard = { ...all }
  let heardSamples = 0
  let lastAudible = 0
  let shift = start
  let heardEnd = start
  let misfits = 0
  for (let from = 0; from < clip.length; from += chunkSamples) {
    const to = Math.min(clip.length, from + chunkSamples)
    let sums = sumsAt(recording, clip, from, to, shift)
    const judged = sums.clip > audible
    if (judged) {
      lastAudible = to
      if (correlation(sums) >= chunkFits) misfits = 0
      else if (++misfits <= jumpTries && from > 0) {
        const moved = jump(recording, clip, from, shift)
        if (moved !== undefined) {
          shift = moved
          sums = sumsAt(recording, clip, from, to, shift)
        }
      }
    }
    all.dot += sums.dot
    all.recorded += sums.recorded
    all.clip += sums.clip
    if (judged && correlation(sums) >= chunkFits) {
      heard = { ...all }
      heardSamples = to
      heardEnd = shift + to
    }
    if (misfits > misfitsAllowed) {
      lastAudible = clip.length
      all.clip += energyOf(clip, to, clip.length)
      break
    }
  }
  const complete = lastAudible - heardSamples <= restIgnoredSamples
  return {
    score: correlation(heard),
    wholeScore: correlation(all),
    heardSamples: complete ? clip.length : heardSamples,
    heardEnergy: heard.recorded,
    complete,
    endSample: complete ? shift + clip.length : heardEnd,
  }
}

/** Correlation of the first `length` samples, as they lie at `start`, without following any jump. */
export function correlationUpTo(recording: Float32Array, clip: Float32Array, start: number, length: number): number {
  const sums = sumsAt(recording, clip, 0, Math.min(length, clip.length), start)
  // A clip that ends before the stretch does explains nothing of the rest.
  if (length > clip.length) sums.recorded += energyOf(recording, start + clip.length, start + length)
  return correlation(sums)
}

function sumsAt(recording: Float32Array, clip: Float32Array, from: number, to: number, shift: number): Sums {
  const sums: Sums = { dot: 0, recorded: 0, clip: 0 }
  // Nothing was heard before the recording or after it.
  const [first, last] = [Math.min(to, Math.max(from, -shift)), Math.max(from, Math.min(to, recording.length - shift))]
  for (let at = from; at < to; at++) sums.clip += (clip[at] as number) ** 2
  for (let at = first; at < last; at++) {
    const heard = recording[shift + at] as number
    sums.dot += heard * (clip[at] as number)
    sums.recorded += heard * heard
  }
  return sums
}

function correlation({ dot, recorded, clip }: Sums): number {
  return recorded > 0 && clip > 0 ? Math.max(0, dot / Math.sqrt(recorded * clip)) : 0
}

/** Where the clip goes on, if the recording gained or lost a few packets' time here: judged over the next 200 ms. */
function jump(recording: Float32Array, clip: Float32Array, from: number, shift: number): number | undefined {
  const to = Math.min(clip.length, from + 1600)
  if (to - from < 2 * chunkSamples) return undefined
  let best = { score: 0.85, shift: undefined as number | undefined }
  for (const moved of jumpsSamples.map(by => shift + by)) {
    const score = correlation(sumsAt(recording, clip, from, to, moved))
    if (score > best.score) best = { score, shift: moved }
  }
  return best.shift
}

function energyOf(samples: Float32Array, from: number, to: number): number {
  return samples.subarray(Math.max(0, from), Math.max(0, to)).reduce((sum, sample) => sum + sample * sample, 0)
}
