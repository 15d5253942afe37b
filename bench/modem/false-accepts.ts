/** What must never happen: a frame read where none was sent. */
import { bitsOf } from '../../src/modem/coded/bits.ts'
import { ConvolutionalDecoder, codedLength } from '../../src/modem/coded/convolutional.ts'
import { headerBytes, parseBody, parseHeader } from '../../src/modem/coded/frame.ts'
import { LINE_MODES } from '../../src/modem/line/modes.ts'
import { modulate } from '../../src/modem/line/modulator.ts'
import { Receiver } from '../../src/modem/receiver.ts'
import { type Random, seeded } from '../../test/simulation/modem/line/random.ts'
import { payloadOf } from '../../test/simulation/modem/line/trial.ts'
import { MODES } from './lines.ts'

/** Shortest body: fewest bits beside the checksum, so most chances. */
const PAYLOAD_BYTES = 6
const MINUTE_SAMPLES = 480_000

/** Bodies accepted among `count` decodings of random soft bits, with opening and header taken for granted. */
export function acceptedBodies(count: number, say: (line: string) => void): number {
  const random = seeded(1000)
  const header = parseHeader(headerBytes({ type: 1, sequence: 1, keyId: 1 }, PAYLOAD_BYTES))
  if (header === undefined) throw new Error('a header of our own making must be read')
  const bits = new Uint8Array(header.bodyBytes * 8)
  const decoder = new ConvolutionalDecoder(bits.length)
  const soft = new Float64Array(codedLength(bits.length))
  const extrinsic = new Float64Array(soft.length)
  const bytes = new Uint8Array(header.bodyBytes)
  let accepted = 0
  for (let i = 1; i <= count; i++) {
    for (let k = 0; k < soft.length; k++) soft[k] = 3 * random.gauss()
    decoder.decode(soft, bits, extrinsic)
    bytes.fill(0)
    for (let k = 0; k < bits.length; k++) bytes[k >> 3]! |= bits[k]! << (k & 7)
    if (parseBody(header, bytes) !== undefined) accepted++
    if (i % (count / 4) === 0) say(`random soft bits: ${accepted} of ${i} accepted`)
  }
  return accepted
}

/** Frames, coded or plain, accepted in `minutes` of audio: noise and random data in turn, minute by minute, shared among the modes. */
export function acceptedFrames(minutes: number, say: (line: string) => void): number {
  const random = seeded(1001)
  let accepted = 0
  for (const name of MODES) {
    const mode = LINE_MODES[name]
    const receiver = new Receiver(mode)
    const share = minutes / MODES.length
    for (let minute = 0; minute < share; minute++) {
      const samples =
        minute % 2 === 0 ? noiseOf(MINUTE_SAMPLES, random) : modulate(bitsOf(random.bytes((mode.baud * 60) / 8)), mode)
      accepted += receiver.push(samples).filter(event => payloadOf(event) !== undefined).length
      if ((minute + 1) % 60 === 0)
        say(`${name}: ${accepted} accepted so far, after ${(minute + 1) / 60} h in this mode`)
    }
  }
  return accepted
}

function noiseOf(samples: number, random: Random): Float32Array {
  return Float32Array.from({ length: samples }, () => 0.1 * random.gauss())
}
