/** The sixteen push-button digits and their tones (ITU-T Q.23), made into a signal. */

import { SAMPLE_RATE } from '../line/modes.ts'
import { amplitudeOf } from '../line/modulator.ts'

export const ROW_HZ = [697, 770, 852, 941] as const
export const COLUMN_HZ = [1209, 1336, 1477, 1633] as const

const KEYPAD = ['1', '2', '3', 'A', '4', '5', '6', 'B', '7', '8', '9', 'C', '*', '0', '#', 'D'] as const

export type Digit = (typeof KEYPAD)[number]

/** The digit in row and column 0…3. */
export function digitAt(row: number, column: number): Digit {
  return KEYPAD[4 * row + column]!
}

export interface DigitShape {
  readonly toneMs?: number
  readonly pauseMs?: number
  /** Power of each of the two tones, in dBm0. */
  readonly levelDbm0?: number
  /** How much stronger the column tone is than the row tone, in dB. */
  readonly twistDb?: number
  /** Both tones this much too high, as a fraction. */
  readonly detune?: number
}

/** Digits as samples in −1…1 at 8 kHz, a pause after each. Throws RangeError for what is not a digit. */
export function digitSamples(digits: string, shape: DigitShape = {}): Float32Array {
  const { toneMs = 45, pauseMs = 45, levelDbm0 = -9, twistDb = 0, detune = 0 } = shape
  const tone = Math.round((toneMs * SAMPLE_RATE) / 1000)
  const period = tone + Math.round((pauseMs * SAMPLE_RATE) / 1000)
  const rowPeak = amplitudeOf(levelDbm0 - twistDb / 2)
  const columnPeak = amplitudeOf(levelDbm0 + twistDb / 2)
  const samples = new Float32Array(digits.length * period)
  for (let i = 0; i < digits.length; i++) {
    const key = KEYPAD.indexOf(digits[i] as Digit)
    if (key < 0) throw new RangeError(`not a push-button digit: ${digits[i]}`)
    const row = (2 * Math.PI * ROW_HZ[key >> 2]! * (1 + detune)) / SAMPLE_RATE
    const column = (2 * Math.PI * COLUMN_HZ[key & 3]! * (1 + detune)) / SAMPLE_RATE
    for (let n = 0; n < tone; n++)
      samples[i * period + n] = rowPeak * Math.sin(row * n) + columnPeak * Math.sin(column * n)
  }
  return samples
}
