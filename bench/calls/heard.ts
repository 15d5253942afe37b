/**
 * What each caller heard and when, from a capture: how long after each answer the next prompt began, and how evenly the
 * sound came. Calls are told apart by Asterisk's port and by the SSRC that Asterisk sends with.
 */
import { parseRtp, type RtpPacket } from '../../src/rtp/packet.ts'
import { readTelephoneEvent } from '../../src/rtp/telephone-event.ts'
import { eventPayloadType, placeOf } from './key-presses.ts'
import type { Datagram } from './pcap.ts'
import type { Press } from './script.ts'

export interface HeardCall {
  /** From the last packet of the key that completed an answer to the first packet of the next prompt, in µs. */
  readonly answers: readonly { readonly step: string; readonly latencyUs: number }[]
  /** Pauses between one packet of sound and the next, while there was something to hear. */
  readonly gaps: number
  /** Those longer than 60 ms: the ear hears them. */
  readonly longGaps: number
  readonly longestGapUs: number
  /** Every answer was followed by its prompt. */
  readonly complete: boolean
  /** When the first and the last sound was heard. */
  readonly firstUs: number
  readonly lastUs: number
}

export interface Expectation {
  readonly presses: readonly Press[]
  /** By step: how the prompt that answers it begins, in A-law; as many bytes as the capture keeps. */
  readonly beginnings: ReadonlyMap<string, Buffer>
  /** The callers' port. */
  readonly mediaPort: number
}

const longGapUs = 60_000
const alaw = 8

/** A call fails if more than 1 % of its gaps are longer than 60 ms, or a prompt never came. */
export function isWhole({ complete, gaps, longGaps }: HeardCall): boolean {
  return complete && longGaps <= gaps * 0.01
}

export function hear(datagrams: Iterable<Datagram>, expectation: Expectation): HeardCall[] {
  const listener = new Listener(expectation)
  for (const { sourcePort, destinationPort, payload, atUs } of datagrams) {
    const packet = parseRtp(payload)
    if (!packet) continue
    if (sourcePort === expectation.mediaPort) listener.keyed(destinationPort, packet, atUs)
    else if (destinationPort === expectation.mediaPort) listener.heard(sourcePort, packet, atUs)
  }
  return listener.calls.map(call => call.heard)
}

class Listener {
  readonly calls: CallHeard[] = []
  readonly #byPort = new Map<number, CallHeard>()
  readonly #expectation: Expectation

  constructor(expectation: Expectation) {
    this.#expectation = expectation
  }

  heard(port: number, packet: RtpPacket, atUs: number): void {
    if (packet.payloadType !== alaw) return
    let call = this.#byPort.get(port)
    if (call?.source !== packet.source) {
      call = new CallHeard(packet.source, this.#expectation)
      this.#byPort.set(port, call)
      this.calls.push(call)
    }
    call.sound(packet, atUs)
  }

  keyed(port: number, packet: RtpPacket, atUs: number): void {
    const event = packet.payloadType === eventPayloadType ? readTelephoneEvent(packet.payload) : undefined
    // A key before the first sound would belong to an earlier call on this port: the script listens first.
    if (event) this.#byPort.get(port)?.key(placeOf(packet.timestamp), event.end, atUs)
  }
}

class CallHeard {
  readonly source: number
  readonly #expectation: Expectation
  readonly #answers: { step: string; latencyUs: number }[] = []
  #gaps = 0
  #longGaps = 0
  #longestGapUs = 0
  #firstUs: number | undefined
  #lastUs: number | undefined
  #keyedSinceSound = false
  /** The answer that was given last, until its prompt begins. */
  #awaited: { step: string; beginning: Buffer; sinceUs: number } | undefined

  constructor(source: number, expectation: Expectation) {
    this.source = source
    this.#expectation = expectation
  }

  key(place: number, end: boolean, atUs: number): void {
    this.#keyedSinceSound = true
    const press = this.#expectation.presses[place]
    if (!end || !press?.last) return
    const beginning = this.#expectation.beginnings.get(press.step.name)
    // Three packets tell the end; each replaces the one before, as the last of them counts.
    if (beginning) this.#awaited = { step: press.step.name, beginning, sinceUs: atUs }
  }

  sound({ payload }: RtpPacket, atUs: number): void {
    this.#firstUs ??= atUs
    // Where the caller keyed, silence is the caller's: the prompt was cut short, or had ended before.
    if (this.#lastUs !== undefined && !this.#keyedSinceSound) this.#gap(atUs - this.#lastUs)
    this.#lastUs = atUs
    this.#keyedSinceSound = false
    // The interrupted prompt may go on for a packet or two: only the beginning of the next one counts.
    const awaited = this.#awaited
    if (awaited?.beginning.equals(payload.subarray(0, awaited.beginning.length))) {
      this.#answers.push({ step: awaited.step, latencyUs: atUs - awaited.sinceUs })
      this.#awaited = undefined
    }
  }

  #gap(us: number): void {
    this.#gaps++
    if (us > longGapUs) this.#longGaps++
    this.#longestGapUs = Math.max(this.#longestGapUs, us)
  }

  get heard(): HeardCall {
    return {
      answers: this.#answers,
      gaps: this.#gaps,
      longGaps: this.#longGaps,
      longestGapUs: this.#longestGapUs,
      complete: this.#answers.length === this.#expectation.presses.filter(({ last }) => last).length,
      firstUs: this.#firstUs ?? 0,
      lastUs: this.#lastUs ?? 0,
    }
  }
}
