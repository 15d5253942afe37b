/**
 * Keyed secrets as a card takes them: an ISO 9564-1 format 2 block. Eight bytes: the digit 2, how many digits follow (4 to 12),
 * the digits, and F to the end.
 */
import { toHex } from '../bytes.ts'
import { Secret } from '../secret.ts'

export const pinBlockLength = 8

/** @throws RangeError unless it is 4 to 12 digits. */
export function pinBlock(pin: Secret): Uint8Array {
  const digits = pin.reveal()
  if (!/^\d{4,12}$/.test(digits)) throw new RangeError('a PIN block holds 4 to 12 digits')
  const text = `2${digits.length.toString(16)}${digits}`.padEnd(2 * pinBlockLength, 'f')
  return Uint8Array.from({ length: pinBlockLength }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16))
}

/** Undefined when the bytes are no such block. */
export function pinInBlock(block: Uint8Array): Secret | undefined {
  const [, length = '', digits = ''] = /^2([4-9a-c])(\d*)f*$/.exec(toHex(block)) ?? []
  if (block.length !== pinBlockLength || digits.length !== Number.parseInt(length, 16)) return undefined
  return new Secret(digits)
}
