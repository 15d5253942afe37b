/**
 * Puts the packets of a stream in order and says, to the sample, what is missing between them. A timestamp counts samples
 * whether their packet arrived or not, so it tells of a lost packet and of a pause alike: what a modem needs is the time.
 *
 *     in order ──1 timestamp ahead──▶ holding (a packet may have been overtaken) ──2 it comes──▶ in order
 *                                        └──3 three more came instead: it is lost──▶ in order, with a gap
 */
import type { RtpPacket } from './packet.ts'

/** Codes of samples that follow one another, after `gap` samples that are missing: `mostGap` where it was that or more. */
export interface Stretch {
  readonly gap: number
  readonly codes: Uint8Array
}

/** How many packets may overtake one before it counts as lost: 60 ms. */
const mostHeld = 3
/**
 * So much is told of a gap, 1 s in samples: no frame goes on behind a longer one. Whoever sends says how long it was, and each of its
 * samples costs time here.
 */
export const mostGap = 8_000
/**
 * A sender from whom nothing has come for so long has fallen silent, and `idle` may say so: one that only stood still makes up for half a
 * second, and what it makes up for must not have been given away. Three times in a row no packet in 100 ms was too little: of a terminal on
 * a machine at a load of 15 every third frame lost 200 ms to it.
 */
export const silentAfterMs = 800
/** So much of nothing makes certain that a signal is over, 200 ms in samples. */
export const silenceSamples = 1_600
/** A timestamp further off than this, in samples, is no pause but another count: 10 s. */
const longestGap = 80_000
/** A packet later than this, in samples, belongs to another count, too: 1 s. */
const latest = 8_000

export class PacketOrder {
  #source = 0
  /** Timestamp of the sample that is due. */
  #next: number | undefined
  /** Ahead of what is due, the nearest first. */
  #held: RtpPacket[] = []

  push(packet: RtpPacket): Stretch[] {
    const stretches: Stretch[] = []
    const ahead = this.#aheadOf(packet)
    if (this.#next === undefined || packet.source !== this.#source || ahead > longestGap || ahead < -latest) {
      this.#release(stretches, 0)
      this.#source = packet.source
      this.#next = packet.timestamp
    }
    this.#held.push(packet)
    this.#held.sort((a, b) => this.#aheadOf(a) - this.#aheadOf(b))
    this.#release(stretches, mostHeld)
    return stretches
  }

  /** Nothing has come for a while: what is held will not be followed, and `samples` pass without any. */
  idle(samples: number): Stretch[] {
    if (this.#next === undefined) return []
    const stretches: Stretch[] = []
    this.#release(stretches, 0)
    this.#next = (this.#next + samples) >>> 0
    return [...stretches, { gap: samples, codes: new Uint8Array(0) }]
  }

  #release(stretches: Stretch[], held: number): void {
    for (let packet = this.#held[0]; packet !== undefined; packet = this.#held[0]) {
      const ahead = this.#aheadOf(packet)
      if (ahead > 0 && this.#held.length <= held) return
      this.#held.shift()
      // What came twice, or so late that its time was given away, is left out.
      const codes = packet.payload.subarray(Math.max(0, -ahead))
      if (codes.length === 0) continue
      stretches.push({ gap: Math.min(Math.max(0, ahead), mostGap), codes })
      this.#next = (packet.timestamp + packet.payload.length) >>> 0
    }
  }

  /** In samples; negative for what is late. Timestamps wrap. */
  #aheadOf({ timestamp }: RtpPacket): number {
    return (timestamp - (this.#next ?? timestamp)) | 0
  }
}
