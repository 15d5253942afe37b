/**
 * Values as lines of text on the owner's socket: JSON, with a `bigint`, bytes and a `Secret` marked by a key that begins
 * with `$`. A secret crosses here and nowhere else: the socket belongs to its owner, and no line is ever logged.
 */
import { Secret, secretCodec } from '../../secret.ts'

/** The longest line. A statement of a year is a tenth of it. */
export const maxLineLength = 1 << 20

/** A value as one line, with its line break. @throws TypeError when it is not plain data. */
export function encodeLine(value: unknown): string {
  return `${JSON.stringify(marked(value))}\n`
}

/** The inverse of `encodeLine`. @throws SyntaxError when the line is not JSON. */
export function decodeLine(line: string): unknown {
  return JSON.parse(line, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if ('$int' in value) return BigInt(String(value.$int))
    if ('$bytes' in value) return new Uint8Array(Buffer.from(String(value.$bytes), 'base64'))
    if ('$secret' in value) return secretCodec.decode({ $secret: String(value.$secret) })
    return value
  })
}

function marked(value: unknown): unknown {
  if (typeof value === 'bigint') return { $int: value.toString() }
  if (value instanceof Secret) return secretCodec.encode(value)
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  if (Array.isArray(value)) return value.map(marked)
  if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError(`not plain data: a ${typeof value}`)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([key, member]) => {
    if (key.startsWith('$')) throw new TypeError(`not plain data: the key ${key}`)
    return [key, marked(member)]
  })
  return Object.fromEntries(members)
}
