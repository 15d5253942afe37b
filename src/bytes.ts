/** Bytes: what they must be where they come in, whether they are the same, and how they are written where only text can stand. */
import { z } from 'zod'

/** A byte string in a message. */
export const bytes = z.custom<Uint8Array>(value => value instanceof Uint8Array)

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

/** One after the other, in a buffer of their own. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Hexadecimal, in lower case. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += hexOf[byte]
  return text
}

/** The text was checked before: what is no pair of hexadecimal digits ends it. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length >> 1)
  for (let at = 0; at < bytes.length; at++) {
    const [high, low] = [nibble(text.charCodeAt(2 * at)), nibble(text.charCodeAt(2 * at + 1))]
    if (high === undefined || low === undefined) return bytes.slice(0, at)
    bytes[at] = high * 16 + low
  }
  return bytes
}

/** What a hexadecimal digit is worth, from the code of its character. */
function nibble(code: number): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined
}
