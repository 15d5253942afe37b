/**
 * A line that does to packets what networks do, between packetiser and SRTP, so that both ends believe in it. It drops, which
 * shows in the numbers; and it deletes, repeats and conceals while it numbers all that follow anew, so that nothing marks it. It
 * is told alike from its seed, and keeps a list of what it did.
 *
 *     const shim = new BadLine({ seed: 7, drop: 0.01, delete: 0.01, repeat: 0.01, conceal: 0.02 })
 *     const telephone = securePhone(asterisk, { shim })
 *     …
 *     console.log(shim.story())
 */
import { aLaw } from '../../../src/g711.ts'
import type { RtpPacket } from '../../../src/rtp/packet.ts'
import type { LineShim } from '../../../src/terminal/sip/media.ts'
import { drawFrom } from '../../support/virtual-runtime.ts'

const deeds = ['drop', 'delete', 'repeat', 'conceal'] as const
type Deed = (typeof deeds)[number]

/** Of each hundred packets, as a fraction. */
export type Rates = { readonly seed: number } & Partial<Record<Deed, number>>

const aLawType = 8
/** What a concealment loses of its loudness with each packet: 3 dB. */
const fade = Math.SQRT1_2

export class BadLine implements LineShim {
  /** Nothing is done to what passes while it is off. */
  isOn = true
  readonly #ways: Record<'sent' | 'received', Way>

  constructor(rates: Rates) {
    this.#ways = { sent: new Way(rates, rates.seed), received: new Way(rates, rates.seed + 1) }
  }

  sent(packet: RtpPacket): readonly RtpPacket[] {
    return this.#ways.sent.pass(packet, this.isOn)
  }

  received(packet: RtpPacket): readonly RtpPacket[] {
    return this.#ways.received.pass(packet, this.isOn)
  }

  /** How often it did this to what was sent, or received. */
  count(way: 'sent' | 'received', deed: Deed): number {
    return this.#ways[way].done[deed].length
  }

  /** A line for each way: how many packets passed, and which of them met what. */
  story(): string {
    return Object.entries(this.#ways)
      .map(([way, { packets, done }]) => {
        const all = deeds.flatMap(deed => (done[deed].length > 0 ? [`${deed} ${done[deed].join(' ')}`] : []))
        return `${way} ${packets} packets: ${all.join(', ') || 'all as they were'}`
      })
      .join('\n')
  }
}

/** One direction. */
class Way {
  readonly done: Record<Deed, number[]> = { drop: [], delete: [], repeat: [], conceal: [] }
  packets = 0
  readonly #rates: Rates
  readonly #draw: () => number
  #source: number | undefined
  /** What is added to the numbers of each packet. */
  #sequence = 0
  #time = 0
  #last: Uint8Array | undefined

  constructor(rates: Rates, seed: number) {
    this.#rates = rates
    this.#draw = drawFrom(seed)
  }

  pass(packet: RtpPacket, isOn: boolean): readonly RtpPacket[] {
    const number = this.packets++
    if (packet.source !== this.#source) {
      this.#source = packet.source
      this.#last = undefined
      this.#sequence = 0
      this.#time = 0
    }
    const deed = isOn && packet.payloadType === aLawType ? this.#deed() : undefined
    if (deed) this.done[deed].push(number)
    switch (deed) {
      case 'drop':
        return []
      case 'delete':
        this.#sequence--
        this.#time -= packet.payload.length
        return []
      case 'repeat': {
        const first = this.#numbered(packet)
        this.#sequence++
        this.#time += packet.payload.length
        return [first, this.#numbered({ ...packet, marker: false })]
      }
      case 'conceal':
        return [this.#numbered({ ...packet, payload: this.#faded(packet.payload.length) })]
      default:
        return [this.#numbered(packet)]
    }
  }

  #deed(): Deed | undefined {
    const drawn = this.#draw() / 2 ** 32
    let limit = 0
    return deeds.find(deed => {
      limit += this.#rates[deed] ?? 0
      return drawn < limit
    })
  }

  #numbered(packet: RtpPacket): RtpPacket {
    if (packet.payloadType === aLawType) this.#last = packet.payload
    const sequence = (packet.sequence + this.#sequence) & 0xffff
    return { ...packet, sequence, timestamp: (packet.timestamp + this.#time) >>> 0 }
  }

  /** The packet before it once more, fainter; silence where there was none. */
  #faded(length: number): Uint8Array {
    const last = this.#last ?? new Uint8Array(length).fill(aLaw.silence)
    return aLaw.encode(aLaw.decode(last).map(sample => sample * fade))
  }
}
