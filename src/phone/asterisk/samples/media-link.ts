/**
 * The sound of one caller, as samples, while a frame is exchanged: an external media channel of Asterisk's that sends RTP
 * to a port of ours, and a bridge that joins it to the caller's channel. Two channels make Asterisk bridge them plainly,
 * packet by packet, so that what was lost on the way here shows as a gap (`docs/decisions/005-samples-of-a-call.md`).
 *
 *   opening ──1 both channels bridged──▶ open ──2 close()──▶ closed
 *      │                                  │
 *      └────── 3 the caller leaves, or the media channel does: everything waiting rejects, close() clears away
 */
import type { ModeName } from '../../../modem/line/modes.ts'
import type { RtpPacket } from '../../../rtp/packet.ts'
import { mostGap, PacketOrder, type Stretch } from '../../../rtp/packet-order.ts'
import { type Runtime, randomBelow } from '../../../runtime.ts'
import type { HeardFrame } from '../../frames/frame-listener.ts'
import type { Listening } from '../../frames/listening.ts'
import type { FrameLink } from '../../line.ts'
import type { MediaFormat } from './media-format.ts'
import type { MediaSocket } from './media-socket.ts'

const packetMs = 20
const packetSamples = 160
/** The phone's jitter buffer fills before it plays, and plays its last packet when another one follows. */
const leadPackets = 3
const tailPackets = 3
/**
 * A phone that falls silent may stop sending: a frame's end is then made certain by this much silence, 200 ms. It has fallen
 * silent when three looks in a row find nothing new; one that this process was late for says nothing about the phone.
 */
const silenceSamples = 1_600
const lookEveryMs = 100
const looksInVain = 3
/** What was half heard when the last frame was over comes to its end in a second of nothing, and is told to nobody. */
const pauseSamples = 8_000
/** How far the listening thread may fall behind before samples are given up, gaps included: 8 s. */
const mostUnanswered = 64_000
/**
 * The thread listens to every call of the process. A caller whose packets, or whose timestamps, run ahead of the time is listened to
 * no faster than time goes, and 2 s: that much may have been on its way before.
 */
const samplesPerMs = 8
const mostAhead = 16_000

export interface MediaLinkParts {
  readonly callId: string
  readonly format: MediaFormat
  readonly socket: Pick<MediaSocket, 'send' | 'close'>
  readonly listening: Pick<Listening, 'push' | 'isHearing'>
  readonly runtime: Runtime
  /** Takes channel and bridge away. */
  readonly clear: () => Promise<void>
}

export class MediaLink implements FrameLink {
  readonly #parts: MediaLinkParts
  readonly #order = new PacketOrder()
  readonly #ended = new AbortController()
  /** Rejects when the link can carry nothing more. */
  readonly #broken: Promise<never>
  #break: (reason: unknown) => void = () => {}
  #nowClosed: () => void = () => {}
  /** Resolves when nothing of the link is left at Asterisk, or nothing more can be done about it. */
  readonly closed: Promise<void> = new Promise(resolve => {
    this.#nowClosed = resolve
  })
  #onHeard: ((heard: HeardFrame | { readonly failure: unknown }) => void) | undefined
  #modes: readonly ModeName[] = []
  #packets = 0
  /** Samples on their way to the thread or in it, and all that it was given, gaps included. */
  #unanswered = 0
  #given = 0
  #listensSinceMs = 0
  #lastAnswer: Promise<void> = Promise.resolve()
  missingSamples = 0
  /** When the last packet with something to hear went out: the phone's jitter buffer still has to play it. */
  sentAtMs = Number.NEGATIVE_INFINITY
  /** Samples that are missing before the next that are handed on. */
  #gap = 0

  constructor(parts: MediaLinkParts) {
    this.#parts = parts
    this.#broken = new Promise((_, reject) => {
      this.#break = reject
    })
    this.#broken.catch(() => {})
  }

  async send(signal: Float32Array): Promise<void> {
    await Promise.race([this.#broken, this.#sendPackets(this.#parts.format.encode(signal), tailPackets)])
  }

  listen(modes: readonly ModeName[], onHeard: (heard: HeardFrame | { readonly failure: unknown }) => void): void {
    this.#modes = modes
    this.#onHeard = onHeard
    this.#listensSinceMs = this.#parts.runtime.monotonicMs()
    this.#push(new Uint8Array(0), pauseSamples, () => {})
    void this.#watchForSilence()
    // Asterisk would play to the caller what anybody of this machine sent it, as long as it hears nothing from us.
    void this.#sendPackets(new Uint8Array(0), Number.POSITIVE_INFINITY)
  }

  get isHearing(): boolean {
    return this.#parts.listening.isHearing(this.#parts.callId)
  }

  async heardAll(): Promise<void> {
    // Answers come in the order of the samples.
    await this.#lastAnswer
  }

  onPacket(packet: RtpPacket): void {
    // Keys and comfort noise come as packets of other types, and are no sound: a gap stands in their place.
    if (packet.payloadType !== this.#parts.format.payloadType || !this.#onHeard) return
    this.#packets++
    for (const stretch of this.#order.push(packet)) {
      this.missingSamples += stretch.gap
      this.#handOn(stretch)
    }
  }

  /** The caller has left, or our own channel has. */
  onBroken(reason: unknown): void {
    this.#break(reason)
    this.#onHeard?.({ failure: reason })
    this.#end()
  }

  async close(): Promise<void> {
    this.#end()
    try {
      await this.#parts.clear()
    } finally {
      this.#nowClosed()
    }
  }

  #end(): void {
    this.#ended.abort()
    this.#onHeard = undefined
    this.#parts.socket.close()
  }

  #handOn({ gap, codes }: Stretch): void {
    const missing = Math.min(this.#gap + gap, mostGap)
    if (!this.#isTime(missing + codes.length)) {
      this.#gap = Math.min(missing + codes.length, mostGap)
      return
    }
    this.#gap = 0
    this.#given += missing + codes.length
    this.#push(codes, missing, heard => this.#onHeard?.(heard))
  }

  /** Whether so many samples more may be listened to now. */
  #isTime(samples: number): boolean {
    const dueByNow = (this.#parts.runtime.monotonicMs() - this.#listensSinceMs) * samplesPerMs
    return this.#unanswered + samples <= mostUnanswered && this.#given + samples <= dueByNow + mostAhead
  }

  #push(codes: Uint8Array, gap: number, onHeard: (heard: HeardFrame) => void): void {
    const { callId, format, listening } = this.#parts
    const samples = gap + codes.length
    this.#unanswered += samples
    this.#lastAnswer = listening.push(callId, this.#modes, format.decode(codes), gap).then(
      heard => {
        this.#unanswered -= samples
        for (const each of heard) onHeard(each)
      },
      reason => this.onBroken(reason),
    )
  }

  async #watchForSilence(): Promise<void> {
    const { runtime } = this.#parts
    let [seen, inVain] = [0, 0]
    while (!this.#ended.signal.aborted) {
      inVain = this.#packets === seen ? inVain + 1 : 0
      seen = this.#packets
      if (inVain === looksInVain) for (const stretch of this.#order.idle(silenceSamples)) this.#handOn(stretch)
      await runtime.sleep(lookEveryMs, this.#ended.signal).catch(() => {})
    }
  }

  /**
   * The codes, and silence before and after them. One packet every 20 ms by the clock: what comes late is made up for, as the
   * phone plays at its own pace.
   */
  async #sendPackets(codes: Uint8Array, silentPackets: number): Promise<void> {
    const { format, runtime, socket } = this.#parts
    const count = leadPackets + Math.ceil(codes.length / packetSamples) + silentPackets
    const [source, firstSequence, firstTimestamp] = [2 ** 32, 2 ** 16, 2 ** 32].map(most => randomBelow(runtime, most))
    const beganAtMs = runtime.monotonicMs()
    for (let number = 0; number < count && !this.#ended.signal.aborted; number++) {
      const payload = new Uint8Array(packetSamples).fill(format.silence)
      const at = (number - leadPackets) * packetSamples
      if (at >= 0) payload.set(codes.subarray(at, at + packetSamples))
      socket.send({
        payloadType: format.payloadType,
        marker: number === 0,
        sequence: ((firstSequence ?? 0) + number) & 0xffff,
        timestamp: ((firstTimestamp ?? 0) + number * packetSamples) % 2 ** 32,
        source: source ?? 0,
        payload,
      })
      if (at >= 0 && at < codes.length) this.sentAtMs = runtime.monotonicMs()
      const dueInMs = beganAtMs + (number + 1) * packetMs - runtime.monotonicMs()
      await runtime.sleep(Math.max(0, dueInMs), this.#ended.signal).catch(() => {})
    }
  }
}
