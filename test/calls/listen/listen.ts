/**
 * The listener: which clips a caller heard, and when, from the recording and the clips alone. It knows nothing of what
 * should have been said: at each place every clip competes, and the smallest lead of a winner tells how sure it was.
 */
import { align, correlationUpTo } from './alignment.ts'
import { type Candidate, type Finder, makeFinder, windowSamples } from './candidates.ts'
import type { ClipSet, KnownClip } from './clip-set.ts'

export type Heard = HeardClip | UnknownSound

export interface HeardClip {
  readonly kind: 'clip'
  readonly clip: KnownClip
  readonly startMs: number
  readonly endMs: number
  /** False when it was cut short, as by a key. */
  readonly complete: boolean
  /** Normalised correlation with the clip, 1 at best. */
  readonly score: number
  /** Its lead over the best clip that says something else. */
  readonly margin: number
  /** The clips that came nearest, best first. Any clip that is not among them scored less than the last one. */
  readonly rivals: readonly Rival[]
}

export interface Rival {
  readonly text: string
  readonly score: number
}

/** Something was heard that is no clip of the set. */
export interface UnknownSound {
  readonly kind: 'unknown'
  readonly startMs: number
  readonly endMs: number
}

/** Louder than -40 dBov, 18 dB below the clips' active level, in 10 ms: somebody speaks. */
const soundPower = 10 ** -4
const frameSamples = 80
/** A clip may begin this long before the first loud frame: soft consonants, or lost packets. */
const lookBackSamples = 1000
/** Candidates that are followed to their end. */
const followed = 12
const acceptedScore = 0.6
/** 5 % of lost packets cost a clip less than 0.05; what fits worse than this may be another clip's middle. */
const sureScore = 0.9
/** 120 ms: less is a tail or a click. */
const shortestSamples = 960

/** What was heard in `recording` (8 kHz, -1 … 1), in order. */
export function listen(recording: Float32Array, clips: ClipSet): Heard[] {
  const find = makeFinder(clips)
  const heard: Heard[] = []
  let at = 0
  let unknownFrom: number | undefined
  const endUnknown = (end: number) => {
    if (unknownFrom !== undefined && end - unknownFrom >= shortestSamples) {
      heard.push({ kind: 'unknown', startMs: ms(unknownFrom), endMs: ms(end) })
    }
    unknownFrom = undefined
  }
  for (;;) {
    const onset = nextSound(recording, at)
    if (onset === undefined) break
    if (onset - at > shortestSamples) endUnknown(at)
    const winner = recognise(recording, find, Math.max(at, onset - lookBackSamples))
    if (winner && !hidesSurer(recording, find, winner)) {
      endUnknown(winner.start)
      heard.push(winner.heard)
      at = winner.end
    } else {
      unknownFrom ??= onset
      at = onset + frameSamples * 8
    }
  }
  endUnknown(at)
  return heard
}

const ms = (samples: number): number => samples / 8

function nextSound(recording: Float32Array, from: number): number | undefined {
  for (let at = from; at + frameSamples <= recording.length; at += frameSamples) {
    let energy = 0
    for (let n = at; n < at + frameSamples; n++) energy += (recording[n] as number) ** 2
    if (energy > soundPower * frameSamples) return at
  }
  return undefined
}

interface Winner {
  readonly heard: HeardClip
  readonly start: number
  readonly end: number
}

/** The clip that explains most of what is heard from `from` on. */
function recognise(recording: Float32Array, find: Finder, from: number): Winner | undefined {
  const candidates = find(recording, from)
  const aligned = candidates
    .slice(0, followed)
    .map(candidate => ({ ...candidate, ...align(recording, candidate.clip.samples, candidate.start) }))
    .filter(each => each.score >= acceptedScore && each.heardSamples >= shortestSamples)
  // The one that explains more, if it explains it well: a long clip that fits here and there must not beat a short one
  // that fits (thirteen, six). Counted in energy, as silence explains nothing: Mandarin's jiao ends exactly like yao, and
  // a sentence that begins with it must not win by the pause before. What is complete wins over a longer clip that merely begins alike.
  const worth = (each: (typeof aligned)[number]) => each.heardEnergy * each.score ** 6 * (each.complete ? 1.3 : 1)
  const best = aligned.sort((a, b) => worth(b) - worth(a))[0]
  if (!best) return undefined
  const rivals = candidates
    .filter(({ clip }) => clip.text !== best.clip.text)
    .slice(0, followed)
    .map(each => ({ text: each.clip.text, score: rivalScore(recording, each, best) }))
    .sort((a, b) => b.score - a.score)
  return {
    heard: {
      kind: 'clip',
      clip: best.clip,
      startMs: ms(best.start),
      endMs: ms(best.endSample),
      complete: best.complete,
      score: best.score,
      margin: best.score - (rivals[0]?.score ?? 0),
      rivals,
    },
    start: best.start,
    end: best.endSample,
  }
}

/**
 * Whether a doubtful winner lies over the beginning of a clip that is heard whole and well: the rest of a sentence that was
 * cut short fits the middle of another at up to 0.8, and would swallow the one that follows.
 */
function hidesSurer(recording: Float32Array, find: Finder, doubtful: Winner): boolean {
  if (doubtful.heard.score >= sureScore) return false
  for (let from = doubtful.start + 8 * frameSamples; from < doubtful.end; from += windowSamples) {
    const other = recognise(recording, find, from)
    if (other?.heard.complete && other.heard.score >= sureScore && other.start < doubtful.end) return true
  }
  return false
}

/** How well another clip explains what the winner explains: all of it, or as far as the winner was played. */
function rivalScore(
  recording: Float32Array,
  { clip, start }: Candidate,
  winner: { complete: boolean; start: number; endSample: number },
): number {
  const asFar = correlationUpTo(recording, clip.samples, start, winner.endSample - start)
  return winner.complete ? Math.min(asFar, align(recording, clip.samples, start).wholeScore) : asFar
}

/** The finder's window must reach past the look-back, or a clip that starts on time would be missed. */
if (windowSamples <= lookBackSamples) throw new Error('the window is too short')
