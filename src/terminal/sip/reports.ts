/** What each side tells the other of the sound that it sends and gets (RTCP, RFC 3550, section 6), as little as is asked for. */

/** Of one source, as a report names it (section 6.4.1 and appendix A). */
export class Reception {
  readonly #source: number
  readonly #first: number
  #highest: number
  #received = 0
  #before = { expected: 0, received: 0 }
  #jitter = 0
  #lastTransit: number | undefined

  constructor(source: number, sequence: number) {
    this.#source = source
    this.#first = sequence
    this.#highest = sequence - 1
  }

  /** @param atSamples when it came, on a clock of 8000 a second */
  packet(sequence: number, timestamp: number, atSamples: number): void {
    this.#received++
    // The sequence number with its rollovers, by the way it differs from the highest.
    const ahead = ((sequence - this.#highest) << 16) >> 16
    if (ahead > 0) this.#highest += ahead
    const transit = (Math.floor(atSamples) - timestamp) | 0
    if (this.#lastTransit !== undefined)
      this.#jitter += (Math.abs((transit - this.#lastTransit) | 0) - this.#jitter) / 16
    this.#lastTransit = transit
  }

  /** The block of 24 bytes, for the time since the last one. */
  block(): Buffer {
    const expected = this.#highest - this.#first + 1
    const lately = { expected: expected - this.#before.expected, received: this.#received - this.#before.received }
    this.#before = { expected, received: this.#received }
    const lost = Math.max(0, lately.expected - lately.received)
    const block = Buffer.alloc(24)
    block.writeUInt32BE(this.#source, 0)
    block.writeUInt8(lately.expected > 0 ? Math.min(255, Math.floor((256 * lost) / lately.expected)) : 0, 4)
    block.writeUIntBE(Math.min(0x7f_ffff, Math.max(0, expected - this.#received)), 5, 3)
    block.writeUInt32BE(this.#highest >>> 0, 8)
    block.writeUInt32BE(Math.floor(this.#jitter), 12)
    return block
  }
}

export interface SenderFacts {
  readonly source: number
  /** Random, the same for the whole call (RFC 7022). */
  readonly name: string
  /** Milliseconds since 1970, and the timestamp of the sound that is sent then. */
  readonly wallMs: number
  readonly timestamp: number
  readonly packets: number
  readonly octets: number
}

/** Seconds between 1900, from where NTP counts, and 1970. */
const ntpOffset = 2_208_988_800

/** A sender's report with what is known of theirs, and our name. @param isLast says goodbye with it */
export function report(facts: SenderFacts, theirs: Reception | undefined, isLast: boolean): Buffer {
  const { source, name, wallMs, timestamp, packets, octets } = facts
  const seconds = Math.floor(wallMs / 1000)
  const fraction = Math.floor(((wallMs - seconds * 1000) / 1000) * 2 ** 32)
  const sender = words(source, seconds + ntpOffset, fraction, timestamp, packets, octets)
  const blocks = theirs ? [theirs.block()] : []
  const item = Buffer.concat([Buffer.of(1, name.length), Buffer.from(name, 'latin1'), Buffer.of(0)])
  const padded = Buffer.concat([item, Buffer.alloc((4 - (item.length % 4)) % 4)])
  return Buffer.concat([
    part(200, blocks.length, [sender, ...blocks]),
    part(202, 1, [words(source), padded]),
    ...(isLast ? [part(203, 1, [words(source)])] : []),
  ])
}

/** @param count of what the part holds */
function part(type: number, count: number, content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.of(0x80 | count, type, 0, body.length / 4), body])
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * index)
  return bytes
}
