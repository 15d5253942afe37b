/** Sound files as the modem wants them: one channel, 8 kHz. Reads 16-bit PCM, A-law and µ-law, also where the header is of the extensible kind; writes 16-bit PCM. Bytes in, bytes out. */
import { aLaw, muLaw } from '../../g711.ts'
import { SAMPLE_RATE } from '../line/modes.ts'

const HEADER_BYTES = 44
const PCM = 1
const A_LAW = 6
const MU_LAW = 7
/** The format is said further on, as the beginning of a GUID (WAVEFORMATEXTENSIBLE). */
const EXTENSIBLE = 0xfffe
const EXTENSIBLE_BYTES = 40
const SUB_FORMAT_AT = 24
/** The rest of the GUID of every format that has a number of its own. */
const SUB_FORMAT_TAIL = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113]

interface Format {
  readonly code: number
  readonly channels: number
  readonly rate: number
  readonly bits: number
}

export type WavResult =
  | { readonly outcome: 'read'; readonly samples: Float32Array }
  /** Not a sound file that can be used; `why` is a sentence for a person. */
  | { readonly outcome: 'unusable'; readonly why: string }

export function readWav(bytes: Uint8Array): WavResult {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tag = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4))
  if (bytes.length < HEADER_BYTES || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') return unusable('This is no WAV file.')
  let format: Format | undefined
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at + 4, true)
    const from = at + 8
    if (tag(at) === 'fmt ' && from + 16 <= bytes.length) format = formatOf(bytes.subarray(from, from + length))
    if (tag(at) === 'data') {
      if (format === undefined) return unusable('The file does not say what it holds before it holds it.')
      if (format.channels !== 1 || format.rate !== SAMPLE_RATE)
        return unusable(
          `The file has ${format.channels} channels at ${format.rate} Hz; the modem needs one at ${SAMPLE_RATE}.`,
        )
      const data = bytes.subarray(from, Math.min(bytes.length, from + length))
      if (format.code === PCM && format.bits === 16) return { outcome: 'read', samples: fromPcm(data) }
      if (format.code === A_LAW) return { outcome: 'read', samples: aLaw.decode(data) }
      if (format.code === MU_LAW) return { outcome: 'read', samples: muLaw.decode(data) }
      return unusable(
        `The file is coded in a way that the modem does not read (format ${format.code}, ${format.bits} bits).`,
      )
    }
    at = from + length + (length & 1)
  }
  return unusable('The file holds no sound.')
}

function formatOf(chunk: Uint8Array): Format {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  const code = view.getUint16(0, true)
  const isNumbered =
    chunk.length >= EXTENSIBLE_BYTES && SUB_FORMAT_TAIL.every((byte, i) => chunk[SUB_FORMAT_AT + 2 + i] === byte)
  return {
    code: code === EXTENSIBLE && isNumbered ? view.getUint16(SUB_FORMAT_AT, true) : code,
    channels: view.getUint16(2, true),
    rate: view.getUint32(4, true),
    bits: view.getUint16(14, true),
  }
}

export function writeWav(samples: Float32Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + samples.length * 2)
  const view = new DataView(bytes.buffer)
  const text = (at: number, value: string) => {
    for (let i = 0; i < value.length; i++) bytes[at + i] = value.charCodeAt(i)
  }
  text(0, 'RIFF')
  view.setUint32(4, bytes.length - 8, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, PCM, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, SAMPLE_RATE, true)
  view.setUint32(28, SAMPLE_RATE * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  text(36, 'data')
  view.setUint32(40, samples.length * 2, true)
  for (let n = 0; n < samples.length; n++)
    view.setInt16(HEADER_BYTES + 2 * n, Math.max(-32768, Math.min(32767, Math.round(samples[n]! * 32767))), true)
  return bytes
}

function fromPcm(data: Uint8Array): Float32Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  return Float32Array.from({ length: data.length >> 1 }, (_, n) => view.getInt16(2 * n, true) / 32768)
}

function unusable(why: string): WavResult {
  return { outcome: 'unusable', why }
}
