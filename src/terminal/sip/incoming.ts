/** Makes of the packets of a call what its listener is told: samples, what is missing between them, and keys. */
import { aLaw } from '../../g711.ts'
import type { RtpPacket } from '../../rtp/packet.ts'
import { PacketOrder, type Stretch, silenceSamples, silentAfterMs } from '../../rtp/packet-order.ts'
import { readTelephoneEvent } from '../../rtp/telephone-event.ts'
import type { TerminalListener } from '../line.ts'
import { aLawType } from './description.ts'

export const lookEveryMs = 100
/** The exchange may have nothing to play, and sends nothing then. */
const looksInVain = silentAfterMs / lookEveryMs
/** The duration of an event has 16 bits; a longer one goes on as another (RFC 4733, section 2.5.1.3). */
const mostDuration = 0xffff

export class Incoming {
  readonly #order = new PacketOrder()
  readonly #nowMs: () => number
  #press: { readonly key: string; readonly timestamp: number; readonly source: number } | undefined
  #packets = 0
  #seen = 0
  #inVain = 0
  listener: TerminalListener | undefined

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  packet(packet: RtpPacket, eventType: number | undefined): void {
    if (packet.payloadType === eventType) this.#key(packet)
    if (packet.payloadType !== aLawType) return
    this.#packets++
    this.#tell(this.#order.push(packet))
  }

  /** To be called every `lookEveryMs`. */
  look(): void {
    this.#inVain = this.#packets === this.#seen ? this.#inVain + 1 : 0
    this.#seen = this.#packets
    if (this.#inVain === looksInVain) this.#tell(this.#order.idle(silenceSamples))
  }

  #tell(stretches: readonly Stretch[]): void {
    for (const { gap, codes } of stretches) this.listener?.onSound(aLaw.decode(codes), gap)
  }

  /** All packets of one press have the timestamp of its beginning; whichever comes first tells of it. */
  #key({ payload, timestamp, source }: RtpPacket): void {
    const event = readTelephoneEvent(payload)
    if (!event) return
    const { key, duration } = event
    const last = this.#press?.source === source ? this.#press : undefined
    const later = last ? (timestamp - last.timestamp) | 0 : 1
    if (later <= 0) return
    this.#press = { key, timestamp, source }
    if (last && last.key === key && later === mostDuration) return
    this.listener?.onDigit({ key, beganAtMs: this.#nowMs() - duration / 8 })
  }
}
