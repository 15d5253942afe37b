/** A message into a sound file and out of one: what `tonebank modem send|receive` does, but for the files themselves. */

import { frameBits, MOST_PAYLOAD } from '../coded/frame.ts'
import type { FrameQuality } from '../coded/frame-decoder.ts'
import { DigitDetector } from '../dtmf/detector.ts'
import { DigitFrameReader, digitFrame, MOST_DIGIT_PAYLOAD } from '../dtmf/frame.ts'
import { digitSamples } from '../dtmf/tones.ts'
import { LINE_MODES, type LineMode, type ModeName } from '../line/modes.ts'
import { modulate } from '../line/modulator.ts'
import { HDLC_PAYLOAD, hdlcBits } from '../plain/hdlc.ts'
import { type ModemEvent, Receiver } from '../receiver.ts'
import { plotSignal } from './plot.ts'
import { readWav, writeWav } from './wav.ts'

export type FileMode = ModeName | 'dtmf'

export interface SoundFileOptions {
  readonly mode: FileMode
  /** As plain HDLC instead of a coded frame: other modems can read it. */
  readonly plain: boolean
}

const SILENCE_SAMPLES = 2400

/** A WAV file that says `message`. @throws RangeError, a sentence for a person, where its receiver could not read so few or so many bytes. */
export function modemSend(message: Uint8Array, { mode, plain }: SoundFileOptions): Uint8Array {
  const { what, least, most } = limits(mode, plain)
  if (message.length < least || message.length > most)
    throw new RangeError(`${what} carries ${least} to ${most} bytes; this message has ${message.length}.`)
  const signal =
    mode === 'dtmf'
      ? digitSamples(digitFrame(message))
      : modulate(lineBits(message, plain, LINE_MODES[mode]), LINE_MODES[mode])
  const samples = new Float32Array(signal.length + 2 * SILENCE_SAMPLES)
  samples.set(signal, SILENCE_SAMPLES)
  return writeWav(samples)
}

function limits(mode: FileMode, plain: boolean): { what: string; least: number; most: number } {
  if (mode === 'dtmf') return { what: 'A frame of push-button digits', least: 1, most: MOST_DIGIT_PAYLOAD }
  return plain ? { what: 'A plain frame', ...HDLC_PAYLOAD } : { what: 'A coded frame', least: 1, most: MOST_PAYLOAD }
}

function lineBits(message: Uint8Array, plain: boolean, mode: LineMode): Uint8Array {
  return plain ? hdlcBits(message) : frameBits({ type: 0, sequence: 0, keyId: 0, payload: message }, mode)
}

export interface ReceivedMessage {
  readonly mode: FileMode
  readonly payload: Uint8Array
  readonly esN0Db: number
  /** How well it was heard, in a line for a person. */
  readonly quality: string
}

export type ReceiveResult =
  | {
      readonly outcome: 'listened'
      readonly messages: readonly ReceivedMessage[]
      /** Frames that were recognised but could not be read, a line for each. */
      readonly garbled: readonly string[]
      readonly plot: string
    }
  | { readonly outcome: 'unusable'; readonly why: string }

/** Listens to a WAV file in the modes named. */
export function modemReceive(wav: Uint8Array, modes: readonly FileMode[]): ReceiveResult {
  const read = readWav(wav)
  if (read.outcome === 'unusable') return read
  const { samples } = read
  const messages: ReceivedMessage[] = []
  const garbled: string[] = []
  const all: ModemEvent[] = []
  for (const mode of modes) {
    if (mode === 'dtmf') {
      messages.push(...digitMessages(samples))
      continue
    }
    const receiver = new Receiver(LINE_MODES[mode])
    const events = [...receiver.push(samples), ...receiver.finish()]
    all.push(...(events.some(event => event.kind !== 'carrier') ? events : []))
    for (const event of events) {
      if (event.kind === 'frame')
        messages.push({
          mode,
          payload: event.frame.payload,
          esN0Db: event.quality.esN0Db,
          quality: inWords(event.quality),
        })
      if (event.kind === 'plain')
        messages.push({
          mode,
          payload: event.payload,
          esN0Db: event.esN0Db,
          quality: `plain, Es/N0 ${event.esN0Db.toFixed(1)} dB, by ${event.by}`,
        })
      if (event.kind === 'garbled') garbled.push(`${mode}: ${inWords(event.quality)}`)
    }
  }
  return { outcome: 'listened', messages: clearest(messages), garbled, plot: plotSignal({ samples, events: all }) }
}

/** V.23 and Bell 202 are near enough to hear each other; the mode that it was sent in hears it best. */
function clearest(messages: readonly ReceivedMessage[]): ReceivedMessage[] {
  return messages.filter(one => {
    const same = messages.filter(other => other.payload.join() === one.payload.join())
    return one.esN0Db === Math.max(...same.map(other => other.esN0Db))
  })
}

function digitMessages(samples: Float32Array): ReceivedMessage[] {
  const detector = new DigitDetector()
  const reader = new DigitFrameReader()
  const messages: ReceivedMessage[] = []
  const digits = [...detector.push(samples), ...detector.finish()]
  for (const result of [...digits.map(({ digit, from }) => reader.push(digit, from / 8)), reader.finish()]) {
    if (result.outcome === 'frame')
      messages.push({
        mode: 'dtmf',
        payload: result.payload,
        esN0Db: Number.POSITIVE_INFINITY,
        quality: `${result.missing} digits missing`,
      })
  }
  return messages
}

function inWords(quality: FrameQuality): string {
  const { esN0Db, offsetHz, clockPpm, correctedBits, channelBits, rounds, slips } = quality
  return [
    `Es/N0 ${esN0Db.toFixed(1)} dB`,
    `offset ${offsetHz.toFixed(1)} Hz`,
    `clock ${clockPpm.toFixed(0)} ppm`,
    `${correctedBits} of ${channelBits} bits corrected`,
    `${rounds} round${rounds === 1 ? '' : 's'}`,
    ...(slips === 0 ? [] : [`${slips} packets cut out`]),
  ].join(', ')
}
