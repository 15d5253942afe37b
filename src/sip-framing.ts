/** Cuts a stream of bytes into SIP messages, each of which ends where its Content-Length says (RFC 3261, section 18.3). */
import { headersOf, readSipMessage } from './sip-message.ts'

/** The largest message, by whatever transport: what a datagram may hold (section 18.1.1). */
export const mostBytes = 65_535

/** The other side sent what is no stream of messages: nothing after it can be understood. */
export class BrokenStream extends Error {}

export class Framing {
  /** The bytes of the message that has begun, as they came. */
  #pieces: Buffer[] = []
  #length = 0
  /** How long that message is in all; undefined while its head is not whole. */
  #whole: number | undefined

  get isWithinMessage(): boolean {
    return this.#length > 0
  }

  /** @returns the messages that are whole now. Throws `BrokenStream`. */
  push(bytes: Buffer): Buffer[] {
    const before = this.#pieces.slice(-3)
    this.#pieces.push(bytes)
    this.#length += bytes.length
    // Joined only when that may make a message: whoever sends byte by byte costs no more than others.
    const mayBeWhole =
      this.#whole === undefined
        ? this.#length > mostBytes || hasHeadEnd(Buffer.concat([...before, bytes]))
        : this.#length >= this.#whole
    if (!mayBeWhole && before.length > 0) return []
    return this.#take(Buffer.concat(this.#pieces))
  }

  #take(all: Buffer): Buffer[] {
    const messages: Buffer[] = []
    // Empty lines between messages keep a connection alive (section 7.5, RFC 5626).
    let begun = withoutEmptyLines(all)
    for (;;) {
      this.#whole ??= lengthOf(begun)
      if ((this.#whole ?? begun.length) > mostBytes) throw new BrokenStream('a message is too long')
      if (this.#whole === undefined || begun.length < this.#whole) break
      messages.push(begun.subarray(0, this.#whole))
      begun = withoutEmptyLines(begun.subarray(this.#whole))
      this.#whole = undefined
    }
    this.#pieces = begun.length > 0 ? [begun] : []
    this.#length = begun.length
    return messages
  }
}

const hasHeadEnd = (bytes: Buffer) => bytes.includes('\n\r\n') || bytes.includes('\n\n')

/** Of the message that begins here; undefined while its head is not whole. */
function lengthOf(begun: Buffer): number | undefined {
  if (!hasHeadEnd(begun)) return undefined
  const message = readSipMessage(begun)
  if (!message) throw new BrokenStream('no SIP message')
  const lengths = new Set(headersOf(message, 'content-length'))
  const [length = ''] = lengths
  if (lengths.size !== 1 || !/^\d{1,9}$/.test(length)) throw new BrokenStream('no single Content-Length')
  return begun.length - message.body.length + Number(length)
}

function withoutEmptyLines(bytes: Buffer): Buffer {
  const begin = bytes.findIndex(byte => byte !== 13 && byte !== 10)
  return bytes.subarray(begin < 0 ? bytes.length : begin)
}
