/**
 * A message of digits in as few frames as it needs, two at most, of 64 bytes each. Each begins with one byte: 5 bits of a number
 * that the two have in common, one that says whether there are two, one which it is, and a zero.
 */
import { joined } from '../../bytes.ts'

/** Bytes of a push-button frame. */
export const digitFrameBytes = 64
const partHeaderBytes = 1
const mostBytes = 2 * (digitFrameBytes - partHeaderBytes)

/** `number`: 0…31, another for each message of a call. @throws RangeError for a message that does not fit, or is empty */
export function splitForDigits(message: Uint8Array, number: number): Uint8Array[] {
  if (message.length === 0 || message.length > mostBytes) throw new RangeError(`${message.length} bytes as digits`)
  if (!Number.isInteger(number) || number < 0 || number > 31) throw new RangeError(`a message numbered ${number}`)
  const isWhole = message.length <= digitFrameBytes - partHeaderBytes
  if (isWhole) return [joined(Uint8Array.of(headerOf(number, 1, 0)), message)]
  const half = Math.ceil(message.length / 2)
  return [message.subarray(0, half), message.subarray(half)].map((part, at) =>
    joined(Uint8Array.of(headerOf(number, 2, at)), part),
  )
}

function headerOf(number: number, parts: 1 | 2, at: number): number {
  return (number << 3) | ((parts - 1) << 2) | (at << 1)
}

export type JoinedParts =
  /** `isFollowed`: the first half made it whole, and the second comes once more behind it. */
  | { readonly outcome: 'whole'; readonly message: Uint8Array; readonly isFollowed: boolean }
  /** The other part of the same message is still to come. */
  | { readonly outcome: 'half' }
  | { readonly outcome: 'unreadable' }

/** Puts parts together as they are heard, in either order and repeated or not. Whoever hears a new message begins anew. */
export class PartJoiner {
  #number: number | undefined
  #halves: (Uint8Array | undefined)[] = []

  push(frame: Uint8Array): JoinedParts {
    const [header] = frame
    if (header === undefined || frame.length < 2 || frame.length > digitFrameBytes || header & 1)
      return { outcome: 'unreadable' }
    const [number, hasTwo, at] = [header >> 3, (header & 4) !== 0, (header >> 1) & 1]
    const part = frame.slice(partHeaderBytes)
    if (!hasTwo) return at === 0 ? { outcome: 'whole', message: part, isFollowed: false } : { outcome: 'unreadable' }
    if (number !== this.#number) this.#halves = []
    this.#number = number
    this.#halves[at] = part
    const [first, second] = this.#halves
    if (first === undefined || second === undefined) return { outcome: 'half' }
    this.#number = undefined
    this.#halves = []
    return { outcome: 'whole', message: joined(first, second), isFollowed: at === 0 }
  }
}
