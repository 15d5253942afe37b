/**
 * The frame as both ends understand it: what a header says and how a frame becomes line bits.
 *
 * Header, 40 bits, low bit first: version 3 · type 5 · sequence 8 · length class 5 · key id 8 · zero 3 · CRC-8. Body: one byte with the
 * length of the payload, the payload, zeros up to the length class (8 bytes a step), CRC-32 over the header and all of that. The length is in
 * coarse classes so that the receiver has few sizes to prepare for.
 */
import type { LineMode } from '../line/modes.ts'
import { bitsOf, concatBits } from './bits.ts'
import { encode } from './convolutional.ts'
import { crc8, crc32 } from './crc.ts'
import { HEADER_BYTES, HEADER_CODED, knownSymbols, leadIn, spread, symbolOf } from './frame-layout.ts'

const FRAME_VERSION = 2
const CLASS_BYTES = 8
const LENGTH_CLASSES = 32
const CRC_BYTES = 4
/** The longest payload, in bytes. */
export const MOST_PAYLOAD = LENGTH_CLASSES * CLASS_BYTES - 1

export interface FrameHeader {
  /** What the payload means, 0…31; the room above decides. */
  readonly type: number
  /** 0…255. A retransmission keeps it, so that the receiver can add up what it heard of each. */
  readonly sequence: number
  /** Which key the payload is protected with, 0…255. */
  readonly keyId: number
}

export interface Frame extends FrameHeader {
  readonly payload: Uint8Array
}

export interface ReceivedHeader extends FrameHeader {
  /** Bytes of the body with its CRC. */
  readonly bodyBytes: number
  readonly bytes: Uint8Array
}

/** Bytes of the body, length byte and CRC included, for a payload of `length` bytes. */
function bodyBytes(length: number): number {
  return Math.ceil((length + 1) / CLASS_BYTES) * CLASS_BYTES + CRC_BYTES
}

export function headerBytes(header: FrameHeader, payloadLength: number): Uint8Array {
  const lengthClass = Math.ceil((payloadLength + 1) / CLASS_BYTES) - 1
  const bytes = new Uint8Array(HEADER_BYTES)
  bytes[0] = FRAME_VERSION | (header.type << 3)
  bytes[1] = header.sequence
  bytes[2] = lengthClass | ((header.keyId & 7) << 5)
  bytes[3] = header.keyId >> 3
  bytes[4] = crc8(bytes.subarray(0, 4))
  return bytes
}

/** Undefined unless the checksum, the version and the spare bits are right. */
export function parseHeader(bytes: Uint8Array): ReceivedHeader | undefined {
  if (crc8(bytes.subarray(0, 4)) !== bytes[4]) return undefined
  if ((bytes[0]! & 7) !== FRAME_VERSION || bytes[3]! >> 5 !== 0) return undefined
  return {
    type: bytes[0]! >> 3,
    sequence: bytes[1]!,
    keyId: (bytes[2]! >> 5) | ((bytes[3]! & 31) << 3),
    bodyBytes: ((bytes[2]! & 31) + 1) * CLASS_BYTES + CRC_BYTES,
    bytes: bytes.slice(),
  }
}

/** The payload of a body whose checksum and padding are right, else undefined. */
export function parseBody(header: ReceivedHeader, body: Uint8Array): Uint8Array | undefined {
  const content = body.subarray(0, body.length - CRC_BYTES)
  const [a, b, c, d] = body.subarray(body.length - CRC_BYTES)
  if (crc32(joinBytes(header.bytes, content)) !== (a! | (b! << 8) | (c! << 16) | (d! << 24)) >>> 0) return undefined
  const length = content[0]!
  if (bodyBytes(length) !== body.length) return undefined
  return content.slice(1, 1 + length)
}

/** The frame as line bits, ready for `modulate` in `mode`. Throws RangeError for a field or payload that does not fit. */
export function frameBits(frame: Frame, mode: LineMode): Uint8Array {
  requireRange('type', frame.type, 31)
  requireRange('sequence', frame.sequence, 255)
  requireRange('key id', frame.keyId, 255)
  requireRange('payload length', frame.payload.length, MOST_PAYLOAD)

  const header = headerBytes(frame, frame.payload.length)
  const body = new Uint8Array(bodyBytes(frame.payload.length))
  body[0] = frame.payload.length
  body.set(frame.payload, 1)
  const check = crc32(joinBytes(header, body.subarray(0, body.length - CRC_BYTES)))
  new DataView(body.buffer).setUint32(body.length - CRC_BYTES, check, true)

  const coded = concatBits(headerLine(header), spread(encode(bitsOf(body))))
  const line = Uint8Array.from(knownSymbols(coded.length))
  for (let i = 0; i < coded.length; i++) line[symbolOf(i)] = coded[i]!
  return concatBits(leadIn(mode), line)
}

/** The header's five bytes as they lie on the line: code words sent twice, interleaved. */
export function headerLine(header: Uint8Array): Uint8Array {
  const code = encode(bitsOf(header))
  return spread(concatBits(code, code))
}

/** Coded symbols of a frame with this body, header included. */
export function codedSymbols(bodyByteCount: number): number {
  return HEADER_CODED + (bodyByteCount * 8 + 6) * 2
}

export const MOST_BODY_BYTES = bodyBytes(MOST_PAYLOAD)
export const MOST_CODED_SYMBOLS = codedSymbols(MOST_BODY_BYTES)

function requireRange(what: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw new RangeError(`frame ${what} ${value} is not in 0…${most}`)
}

function joinBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}
