/**
 * Frames of push-button digits: for lines that carry nothing else (a mobile leg, a phone that sends telephone-events).
 *
 * A frame is one code word and nothing around it: the payload, its CRC-32 and check bytes (`reed-solomon.ts`), two digits a byte, high half first. No
 * digit is more important than another, so that a line may swallow any, the first and the last as well; `alignment.ts` finds out which. A frame
 * begins after a pause and is read with its last digit, or, where that is lost, when it has become quiet.
 */
import { crc32 } from '../coded/crc.ts'
import { endingHere, type FrameLine, type Guess, type HeardDigit, likeliestFirst, MISSING } from './alignment.ts'
import { checkBytes, correct } from './reed-solomon.ts'

const DIGITS = '0123456789*#ABCD'
const CRC_BYTES = 4
const CHECK_BYTES = 14
/** The longest payload, in bytes: 16 s of digits at 70 ms each. */
export const MOST_DIGIT_PAYLOAD = 96
/** Without a digit for so long, a frame has ended: call `finish`. */
export const QUIET_MS = 1000
/** From the last digit of a frame to the first of the same end's next: a receiver that hears no end in the digits hears it in the pause. */
export const FRAMES_APART_MS = QUIET_MS + 200

const LENGTH = { least: digitsFor(1), most: digitsFor(MOST_DIGIT_PAYLOAD) }
/** Foreign digits and doubled ones that are kept besides. */
const MOST_DIGITS = LENGTH.most + 16
/** So many digits in a row were a frame; fewer are somebody's keys. */
const LEAST_GARBLED = LENGTH.least - 8

function digitsFor(payloadBytes: number): number {
  return 2 * (payloadBytes + CRC_BYTES + CHECK_BYTES)
}

/** The digits that carry `payload`. Throws RangeError for an empty or too long one. */
export function digitFrame(payload: Uint8Array): string {
  if (payload.length === 0 || payload.length > MOST_DIGIT_PAYLOAD)
    throw new RangeError(`digit frame of ${payload.length} bytes`)
  const content = new Uint8Array(payload.length + CRC_BYTES)
  content.set(payload)
  new DataView(content.buffer).setUint32(payload.length, crc32(payload))
  const word = [...content, ...checkBytes(content, CHECK_BYTES)]
  return word.map(byte => DIGITS[byte >> 4]! + DIGITS[byte & 15]!).join('')
}

export type DigitFrameResult =
  | { readonly outcome: 'nothing' }
  /** `missing`: digits that the line had swallowed. */
  | { readonly outcome: 'frame'; readonly payload: Uint8Array; readonly missing: number }
  /** There were as many digits as a frame has, but they could not be put right. */
  | { readonly outcome: 'garbled' }

const NOTHING: DigitFrameResult = { outcome: 'nothing' }
const GARBLED: DigitFrameResult = { outcome: 'garbled' }

/** So many guesses are tried in one piece: 1 ms, and 5 on a machine that has little of it. All of a burst that is no frame are some 2,000. */
export const GUESSES_AT_ONCE = 24

/**
 * Takes digits as they are heard, from audio or from telephone-events, and tells of each frame that ends. One that is not right at its last digit
 * takes a search, when it has become quiet: `finish` does all of it; `quiet`, and then `goOn`, a piece at a time, for who has to talk meanwhile.
 */
export class DigitFrameReader {
  /** Guesses that the last call tried. */
  tried = 0
  private heard: HeardDigit[] = []
  /** At what was heard before the last silence: those that are still to be tried. */
  private guesses: Iterator<Guess> | undefined

  /** What was heard before a silence is still looked at: call `goOn`. */
  get isSearching(): boolean {
    return this.guesses !== undefined
  }

  /** `atMs` is the time at which the digit began; only differences count. */
  push(digit: string, atMs: number): DigitFrameResult {
    this.tried = 0
    const value = DIGITS.indexOf(digit)
    if (value < 0) return NOTHING
    const last = this.heard.at(-1)
    if (last !== undefined && atMs - last.atMs > QUIET_MS) this.search()
    const before = this.someGuesses()
    this.heard.push({ value, atMs })
    if (this.heard.length > MOST_DIGITS) return this.end(GARBLED)
    const read = this.firstRight(endingHere(this.heard, LENGTH))
    return read === undefined ? before : this.end(read)
  }

  /** It has become quiet, for `QUIET_MS` at least: tells of the frame that was under way, if there was one. Nothing of it is kept. */
  finish(): DigitFrameResult {
    const before = this.searched(NOTHING)
    const last = this.searched(this.quiet())
    return last.outcome === 'frame' || before.outcome === 'nothing' ? last : before
  }

  /** As `finish`, but for the search: of that it does the first piece. */
  quiet(): DigitFrameResult {
    this.tried = 0
    this.search()
    return this.someGuesses()
  }

  /** The next piece of a search. */
  goOn(): DigitFrameResult {
    this.tried = 0
    return this.someGuesses()
  }

  private search(): void {
    const { heard } = this
    this.heard = []
    if (heard.length >= LEAST_GARBLED) this.guesses = likeliestFirst(heard, LENGTH)
  }

  private searched(first: DigitFrameResult): DigitFrameResult {
    let result = first
    while (this.isSearching) result = this.goOn()
    return result
  }

  private someGuesses(): DigitFrameResult {
    const { guesses } = this
    if (guesses === undefined) return NOTHING
    for (let left = GUESSES_AT_ONCE; left > 0; left--) {
      const next = guesses.next()
      const read = next.done === true ? GARBLED : this.tryOut(next.value)
      if (read === undefined) continue
      this.guesses = undefined
      return read
    }
    return NOTHING
  }

  private firstRight(guesses: Iterable<Guess>): DigitFrameResult | undefined {
    for (const guess of guesses) {
      const read = this.tryOut(guess)
      if (read !== undefined) return read
    }
    return undefined
  }

  private tryOut(guess: Guess): DigitFrameResult | undefined {
    this.tried++
    return guess && decode(guess)
  }

  private end(result: DigitFrameResult): DigitFrameResult {
    this.heard = []
    return result
  }
}

function decode(line: FrameLine): DigitFrameResult | undefined {
  const word = new Uint8Array(line.length / 2)
  const missing: number[] = []
  for (let i = 0; i < word.length; i++) {
    const [high, low] = [line[2 * i]!, line[2 * i + 1]!]
    if (high === MISSING || low === MISSING) missing.push(i)
    else word[i] = (high << 4) | low
  }
  if (!correct(word, missing, CHECK_BYTES)) return undefined
  const payload = word.slice(0, -CHECK_BYTES - CRC_BYTES)
  const crc = new DataView(word.buffer).getUint32(payload.length)
  if (crc !== crc32(payload)) return undefined
  return { outcome: 'frame', payload, missing: line.filter(digit => digit === MISSING).length }
}
