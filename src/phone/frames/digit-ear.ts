/**
 * The digits of a call while a terminal is asked: those of a frame, and the single key of a caller who would rather go on by voice. A
 * few keys with a pause behind them are a caller's, as a frame has many more and no such pause. Close behind a frame they are the frame's, which a line
 * may double: a caller who means it presses once more.
 */

import type { Frame } from '../../modem/coded/frame.ts'
import { DigitFrameReader, type DigitFrameResult, digitFrame, QUIET_MS } from '../../modem/dtmf/frame.ts'
import type { DigitPress } from '../line.ts'
import type { Session } from '../session.ts'
import { frameOfDigits } from './digit-frame.ts'

const mostKeys = 3
/** Digits of a frame that may come after it was read: its code puts so many right that it may be whole before its last one. */
const mostLate = 2

type HeardDigits =
  | { readonly outcome: 'frame'; readonly mode: 'dtmf'; readonly frame: Frame }
  | { readonly outcome: 'garbled'; readonly mode: 'dtmf'; readonly sequence: number }

export class DigitEar {
  readonly #session: Session
  readonly #giveBack: () => void
  readonly #reader = new DigitFrameReader()
  /** Digits since the last pause. */
  #burst = ''
  #burstAtMs = Number.NEGATIVE_INFINITY
  #lastAtMs = Number.NEGATIVE_INFINITY
  /** The last digit of the last frame. */
  #frameAtMs = Number.NEGATIVE_INFINITY
  /** With which it ends. */
  #frameEnd = ''
  /** A frame since `begin`. */
  heard: HeardDigits | undefined

  constructor(session: Session) {
    this.#session = session
    this.#giveBack = session.divertDigits(press => this.#take(press))
  }

  /** From now on a frame counts. */
  begin(): void {
    this.heard = undefined
  }

  /** A frame in digits may be under way. */
  get isHearing(): boolean {
    return this.#burst.length > 0 && this.#sincePress < QUIET_MS
  }

  /** What was heard is still looked at: `look` goes on with it. */
  get isSearching(): boolean {
    return this.#reader.isSearching
  }

  /** The caller has pressed a key, and it is no frame. */
  get isByVoice(): boolean {
    if (!/^[0-9*#]+$/.test(this.#burst) || this.#burst.length > mostKeys) return false
    return this.#burstAtMs - this.#frameAtMs >= QUIET_MS && this.#sincePress >= QUIET_MS
  }

  /** To be asked now and then, and soon again while it searches: a frame whose last digit was lost ends with a pause. */
  look(): void {
    if (this.isSearching) this.#read(this.#reader.goOn())
    if (this.#burst.length <= mostKeys || this.#sincePress < QUIET_MS) return
    this.#read(this.#reader.quiet())
    this.#burst = ''
  }

  /**
   * Keys are the caller's again, but for the last ones of a frame that come after it was read, or twice: they would answer the next question. A caller who
   * presses one of these two within the second does it once more.
   */
  close(): void {
    this.#giveBack()
    const untilMs = this.#frameAtMs + QUIET_MS
    this.#session.passOver(({ key }) => this.#session.nowMs < untilMs && this.#frameEnd.includes(key))
  }

  get #sincePress(): number {
    return this.#session.nowMs - this.#lastAtMs
  }

  #take({ key, beganAtMs }: DigitPress): void {
    if (this.#sincePress >= QUIET_MS) this.#burst = ''
    this.#lastAtMs = this.#session.nowMs
    if (this.#burst === '') this.#burstAtMs = this.#lastAtMs
    this.#burst += key
    this.#read(this.#reader.push(key, beganAtMs))
  }

  #read(read: DigitFrameResult): void {
    if (read.outcome === 'nothing') return
    this.#burst = ''
    this.#frameAtMs = this.#lastAtMs
    if (read.outcome === 'frame') this.#frameEnd = digitFrame(read.payload).slice(-mostLate)
    const received = read.outcome === 'frame' ? frameOfDigits(read) : undefined
    // Of one that could not be read not even the sequence is known: it comes again when nobody answers.
    if (received?.outcome !== 'frame') return
    this.heard ??= { outcome: 'frame', mode: 'dtmf', frame: received.frame }
    this.#session.ring()
  }
}
