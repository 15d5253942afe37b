/// <reference lib="dom" />
/** The line of this page's call as a payment terminal has it: frames leave and come as A-law bytes, past the page's own sound. */
import { aLaw } from '../../g711.ts'
import { PacketOrder, type Stretch, silenceSamples, silentAfterMs } from '../../rtp/packet-order.ts'
import type { KeyPace, LineEnd, Sent, TerminalLine, TerminalListener } from '../../terminal/line.ts'
import type { CallFrames, FromWorker } from './call-frames.ts'

const aLawType = 8
const usualPace = { toneMs: 80, pauseMs: 60 }
/** W3C, WebRTC, section 7.2: of a key that is pressed by a page. */
const shortest = { toneMs: 40, pauseMs: 30 }
const lookEveryMs = 100
/** Asterisk sends nothing while it has nothing to play. */
const looksInVain = silentAfterMs / lookEveryMs

export class EncodedLine implements TerminalLine {
  /** Keys of the other end are not told: a browser plays them and says nothing of them. */
  readonly keysAs = 'events'
  readonly #frames: CallFrames
  readonly #dtmf: RTCDTMFSender | null
  readonly #hangUp: () => void
  readonly #order = new PacketOrder()
  readonly #sending = new Map<number, (sent: Sent) => void>()
  readonly #looking: ReturnType<typeof setInterval>
  #listener: TerminalListener | undefined
  #last: Promise<unknown> = Promise.resolve()
  #packets = 0
  #inVain = 0
  #isOver = false
  #end: (end: LineEnd) => void = () => {}
  readonly ended = new Promise<LineEnd>(resolve => {
    this.#end = resolve
  })

  /** @param frames of a call that stands @param dtmf its keys */
  constructor(frames: CallFrames, dtmf: RTCDTMFSender | null, hangUp: () => void) {
    this.#frames = frames
    this.#dtmf = dtmf
    this.#hangUp = hangUp
    frames.listen(message => this.#from(message))
    this.#looking = setInterval(() => this.#look(), lookEveryMs)
  }

  send(samples: Float32Array): Promise<Sent> {
    if (this.#isOver) return Promise.resolve('ended')
    if (samples.length === 0) return Promise.resolve('sent')
    const sent = new Promise<Sent>(resolve => {
      this.#sending.set(this.#frames.put(aLaw.encode(samples)), resolve)
    })
    this.#last = sent
    return sent
  }

  async keys(digits: string, pace: KeyPace = {}): Promise<Sent> {
    await this.#last
    const dtmf = this.#dtmf
    if (this.#isOver || dtmf === null) return 'ended'
    const { toneMs, pauseMs } = { ...usualPace, ...pace }
    const pressed = new Promise<Sent>(resolve => {
      dtmf.addEventListener('tonechange', ({ tone }) => tone === '' && resolve('sent'))
      void this.ended.then(() => resolve('ended'))
    })
    this.#last = pressed
    dtmf.insertDTMF(digits, Math.max(shortest.toneMs, toneMs), Math.max(shortest.pauseMs, pauseMs))
    return pressed
  }

  listen(listener: TerminalListener): void {
    this.#listener = listener
  }

  async hangUp(): Promise<void> {
    if (this.#isOver) return
    this.#hangUp()
    this.over('hung up here')
  }

  /** The call has ended, or whoever listens here has gone. */
  over(end: LineEnd): void {
    if (this.#isOver) return
    this.#isOver = true
    clearInterval(this.#looking)
    this.#listener = undefined
    for (const settle of this.#sending.values()) settle('ended')
    this.#sending.clear()
    this.#frames.listen(undefined)
    this.#end(end)
  }

  #from(message: FromWorker): void {
    if (message.kind === 'sent') {
      this.#sending.get(message.id)?.('sent')
      this.#sending.delete(message.id)
      return
    }
    const { timestamp, source, codes } = message
    this.#packets++
    this.#tell(
      this.#order.push({ payloadType: aLawType, marker: false, sequence: 0, timestamp, source, payload: codes }),
    )
  }

  #look(): void {
    this.#inVain = this.#packets === 0 ? this.#inVain + 1 : 0
    this.#packets = 0
    if (this.#inVain === looksInVain) this.#tell(this.#order.idle(silenceSamples))
  }

  #tell(stretches: readonly Stretch[]): void {
    for (const { gap, codes } of stretches) this.#listener?.onSound(aLaw.decode(codes), gap)
  }
}
