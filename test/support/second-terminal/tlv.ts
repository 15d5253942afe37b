/** BER-TLV data objects, as far as a card has them: tags of one or two bytes, lengths up to 255. */
import { joined } from './bytes.ts'

export function object(tag: number, value: Uint8Array): Uint8Array {
  const head = tag > 255 ? [tag >> 8, tag & 255] : [tag]
  const length = value.length > 127 ? [0x81, value.length] : [value.length]
  return joined(Uint8Array.from([...head, ...length]), value)
}

/** @returns undefined for what are no data objects */
export function objectsIn(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> | undefined {
  const found = new Map<number, Uint8Array>()
  let at = 0
  const next = () => bytes[at++] ?? Number.NaN
  while (at < bytes.length) {
    let tag = next()
    if ((tag & 31) === 31) tag = (tag << 8) | next()
    let length = next()
    if (length === 0x81) length = next()
    if (!(at + length <= bytes.length) || found.has(tag)) return undefined
    found.set(tag, bytes.slice(at, at + length))
    at += length
  }
  return found
}

/** An ISO 9564-1 format 2 block. */
export function pinBlock(digits: string): Uint8Array {
  const text = `2${digits.length.toString(16)}${digits}`.padEnd(16, 'f')
  return new Uint8Array(Buffer.from(text, 'hex'))
}

/** @returns the digits, undefined where it is no such block */
export function digitsOf(block: Uint8Array): string | undefined {
  const text = Buffer.from(block).toString('hex')
  const digits = text.slice(2, 2 + Number.parseInt(text.charAt(1), 16))
  return /^[0-9]{4,12}$/.test(digits) && text === `2${digits.length.toString(16)}${digits}`.padEnd(16, 'f')
    ? digits
    : undefined
}
