/**
 * What a line is given to send, as the 20 ms that are due next: sound and keys in the order in which they were given, and
 * silence in between. Pure: whoever owns the clock asks.
 */
import { digitSamples } from '../modem/dtmf/tones.ts'
import type { Digit } from '../phone/line.ts'
import type { KeyPace, Sent } from './line.ts'

export const packetMs = 20
export const packetSamples = 160

/** A key's end is sent three times, as a lost one would leave the key down (RFC 4733, section 2.5.1.4). */
const endPackets = 3
/** Longer and further apart than an exchange needs to tell two presses from one: Asterisk makes a press 80 ms long. */
const usualPace = { toneMs: 80, pauseMs: 60 }

/** Of a press: 40 ms, below which no exchange need take it for one (ITU-T Q.24). */
const fewestDown = 2

export type Due =
  | { readonly kind: 'silence' }
  /** 160 samples. */
  | { readonly kind: 'sound'; readonly samples: Float32Array }
  /** `packets`: for how many of 20 ms the key has been down, this one included. An end that is repeated says the same again. */
  | { readonly kind: 'key'; readonly key: Digit; readonly packets: number; readonly isUp: boolean }

interface Item {
  readonly isKeys: boolean
  readonly packets: readonly Due[]
  readonly settle: (sent: Sent) => void
}

const silence: Due = { kind: 'silence' }

export class Outgoing {
  readonly #items: Item[] = []
  #at = 0
  #hasEnded = false

  sound(samples: Float32Array): Promise<Sent> {
    return this.#add(false, packetsOf(samples))
  }

  /** Digits as the two tones of each. Throws RangeError for what is no digit. */
  tones(digits: string, pace: KeyPace = {}): Promise<Sent> {
    return this.#add(true, packetsOf(digitSamples(digits, { ...usualPace, ...pace })))
  }

  /** Digits as events. Throws RangeError for what is no digit. */
  keys(digits: string, pace: KeyPace = {}): Promise<Sent> {
    const { toneMs, pauseMs } = { ...usualPace, ...pace }
    const down = Math.max(fewestDown, Math.ceil(toneMs / packetMs))
    const up = Math.ceil(pauseMs / packetMs)
    return this.#add(
      true,
      [...digits].flatMap(digit => press(digitOf(digit), down, up)),
    )
  }

  /** Keys are pressed at the moment: who hears them tells them apart by the clock, so that nothing that is late is made up for. */
  get isKeying(): boolean {
    return this.#items[0]?.isKeys === true
  }

  /**
   * So many packets were given up. What is being said leaves them out, and goes on where it would be by now: a modem reads on behind a gap of
   * which it knows, and reads nothing behind a pause. What has not begun begins late, and a key is pressed for as long as it should be.
   */
  skip(packets: number): void {
    const [item] = this.#items
    if (item === undefined || item.isKeys || this.#at === 0) return
    this.#at = Math.min(this.#at + packets, item.packets.length)
    if (this.#at === item.packets.length) this.#settle(item)
  }

  /** What is due now. */
  next(): Due {
    const [item] = this.#items
    if (!item) return silence
    const due = item.packets[this.#at++] ?? silence
    if (this.#at >= item.packets.length) this.#settle(item)
    return due
  }

  #settle(item: Item): void {
    this.#items.shift()
    this.#at = 0
    item.settle('sent')
  }

  /** Nothing of it will be sent any more. */
  end(): void {
    this.#hasEnded = true
    for (const { settle } of this.#items.splice(0)) settle('ended')
  }

  #add(isKeys: boolean, packets: readonly Due[]): Promise<Sent> {
    if (this.#hasEnded) return Promise.resolve('ended')
    if (packets.length === 0) return Promise.resolve('sent')
    return new Promise(settle => this.#items.push({ isKeys, packets, settle }))
  }
}

function packetsOf(samples: Float32Array): Due[] {
  return Array.from({ length: Math.ceil(samples.length / packetSamples) }, (_, number): Due => {
    const piece = new Float32Array(packetSamples)
    piece.set(samples.subarray(number * packetSamples, (number + 1) * packetSamples))
    return { kind: 'sound', samples: piece }
  })
}

function press(key: Digit, down: number, up: number): Due[] {
  return Array.from({ length: down + up }, (_, number): Due => {
    if (number >= down + endPackets - 1) return silence
    return { kind: 'key', key, packets: Math.min(number + 1, down), isUp: number + 1 >= down }
  })
}

const digits = '0123456789*#ABCD'

function digitOf(character: string): Digit {
  if (!digits.includes(character)) throw new RangeError('this is no digit of a telephone')
  return character as Digit
}
