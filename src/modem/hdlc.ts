/**
 * Plain HDLC frames, as real modems and packet radio speak them (ISO/IEC 13239 §4): flag 01111110, a zero stuffed after five ones, CRC-16.
 *
 * On the line a bit is a tone (NRZ: mark for 1) or, as in AX.25, a change of tone for 0 and none for 1 (NRZI).
 */
import { bitsOf, concatBits } from './bits.ts'
import { crc16 } from './crc.ts'

const FLAG = Uint8Array.of(0, 1, 1, 1, 1, 1, 1, 0)
const CRC_BYTES = 2
/** Shorter ones are chance: noise makes a flag every 256 bits, and 1 in 65536 of what lies between two has a right checksum. */
const LEAST_BYTES = 8
const MOST_BYTES = 1024

export interface HdlcShape {
  readonly nrzi?: boolean
  /** Flags before and after the frame: time for the receiver to find the clock. */
  readonly openingFlags?: number
  readonly closingFlags?: number
}

/** Line bits of one frame, flags included. */
export function hdlcBits(payload: Uint8Array, { nrzi = false, openingFlags = 16, closingFlags = 2 }: HdlcShape = {}): Uint8Array {
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

/** Takes line bits one by one and hands out the payload of each frame with a right checksum. */
export class HdlcReader {
  private readonly nrzi: boolean
  private readonly bytes = new Uint8Array(MOST_BYTES + CRC_BYTES)
  private tone = 1
  /** The last eight bits, newest lowest. */
  private recent = 0
  private ones = 0
  /** Bits since the last flag, or −1 when none is open. */
  private bits = -1

  constructor(nrzi: boolean) {
    this.nrzi = nrzi
  }

  push(lineBit: number): Uint8Array | undefined {
    const bit = this.nrzi ? (lineBit === this.tone ? 1 : 0) : lineBit
    this.tone = lineBit
    this.recent = ((this.recent << 1) | bit) & 0xff
    if (this.recent === 0x7e) {
      const frame = this.close()
      this.bits = 0
      this.ones = 0
      return frame
    }
    if (this.bits < 0) return undefined
    if (bit === 1) {
      this.ones++
      if (this.ones === 7) this.bits = -1
      else this.append(1)
    } else {
      if (this.ones !== 5) this.append(0)
      this.ones = 0
    }
    return undefined
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
  private close(): Uint8Array | undefined {
    const length = this.bits - 7
    if (length % 8 !== 0 || length < (LEAST_BYTES + CRC_BYTES) * 8) return undefined
    const payload = this.bytes.slice(0, (length >> 3) - CRC_BYTES)
    const check = this.bytes[payload.length]! | (this.bytes[payload.length + 1]! << 8)
    return crc16(payload) === check ? payload : undefined
  }
}
