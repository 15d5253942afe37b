/**
 * The terminal's end of the exchanges of one call: sends what the machine says over a line, and tells it what came. The machine is
 * `src/phone/exchange/answering.ts`; whoever leads this end is asked for each message once, and hears of each result once.
 *
 *     const talk = new TerminalExchange(line, runtime)
 *     const answered = await talk.take({ onRequest: frame => askHolder(frame), onResult: frame => show(frame) })
 */
import { frameTypes } from '../card/messages/frame-types.ts'
import { type Frame, frameBits } from '../modem/coded/frame.ts'
import { DigitFrameReader, type DigitFrameResult, FRAMES_APART_MS, QUIET_MS } from '../modem/dtmf/frame.ts'
import { LINE_MODES } from '../modem/line/modes.ts'
import { modulate } from '../modem/line/modulator.ts'
import { SignalToneDetector } from '../modem/line/signal-tones.ts'
import type { Pieces } from '../modem/pieces.ts'
import { type Answered, answer, type Memory } from '../phone/exchange/answering.ts'
import { Ladder } from '../phone/exchange/ladder.ts'
import type { Came, ExchangeMode, Message, Step } from '../phone/exchange/step.ts'
import { digitsOfFrame, frameOfDigits } from '../phone/frames/digit-frame.ts'
import { FrameListener, type HeardFrame } from '../phone/frames/frame-listener.ts'
import type { Runtime } from '../runtime.ts'
import type { KeyPace, TerminalLine } from './line.ts'

export interface Leading {
  /** A request or a challenge. What it is answered with; the line goes on meanwhile. */
  onRequest(frame: Frame, mode: ExchangeMode): Promise<Message>
  onResult(frame: Frame): void
}

/** From the end of what was heard to the beginning of what is said: a line turns, and the other end has to begin to listen. */
const turnMs = 300
/** What may be on the line when the time is up is heard to its end, no longer than this. */
const mostOverMs = 16_000
const lookEveryMs = 200
/** The page, or whatever else the terminal is, has its turn between two stretches of reading a frame, or of a search for what digits say. */
const betweenPiecesMs = 5
/** Of reading a frame, as many pieces as begin in this time: on a busy machine each turn of others may take many times as long as a piece. */
const stretchMs = 8
/** In packets of 20 ms: as quickly as a switch is sure to tell two presses of one key apart. */
const pace: KeyPace = { toneMs: 60, pauseMs: 40 }

/** For how long a request is waited for: a caller keys an account, a PIN, a payee and an amount first. */
const requestMs = 180_000
/** Less than the other end waits for an answer. */
const holderMs = 110_000

type Heard = Exclude<Came, { came: 'nothing' } | { came: 'message' }>
/** As `Omit`, of each. */
type Untimed = Heard extends infer H ? (H extends Heard ? Omit<H, 'tookMs'> : never) : never

export class TerminalExchange {
  readonly #line: TerminalLine
  readonly #runtime: Pick<Runtime, 'monotonicMs' | 'sleep'>
  readonly #memory: Memory = { ladder: new Ladder(), lastResult: undefined }
  readonly #frames = new FrameListener(['v23', 'v21'])
  readonly #tones = new SignalToneDetector()
  readonly #digits = new DigitFrameReader()
  readonly #heard: Untimed[] = []
  /** Sound that came while a frame was read, and that in which it ended. */
  readonly #unread: Pieces<HeardFrame[]>[] = []
  #message: Message | undefined
  #failure: { readonly reason: unknown } | undefined
  #lastDigitMs = Number.NEGATIVE_INFINITY
  /** When the last digit of ours ended. */
  #keyedAtMs = Number.NEGATIVE_INFINITY
  #hasEnded = false
  #wake: () => void = () => {}

  constructor(line: TerminalLine, runtime: Pick<Runtime, 'monotonicMs' | 'sleep'>) {
    this.#line = line
    this.#runtime = runtime
    line.listen({
      onSound: (samples, gap) => this.#onSound(samples, gap),
      onDigit: ({ key, beganAtMs }) => this.#onDigit(key, beganAtMs),
    })
    void line.ended.then(() => {
      this.#hasEnded = true
      this.#wake()
    })
  }

  /** One request and what comes of it. Rejects only when `leading` fails. */
  async take(leading: Leading): Promise<Answered> {
    const exchange = answer(this.#memory, { requestMs, holderMs })
    this.#message = undefined
    let came: Came = { came: 'nothing' }
    for (;;) {
      const step = exchange.next(came)
      if (step.done) return step.value
      came = await this.#carryOut(step.value, leading)
      if (this.#failure) throw this.#failure.reason
    }
  }

  async #carryOut(step: Step, leading: Leading): Promise<Came> {
    switch (step.do) {
      case 'listen':
        return this.#listen(step.withinMs)
      case 'deliver':
        this.#deliver(step, leading)
        break
      case 'send':
        await this.#runtime.sleep(turnMs)
        await this.#send(step)
        break
      case 'tone':
        break
    }
    return { came: 'nothing' }
  }

  #deliver({ frame, mode }: Extract<Step, { do: 'deliver' }>, leading: Leading): void {
    if (frame.type === frameTypes.result) {
      leading.onResult(frame)
      return
    }
    leading.onRequest(frame, mode).then(
      message => {
        this.#message = message
        this.#wake()
      },
      reason => {
        this.#failure = { reason }
        this.#wake()
      },
    )
  }

  async #send({ mode, frames }: Extract<Step, { do: 'send' }>): Promise<void> {
    for (const frame of frames) {
      if (mode === 'dtmf') await this.#key(digitsOfFrame(frame))
      else await this.#line.send(modulate(frameBits(frame, LINE_MODES[mode]), LINE_MODES[mode]))
    }
  }

  async #key(digits: string): Promise<void> {
    const restMs = this.#keyedAtMs + FRAMES_APART_MS - this.#runtime.monotonicMs()
    if (restMs > 0) await this.#runtime.sleep(restMs)
    await this.#line.keys(digits, pace)
    this.#keyedAtMs = this.#runtime.monotonicMs()
  }

  async #listen(withinMs: number): Promise<Came> {
    const beganMs = this.#runtime.monotonicMs()
    for (;;) {
      const tookMs = this.#runtime.monotonicMs() - beganMs
      this.#readOn()
      // A frame whose last digit was lost ends with a pause.
      if (this.#digits.isSearching) this.#read(this.#digits.goOn())
      else if (this.#runtime.monotonicMs() - this.#lastDigitMs >= QUIET_MS) this.#read(this.#digits.quiet())
      const heard = this.#heard.shift()
      if (heard) return { ...heard, tookMs }
      if (this.#failure || (this.#hasEnded && this.#unread.length === 0)) return { came: 'nothing' }
      // Nobody speaks into what the other end is saying.
      const message = this.#isHearing ? undefined : this.#message
      if (message) {
        this.#message = undefined
        return { came: 'message', message, tookMs }
      }
      const leftMs = withinMs - tookMs
      if (leftMs <= 0 && (!this.#isHearing || leftMs < -mostOverMs)) return { came: 'nothing' }
      const lookMs = this.#digits.isSearching || this.#unread.length > 0 ? betweenPiecesMs : lookEveryMs
      await this.#wait(leftMs > 0 ? Math.min(leftMs, lookMs) : lookMs)
    }
  }

  async #wait(ms: number): Promise<void> {
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    await this.#runtime.sleep(ms, woken.signal).catch(() => {})
  }

  get #isHearing(): boolean {
    const isReading = this.#unread.length > 0 || this.#digits.isSearching
    return isReading || this.#frames.isHearing || this.#runtime.monotonicMs() - this.#lastDigitMs < QUIET_MS
  }

  #onSound(samples: Float32Array, gap: number): void {
    for (const tone of this.#tones.push(samples)) this.#take({ came: 'tone', tone })
    this.#unread.push(this.#frames.pushing(samples, gap))
    this.#readOn()
  }

  /** For one stretch, or up to the end of all that came. */
  #readOn(): void {
    const beganMs = this.#runtime.monotonicMs()
    for (let pieces = this.#unread[0]; pieces !== undefined; pieces = this.#unread[0]) {
      if (this.#runtime.monotonicMs() - beganMs >= stretchMs) return
      const piece = pieces.next()
      if (piece.done !== true) continue
      this.#unread.shift()
      for (const heard of piece.value) {
        const mode = heard.mode === 'v23' ? 'v23' : 'v21'
        if (heard.outcome === 'frame') this.#take({ came: 'frame', mode, frame: heard.frame })
        else this.#take({ came: 'garbled', mode, sequence: heard.sequence })
      }
    }
  }

  #onDigit(key: string, beganAtMs: number): void {
    this.#lastDigitMs = this.#runtime.monotonicMs()
    this.#read(this.#digits.push(key, beganAtMs))
  }

  #read(read: DigitFrameResult): void {
    const received = read.outcome === 'frame' ? frameOfDigits(read) : undefined
    if (received?.outcome === 'frame') this.#take({ came: 'frame', mode: 'dtmf', frame: received.frame })
  }

  #take(heard: Untimed): void {
    this.#heard.push(heard)
    this.#wake()
  }
}
