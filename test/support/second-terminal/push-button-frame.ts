/** A frame as digits: type, sequence, key id, payload, CRC-32, check bytes; two digits a byte. */
import { joined, number } from './bytes.ts'
import { withCheckBytes, withoutCheckBytes } from './reed-solomon.ts'

export interface PushButtonFrame {
  readonly type: number
  readonly sequence: number
  readonly keyId: number
  readonly payload: Uint8Array
}

const digits = '0123456789*#ABCD'
const crcLength = 4
const fieldsBefore = 3

export function toDigits({ type, sequence, keyId, payload }: PushButtonFrame): string {
  const content = joined(Uint8Array.of(type, sequence, keyId), payload)
  const word = withCheckBytes(joined(content, number(crc32(content), crcLength)))
  return [...word].map(byte => `${digits.charAt(byte >> 4)}${digits.charAt(byte & 15)}`).join('')
}

/** @returns undefined for what is no frame */
export function fromDigits(keyed: string): PushButtonFrame | undefined {
  const halves = [...keyed].map(digit => digits.indexOf(digit))
  if (halves.length % 2 === 1 || halves.includes(-1)) return undefined
  const word = Uint8Array.from({ length: halves.length / 2 }, (_, at) => {
    return ((halves[2 * at] ?? 0) << 4) | (halves[2 * at + 1] ?? 0)
  })
  const data = withoutCheckBytes(word)
  if (data === undefined || data.length < fieldsBefore + crcLength) return undefined
  const content = data.slice(0, -crcLength)
  const crc = number(crc32(content), crcLength)
  if (!crc.every((byte, at) => byte === data[content.length + at])) return undefined
  const [type = 0, sequence = 0, keyId = 0] = content
  return { type, sequence, keyId, payload: content.slice(fieldsBefore) }
}

/** Of ISO/IEC 13239: reflected, started with ones, inverted. */
function crc32(bytes: Uint8Array): number {
  let register = 0xffffffff
  for (const byte of bytes) {
    register ^= byte
    for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ 0xedb88320 : register >>> 1
  }
  return ~register >>> 0
}
