/**
 * Frames of push-button digits: for lines that carry nothing else (a mobile leg, a phone that sends telephone-events).
 *
 *     A*D#  code words, their digits interleaved  #D*A
 *
 * Bytes become two digits each, high half first, with a CRC-32; the digits are shared out to code words of 15 (`reed-solomon.ts`), which are sent
 * in turn, so that neighbours that are lost together hit different words. How many words there are follows from the number of digits between the
 * two patterns. A digit that the line swallowed shows as a hole in the rhythm of the others and becomes an erasure.
 */
import { crc32 } from '../coded/crc.ts'
import { addCheckDigits, CHECK_DIGITS, correct, DATA_DIGITS } from './reed-solomon.ts'

const DIGITS = '0123456789*#ABCD'
const START = 'A*D#'
const STOP = '#D*A'
const CRC_BYTES = 4
/** The longest payload, in bytes: 22 s of digits. */
export const MOST_DIGIT_PAYLOAD = 96
/** How many digits of a pattern may be wrong. */
const PATTERN_ERRORS = 1
/** Digits between the patterns beyond which there is no frame. */
const MOST_DIGITS = 320

/** Digits that the check digits of all code words add to `data` digits. */
function lineDigits(data: number): number {
  return data + CHECK_DIGITS * Math.ceil(data / DATA_DIGITS)
}

/** The digits that carry `payload`. Throws RangeError for an empty or too long one. */
export function digitFrame(payload: Uint8Array): string {
  if (payload.length === 0 || payload.length > MOST_DIGIT_PAYLOAD)
    throw new RangeError(`digit frame of ${payload.length} bytes`)
  const content = new Uint8Array(payload.length + CRC_BYTES)
  content.set(payload)
  new DataView(content.buffer).setUint32(payload.length, crc32(payload))
  const data = Array.from(content).flatMap(byte => [byte >> 4, byte & 15])
  const words = share(data).map(addCheckDigits)
  const line = deal(words.map(word => word.length)).map(([word, at]) => words[word]![at]!)
  return START + line.map(digit => DIGITS[digit]).join('') + STOP
}

/** Data digits in turn to as many words as are needed, so that their lengths differ by one at most. */
function share(data: readonly number[]): number[][] {
  const words = Array.from({ length: Math.ceil(data.length / DATA_DIGITS) }, (): number[] => [])
  data.forEach((digit, i) => {
    words[i % words.length]!.push(digit)
  })
  return words
}

/** Order of sending for words of these lengths: each word's first digit, each word's second, … */
function deal(lengths: readonly number[]): [word: number, at: number][] {
  const longest = Math.max(...lengths)
  return Array.from({ length: longest }, (_, at) => at).flatMap(at =>
    lengths.flatMap((length, word): [number, number][] => (at < length ? [[word, at]] : [])),
  )
}

export type DigitFrameResult =
  | { readonly outcome: 'nothing' }
  | { readonly outcome: 'frame'; readonly payload: Uint8Array; readonly missing: number }
  /** Both patterns were there, but what lies between could not be put right. */
  | { readonly outcome: 'garbled' }

const NOTHING: DigitFrameResult = { outcome: 'nothing' }

/** Takes digits as they are heard, from audio or from telephone-events, and tells of each frame that ends. */
export class DigitFrameReader {
  /** Digit values since the start pattern and their times. */
  private digits: number[] = []
  private times: number[] = []
  private open = false

  /** `atMs` is the time at which the digit began; only differences count. */
  push(digit: string, atMs: number): DigitFrameResult {
    const value = DIGITS.indexOf(digit)
    if (value < 0) return NOTHING
    this.digits.push(value)
    this.times.push(atMs)
    if (!this.open) {
      if (this.digits.length > START.length) this.forget(1)
      if (!this.endsWith(START)) return NOTHING
      this.open = true
      this.forget(this.digits.length - 1)
      return NOTHING
    }
    if (this.digits.length > MOST_DIGITS) this.close()
    if (this.digits.length <= STOP.length || !this.endsWith(STOP)) return NOTHING
    const payload = this.read()
    // Data may look like a stop pattern with one wrong digit: only the true one ends a frame that cannot be read.
    if (payload === undefined && !this.endsWith(STOP, 0)) return NOTHING
    this.close()
    return payload ?? { outcome: 'garbled' }
  }

  private forget(count: number): void {
    this.digits.splice(0, count)
    this.times.splice(0, count)
  }

  private close(): void {
    this.open = false
    this.digits = []
    this.times = []
  }

  private endsWith(pattern: string, mostErrors = PATTERN_ERRORS): boolean {
    if (this.digits.length < pattern.length) return false
    const tail = this.digits.slice(-pattern.length)
    return tail.filter((value, i) => DIGITS[value] !== pattern[i]).length <= mostErrors
  }

  /** Digits between the patterns; the first one kept is the start pattern's last, as the beat to count from. */
  private read(): DigitFrameResult | undefined {
    const heard = this.digits.slice(1, -STOP.length)
    return decode(heard) ?? decode(this.inRhythm())
  }

  /** The same with −1 where the rhythm says that a digit is missing. */
  private inRhythm(): number[] {
    const intervals = this.times.slice(1).map((time, i) => time - this.times[i]!)
    const beat = [...intervals].sort((a, b) => a - b)[Math.floor(intervals.length / 2)]!
    const placed: number[] = []
    for (let i = 1; i < this.digits.length; i++) {
      const beats = Math.min(8, Math.round(intervals[i - 1]! / beat))
      for (let hole = 1; hole < beats; hole++) placed.push(-1)
      placed.push(this.digits[i]!)
    }
    return placed.slice(0, -STOP.length)
  }
}

function decode(line: readonly number[]): DigitFrameResult | undefined {
  let data = 2 * (CRC_BYTES + 1)
  while (lineDigits(data) < line.length) data += 2
  if (lineDigits(data) !== line.length) return undefined
  const words = share(new Array<number>(data).fill(0)).map(word => [
    ...word,
    ...new Array<number>(CHECK_DIGITS).fill(0),
  ])
  deal(words.map(word => word.length)).forEach(([word, at], i) => {
    words[word]![at] = line[i]!
  })
  const right = words.map(correct)
  const content = new Uint8Array(data / 2)
  for (let i = 0; i < data; i++) {
    const word = right[i % words.length]
    if (word === undefined) return undefined
    content[i >> 1]! |= word[Math.floor(i / words.length)]! << (i & 1 ? 0 : 4)
  }
  const payload = content.slice(0, -CRC_BYTES)
  if (new DataView(content.buffer).getUint32(payload.length) !== crc32(payload)) return undefined
  return { outcome: 'frame', payload, missing: line.filter(digit => digit < 0).length }
}
