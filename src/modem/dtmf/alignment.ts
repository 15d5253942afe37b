/**
 * Where in a frame the digits lie that were heard: a line may swallow digits, make one of two or two of one, and clip both ends.
 *
 * The rhythm tells most of it: a digit that is missing leaves a hole of a beat. Deleted packets make holes shorter, so a hole that is nearly two beats is
 * taken for two, and where it could be either, both are tried. Times that a busy machine gives in heaps tell nothing; then digits are counted
 * instead, and a stretch in which one must have come or gone is given up for the code to fill. All of these are guesses, likeliest first: a checksum
 * says which was right.
 */

export interface HeardDigit {
  /** 0…15. */
  readonly value: number
  /** When it began; only differences count. */
  readonly atMs: number
}

/** A frame's digits in order, each 0…15; `MISSING` for one that was not heard. */
export type FrameLine = Int8Array
/** Where digits may lie; undefined where no frame is as long as that. It was looked at, and counts as work. */
export type Guess = FrameLine | undefined

export const MISSING = -1

/** What is known of a frame's length, in digits, which are always even. */
export interface FrameLength {
  readonly least: number
  readonly most: number
}

/** Beats faster than any sender's are no beats: the times say nothing. */
const FASTEST_BEAT_MS = 40
/** A hole that is short of so many beats by less than this counts for so many: 20 ms packets deleted from it, two of a beat of 70 ms. */
const SHORT_OF_BEAT = 0.62
/** A longer hole is the end of a frame, or the beginning. */
const MOST_BEATS = 12
/** Digits clipped (or, if negative, foreign ones to be left out) at an end. */
const CLIPPED = [0, 1, 2, -1, -2, 3]
const LIKELY_CLIPPED = [0, 1]
/** How many holes are looked at in a second way, and how far from it they may be: three packets deleted, or a digit that nobody sent. */
const MOST_DOUBTS = 12
const DOUBTFUL_BEATS = { more: 0.9, fewer: 0.45 }
/** Digits that are given up where one came or went without a trace: one place for one, two places for two. */
const GIVEN_UP = { one: 22, two: 9 }

/** Guesses at a frame whose last digit was the last one heard. */
export function* endingHere(heard: readonly HeardDigit[], length: FrameLength): Generator<Guess> {
  for (const places of bothWays(heard))
    for (const clipped of CLIPPED) yield* clippedTo(heard, places, clipped, 0, length)
}

/** All guesses at a frame after which it has become quiet. */
export function* likeliestFirst(heard: readonly HeardDigit[], length: FrameLength): Generator<Guess> {
  const rhythm = inRhythm(heard)
  const ends = CLIPPED.flatMap(before => CLIPPED.map(after => ({ before, after })))
  ends.sort((a, b) => Math.abs(a.before) + Math.abs(a.after) - Math.abs(b.before) - Math.abs(b.after))
  for (const { before, after } of ends) yield* clippedTo(heard, rhythm, before, after, length)
  for (const places of inDoubt(heard))
    for (const before of LIKELY_CLIPPED)
      for (const after of LIKELY_CLIPPED) yield* clippedTo(heard, places, before, after, length)
  for (const places of bothWays(heard)) yield* withoutTrace(heard, places, length)
}

/** Counted, and by rhythm if that is not the same. */
function bothWays(heard: readonly HeardDigit[]): number[][] {
  const [count, rhythm] = [counted(heard), inRhythm(heard)]
  return count.every((place, i) => place === rhythm[i]) ? [count] : [count, rhythm]
}

/** One place after the other. */
function counted(heard: readonly HeardDigit[]): number[] {
  return heard.map((_, i) => i)
}

/** Beats between each digit and the one before, of a beat that is the median; undefined where the times are none. */
function beatsOf(heard: readonly HeardDigit[]): number[] | undefined {
  const intervals = heard.slice(1).map(({ atMs }, i) => atMs - heard[i]!.atMs)
  const beat = [...intervals].sort((a, b) => a - b)[intervals.length >> 1]
  return beat === undefined || beat < FASTEST_BEAT_MS ? undefined : intervals.map(interval => interval / beat)
}

function stepOf(beats: number): number {
  return Math.min(MOST_BEATS, Math.floor(beats + SHORT_OF_BEAT))
}

function inRhythm(heard: readonly HeardDigit[]): number[] {
  return summed(beatsOf(heard)?.map(stepOf) ?? heard.slice(1).map(() => 1))
}

function summed(steps: readonly number[]): number[] {
  let place = 0
  return [0, ...steps.map(step => (place += step))]
}

/** The rhythm with one or two of its most doubtful holes taken for a beat more, or less. */
function* inDoubt(heard: readonly HeardDigit[]): Generator<number[]> {
  const beats = beatsOf(heard)
  if (beats === undefined) return
  const steps = beats.map(stepOf)
  const doubts = steps
    .flatMap((step, at) => [
      { at, other: step + 1, off: (step + 1 - beats[at]!) / DOUBTFUL_BEATS.more },
      { at, other: step - 1, off: (beats[at]! - step + 1) / DOUBTFUL_BEATS.fewer },
    ])
    .filter(({ off }) => off < 1)
    .sort((a, b) => a.off - b.off)
    .slice(0, MOST_DOUBTS)
  const changed = (...changes: typeof doubts) => {
    const others = [...steps]
    for (const { at, other } of changes) others[at] = other
    return summed(others)
  }
  for (const doubt of doubts) yield changed(doubt)
  for (const [i, doubt] of doubts.entries()) for (const other of doubts.slice(i + 1)) yield changed(doubt, other)
}

/** One or two digits more or fewer than there are places, nobody knows where: a stretch is given up at each place in turn. */
function* withoutTrace(heard: readonly HeardDigit[], places: readonly number[], length: FrameLength): Generator<Guess> {
  const end = places.at(-1)! + 1
  for (const by of [1, -1]) {
    for (let at = 0; at < end; at += GIVEN_UP.one - 1)
      yield* laid(heard, givenUp(places, [at], GIVEN_UP.one, by), end + by, length)
    for (let first = 0; first < end; first += GIVEN_UP.two - 1)
      for (let second = first + GIVEN_UP.two; second < end; second += GIVEN_UP.two - 1)
        yield* laid(heard, givenUp(places, [first, second], GIVEN_UP.two, by), end + 2 * by, length)
  }
}

/** Nothing is known of what lies within `width` of the beginning of a stretch; what comes after it is `by` places off. */
function givenUp(places: readonly number[], stretches: readonly number[], width: number, by: number) {
  return places.map(place => {
    if (stretches.some(from => place >= from && place < from + width)) return undefined
    return place + by * stretches.filter(from => place >= from).length
  })
}

function clippedTo(
  heard: readonly HeardDigit[],
  places: readonly number[],
  before: number,
  after: number,
  length: FrameLength,
): Generator<Guess> {
  const moved = places.map(place => place + before)
  return laid(heard, moved, moved.at(-1)! + 1 + after, length)
}

/**
 * The line of `digits` with each one that was heard in its place (undefined or beyond an end: left out). Of two in one place the later one
 * counts: mostly it is the same once more. Undefined if no frame is as long.
 */
function* laid(
  heard: readonly HeardDigit[],
  places: readonly (number | undefined)[],
  digits: number,
  { least, most }: FrameLength,
): Generator<Guess> {
  if (digits % 2 !== 0 || digits < least || digits > most) {
    yield undefined
    return
  }
  const line = new Int8Array(digits).fill(MISSING)
  heard.forEach(({ value }, i) => {
    const place = places[i]
    if (place === undefined || place < 0 || place >= digits) return
    line[place] = value
  })
  yield line
}
