/** Bytes: what they must be where they come in, whether they are the same, and how they are written where only text can stand. */
import { z } from 'zod'

/** A byte string in a message. */
export const bytes = z.custom<Uint8Array>(value => value instanceof Uint8Array)

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** Hexadecimal, in lower case. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** The text was checked before: what is no pair of hexadecimal digits ends it. */
export function fromHex(text: string): Uint8Array {
  return Buffer.from(text, 'hex')
}
