/**
 * Plain HDLC frames, as real modems and packet radio speak them (ISO/IEC 13239 §4): flag 01111110, a zero stuffed after five ones, CRC-16.
 *
 * On the line a bit is a tone (NRZ: mark for 1) or, as in AX.25, a change of tone for 0 and none for 1 (NRZI).
 */
import { bitsOf, concatBits } from '../coded/bits.ts'
import { crc16 } from '../coded/crc.ts'

const FLAG = Uint8Array.of(0, 1, 1, 1, 1, 1, 1, 0)
const CRC_BYTES = 2
/** Shorter ones are chance: noise makes a flag every 256 bits, and 1 in 65536 of what lies between two has a right checksum. */
const LEAST_BYTES = 8
const MOST_BYTES = 1024
/** Payloads that a reader takes, in bytes. */
export const HDLC_PAYLOAD = { least: LEAST_BYTES, most: MOST_BYTES } as const

export interface HdlcShape {
  readonly nrzi?: boolean
  /** Flags before and after the frame: time for the receiver to find the clock. */
  readonly openingFlags?: number
  readonly closingFlags?: number
}

/** Line bits of one frame, flags included. */
export function hdlcBits(
  payload: Uint8Array,
  { nrzi = false, openingFlags = 16, closingFlags = 2 }: HdlcShape = {},
): Uint8Array {
  const framed = new Uint8Array(payload.length + CRC_BYTES)
  framed.set(payload)
  const check = crc16(payload)
  framed[payload.length] = check & 255
  framed[payload.length + 1] = check >> 8
  const opening = Array.from({ length: openingFlags }, () => FLAG)
  const closing = Array.from({ length: closingFlags }, () => FLAG)
  const bits = concatBits(...opening, stuff(bitsOf(framed)), ...closing)
  return nrzi ? toNrzi(bits) : bits
}

function stuff(bits: Uint8Array): Uint8Array {
  const stuffed = new Uint8Array(bits.length + Math.floor(bits.length / 5))
  let length = 0
  let ones = 0
  for (const bit of bits) {
    stuffed[length++] = bit
    ones = bit === 1 ? ones + 1 : 0
    if (ones === 5) {
      length++
      ones = 0
    }
  }
  return stuffed.slice(0, length)
}

function toNrzi(bits: Uint8Array): Uint8Array {
  let tone = 1
  return bits.map(bit => {
    if (bit === 0) tone ^= 1
    return tone
  })
}

export interface HdlcResult {
  /** A frame whose checksum is right has just ended. */
  readonly payload?: Uint8Array
  /** What has just ended looks like a frame but its checksum is wrong: so many line bits ago its opening flag began. */
  readonly suspectBits?: number
}

const NOTHING: HdlcResult = {}

/** Takes line bits one by one and tells of each frame that ends. */
export class HdlcReader {
  readonly nrzi: boolean
  /** One more for the closing flag, whose first bits look like data. */
  private readonly bytes = new Uint8Array(MOST_BYTES + CRC_BYTES + 1)
  private tone = 1
  /** The last eight bits, newest lowest. */
  private recent = 0
  private ones = 0
  /** Data bits since the last flag, or −1 when no frame is open. */
  private bits = -1
  /** Line bits since the last flag's end. */
  private sinceFlag = 0
  /** Flags in a row up to the last one. */
  private flags = 0
  /** Line bits since the last flag that certainly opened a frame: the second of two in a row, or one that closed a right frame. */
  private sinceOpening = Number.POSITIVE_INFINITY

  constructor(nrzi: boolean) {
    this.nrzi = nrzi
  }

  push(lineBit: number): HdlcResult {
    const bit = this.nrzi ? (lineBit === this.tone ? 1 : 0) : lineBit
    this.tone = lineBit
    this.recent = ((this.recent << 1) | bit) & 0xff
    this.sinceFlag++
    this.sinceOpening++
    if (this.recent === 0x7e) {
      const result = this.close()
      this.flags = this.sinceFlag === 8 ? this.flags + 1 : 1
      if (this.flags >= 2 || result.payload !== undefined) this.sinceOpening = 0
      this.sinceFlag = 0
      this.bits = 0
      this.ones = 0
      return result
    }
    if (this.bits < 0) return NOTHING
    if (bit === 1) {
      this.ones++
      if (this.ones === 7) this.bits = -1
      else this.append(1)
    } else {
      if (this.ones !== 5) this.append(0)
      this.ones = 0
    }
    return NOTHING
  }

  /** Between flags, as far as can be told. */
  get isOpen(): boolean {
    return this.bits >= 0
  }

  /** The suspect frame was read after all: what follows is another. */
  settled(): void {
    this.sinceOpening = 0
  }

  private append(bit: number): void {
    if (this.bits === this.bytes.length * 8) {
      this.bits = -1
      return
    }
    const at = this.bits >> 3
    if ((this.bits & 7) === 0) this.bytes[at] = 0
    this.bytes[at]! |= bit << (this.bits & 7)
    this.bits++
  }

  /** The closing flag's first seven bits (a zero, six ones) have been appended too. */
  private close(): HdlcResult {
    const length = this.bits - 7
    if (length % 8 === 0 && length >= (LEAST_BYTES + CRC_BYTES) * 8) {
      const payload = this.bytes.slice(0, (length >> 3) - CRC_BYTES)
      const check = this.bytes[payload.length]! | (this.bytes[payload.length + 1]! << 8)
      if (crc16(payload) === check) return { payload }
    }
    // Chance makes one flag, hardly two in a row. And what ends here may be only part of a frame: a wrong bit can make a flag, too.
    const bits = this.sinceOpening
    const suspect = bits >= (LEAST_BYTES + CRC_BYTES + 1) * 8 && bits <= (MOST_BYTES + CRC_BYTES) * 10
    return suspect ? { suspectBits: bits + 8 } : NOTHING
  }
}
