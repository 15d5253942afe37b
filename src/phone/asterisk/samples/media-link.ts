/**
 * The sound of one caller, as samples, while frames are exchanged: an external media channel of Asterisk's that sends RTP
 * to a port of ours, and a bridge that joins it to the caller's channel. Two channels make Asterisk bridge them plainly,
 * packet by packet, so that what was lost on the way here shows as a gap (`docs/decisions/005-samples-of-a-call.md`).
 *
 *   opening ──1 both channels bridged──▶ open ──2 close()──▶ closed
 *      │                                  │
 *      └────── 3 the caller leaves, or the media channel does: everything waiting rejects, close() clears away
 */
import type { ModeName } from '../../../modem/line/modes.ts'
import type { RtpPacket } from '../../../rtp/packet.ts'
import { mostGap, PacketOrder, type Stretch, silenceSamples, silentAfterMs } from '../../../rtp/packet-order.ts'
import type { Runtime } from '../../../runtime.ts'
import type { HeardFrame } from '../../frames/frame-listener.ts'
import type { Listening } from '../../frames/listening.ts'
import type { FrameLink } from '../../line.ts'
import type { MediaFormat } from './media-format.ts'
import type { MediaSocket } from './media-socket.ts'
import { OutgoingSound } from './outgoing-sound.ts'

/**
 * A phone that falls silent may stop sending: a frame's end is then made certain by some silence. It has fallen
 * silent when so many looks in a row find nothing new; one that this process was late for says nothing about the phone.
 */
const lookEveryMs = 100
const looksInVain = silentAfterMs / lookEveryMs
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

type OnHeard = Parameters<FrameLink['listen']>[1]

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
  readonly #ended = new AbortController()
  readonly #outgoing: OutgoingSound
  /** Rejects when the link can carry nothing more. */
  readonly #broken: Promise<never>
  #break: (reason: unknown) => void = () => {}
  #nowClosed: () => void = () => {}
  /** Resolves when nothing of the link is left at Asterisk, or nothing more can be done about it. */
  readonly closed: Promise<void> = new Promise(resolve => {
    this.#nowClosed = resolve
  })
  #onHeard: OnHeard | undefined
  #modes: readonly ModeName[] = []
  #order = new PacketOrder()
  #packets = 0
  /** Samples on their way to the thread or in it, and all that it was given since it listens, gaps included. */
  #unanswered = 0
  #given = 0
  #listensSinceMs = 0
  #lastAnswer: Promise<void> = Promise.resolve()
  missingSamples = 0
  /** Samples that are missing before the next that are handed on. */
  #gap = 0

  constructor(parts: MediaLinkParts) {
    this.#parts = parts
    this.#outgoing = new OutgoingSound(parts.format, parts.socket, parts.runtime, this.#ended.signal)
    this.#broken = new Promise((_, reject) => {
      this.#break = reject
    })
    this.#broken.catch(() => {})
  }

  /** When the caller was last sent something to hear. */
  get sentAtMs(): number {
    return this.#outgoing.saidAtMs
  }

  async send(signal: Float32Array): Promise<void> {
    await Promise.race([this.#broken, this.#outgoing.play(signal)])
  }

  listen(modes: readonly ModeName[], onHeard: OnHeard): () => void {
    const over = new AbortController()
    this.#modes = modes
    this.#onHeard = onHeard
    this.#order = new PacketOrder()
    this.#gap = 0
    this.#given = 0
    this.missingSamples = 0
    this.#listensSinceMs = this.#parts.runtime.monotonicMs()
    this.#push(new Uint8Array(0), pauseSamples, () => {})
    void this.#watchForSilence(AbortSignal.any([over.signal, this.#ended.signal]))
    this.#outgoing.flow()
    return () => {
      over.abort()
      if (this.#onHeard === onHeard) this.#onHeard = undefined
    }
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
    const onHeard = this.#onHeard
    // Whoever listens next is not told of what these samples still held.
    this.#push(codes, missing, heard => this.#onHeard === onHeard && onHeard?.(heard))
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

  async #watchForSilence(over: AbortSignal): Promise<void> {
    const { runtime } = this.#parts
    let [seen, inVain] = [0, 0]
    while (!over.aborted) {
      inVain = this.#packets === seen ? inVain + 1 : 0
      seen = this.#packets
      if (inVain === looksInVain) for (const stretch of this.#order.idle(silenceSamples)) this.#handOn(stretch)
      await runtime.sleep(lookEveryMs, over).catch(() => {})
    }
  }
}
