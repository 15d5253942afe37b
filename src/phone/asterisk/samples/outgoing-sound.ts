/**
 * What a link plays to its caller: one packet every 20 ms by the clock, from the first signal or the first listening until the link
 * closes, and silence wherever there is no signal. What comes late is made up for, as the phone plays at its own pace; of a longer
 * standstill the first part is left out, as if the network had lost it. Asterisk would
 * play to the caller what anybody of this machine sent it, as long as it hears nothing from us.
 */
import { type Runtime, randomBelow } from '../../../runtime.ts'
import type { MediaFormat } from './media-format.ts'
import type { MediaSocket } from './media-socket.ts'

const packetMs = 20
const packetSamples = 160
/** The phone's jitter buffer fills before it plays, and plays its last packet when another one follows. */
const leadPackets = 3
const tailPackets = 3
/** A longer burst would be thrown away on its way, all of it; a modem reads on behind a gap that timestamps mark. */
const mostLateMs = 500

interface Signal {
  readonly codes: Uint8Array
  /** The number of its first packet. */
  from: number
  readonly sent: () => void
}

export class OutgoingSound {
  readonly #format: MediaFormat
  readonly #socket: Pick<MediaSocket, 'send'>
  readonly #runtime: Runtime
  readonly #ended: AbortSignal
  #isFlowing = false
  /** How many packets have been sent. */
  #count = 0
  #signal: Signal | undefined
  /** When the last packet with something to hear went out: the phone's jitter buffer still has to play it. */
  saidAtMs = Number.NEGATIVE_INFINITY

  constructor(format: MediaFormat, socket: Pick<MediaSocket, 'send'>, runtime: Runtime, ended: AbortSignal) {
    this.#format = format
    this.#socket = socket
    this.#runtime = runtime
    this.#ended = ended
  }

  /** Silence, until there is a signal. */
  flow(): void {
    if (!this.#isFlowing) void this.#sendPackets()
  }

  /** Resolves when the last packet of the signal, and of what follows it for the phone's sake, has been sent. One at a time. */
  play(signal: Float32Array): Promise<void> {
    if (this.#signal) throw new Error('a signal is being played')
    return new Promise(sent => {
      this.#signal = { codes: this.#format.encode(signal), from: Math.max(this.#count, leadPackets), sent }
      this.flow()
    })
  }

  async #sendPackets(): Promise<void> {
    this.#isFlowing = true
    const runtime = this.#runtime
    const [source, firstSequence, firstTimestamp] = [2 ** 32, 2 ** 16, 2 ** 32].map(most => randomBelow(runtime, most))
    const beganAtMs = runtime.monotonicMs()
    while (!this.#ended.aborted) {
      this.#skip(Math.floor((runtime.monotonicMs() - beganAtMs - this.#count * packetMs - mostLateMs) / packetMs))
      const number = this.#count++
      this.#socket.send({
        payloadType: this.#format.payloadType,
        marker: number === 0,
        sequence: ((firstSequence ?? 0) + number) & 0xffff,
        timestamp: ((firstTimestamp ?? 0) + number * packetSamples) % 2 ** 32,
        source: source ?? 0,
        payload: this.#payload(number),
      })
      const dueInMs = beganAtMs + this.#count * packetMs - runtime.monotonicMs()
      await runtime.sleep(Math.max(0, dueInMs), this.#ended).catch(() => {})
      this.#settle()
    }
  }

  /** A signal that has not begun begins late. */
  #skip(packets: number): void {
    if (packets <= 0) return
    if (this.#signal && this.#count <= this.#signal.from) this.#signal.from += packets
    this.#count += packets
  }

  #payload(number: number): Uint8Array {
    const payload = new Uint8Array(packetSamples).fill(this.#format.silence)
    const { codes, from } = this.#signal ?? nothing
    const at = (number - from) * packetSamples
    if (at < 0 || at >= codes.length) return payload
    payload.set(codes.subarray(at, at + packetSamples))
    this.saidAtMs = this.#runtime.monotonicMs()
    return payload
  }

  #settle(): void {
    const signal = this.#signal
    if (!signal) return
    if (this.#count < signal.from + Math.ceil(signal.codes.length / packetSamples) + tailPackets) return
    this.#signal = undefined
    signal.sent()
  }
}

const nothing: Pick<Signal, 'codes' | 'from'> = { codes: new Uint8Array(), from: 0 }
