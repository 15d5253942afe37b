/**
 * The exchanges of one call with the card at the caller's payment terminal: `Call.askCard` and `Call.tellCard`. The machine says what
 * to send and how long to listen (`src/phone/exchange/`); here it is done over the call's line, in which one link is open from the
 * first sound of an exchange to its last. A key that the caller presses ends it: they would rather go on by voice. So does the age of the call, before the
 * card is listened to: nothing is decided yet then.
 */
import { frameTypes } from '../../card/messages/frame-types.ts'
import { parseDecline, parseInquiry } from '../../card/messages/inquiry.ts'
import { signalTone } from '../../modem/line/signal-tones.ts'
import { randomBelow } from '../../runtime.ts'
import { say } from '../asking.ts'
import type { CardAsked, CardQuestion } from '../call.ts'
import { alike, ask, goodbye, tell, type Upward } from '../exchange/asking.ts'
import { Ladder } from '../exchange/ladder.ts'
import type { Came, Exchange, Step } from '../exchange/step.ts'
import type { FrameLink, Unsuitable } from '../line.ts'
import type { Session } from '../session.ts'
import { DigitEar } from './digit-ear.ts'
import type { HeardFrame } from './frame-listener.ts'
import { KeptLink } from './kept-link.ts'
import { betweenPiecesMs, carry, playSignal, settled, usualModes } from './one-frame.ts'

/** How much longer is listened to a signal that is on the line when the time is up: the longest frame at 300 baud. */
const mostOverMs = 16_000
const lookEveryMs = 200

type Stopped = 'by-voice' | Unsuitable

export class CardExchanges {
  readonly #session: Session
  readonly #ladder = new Ladder()
  readonly #link: KeptLink
  #sequence: number | undefined
  /** Under which the terminal awaits a result. */
  #awaited: number | undefined
  #isBySound = true

  constructor(session: Session) {
    this.#session = session
    this.#link = new KeptLink(session)
  }

  async ask({ request, challenge }: CardQuestion): Promise<CardAsked> {
    const sequence = this.#nextSequence()
    const sound = { type: frameTypes.request, keyId: 0, payload: request }
    const digits = challenge && [{ type: frameTypes.challenge, keyId: 0, payload: challenge }]
    const message = digits === undefined ? { sound } : { sound, digits }
    this.#awaited = undefined
    const asked = await this.#run(ask(message, this.#ladder, sequence), true)
    if (typeof asked === 'string') return { outcome: asked }
    if (asked.outcome !== 'came') return { outcome: asked.outcome === 'unsuitable' ? 'no-answer' : asked.outcome }
    this.#awaited = asked.upward.sequence
    return meaningOf(asked.upward)
  }

  /** True when the terminal has it. Keys are the caller's next answer, as ever. */
  async tell(result: Uint8Array): Promise<boolean> {
    if (this.#awaited === undefined) throw new Error('no terminal waits for a result')
    const message = alike({ type: frameTypes.result, keyId: 0, payload: result })
    const sequence = this.#awaited
    this.#awaited = undefined
    return (await this.#run(tell(message, this.#ladder, sequence), false)) === true
  }

  /** Two for each exchange: the request's, and that of what comes up. Another call's are not taken for these. */
  #nextSequence(): number {
    this.#sequence = ((this.#sequence ?? randomBelow(this.#session.runtime, 256)) + 2) & 255
    return this.#sequence
  }

  async #run<R>(exchange: Exchange<R>, isAsking: boolean): Promise<R | Stopped> {
    const session = this.#session
    const digits = new DigitEar(session)
    try {
      let came: Came = { came: 'nothing' }
      for (;;) {
        const step = exchange.next(came)
        if (step.done) return step.value
        if (isAsking && step.value.do === 'listen' && session.isTooOld) {
          await this.#carryOut(goodbye, digits)
          await this.#link.close()
          await session.end('gave-up', say('goodbye.time'))
        }
        const stopped = await this.#carryOut(step.value, digits)
        if (stopped === unsuitable) return unsuitable
        if (isAsking && digits.isByVoice) {
          await this.#carryOut(goodbye, digits)
          return 'by-voice'
        }
        came = stopped
      }
    } finally {
      digits.close()
      await this.#link.close()
    }
  }

  async #carryOut(step: Step, digits: DigitEar): Promise<Came | Unsuitable> {
    const session = this.#session
    await session.untilBack()
    switch (step.do) {
      case 'listen':
        return this.#listen(step.withinMs, digits)
      case 'deliver':
        return nothing
      case 'tone':
        // A line that bends sound may still carry digits.
        if (this.#isBySound && (await playSignal(session, this.#link, signalTone(step.tone))) === unsuitable)
          this.#onlyDigits()
        return this.#isBySound || session.line.sendDigits ? nothing : unsuitable
      case 'send':
        for (const frame of step.frames) {
          if ((await carry(session, this.#link, frame, step.mode)) !== unsuitable) continue
          if (step.mode === 'dtmf') return unsuitable
          this.#onlyDigits()
        }
        return nothing
    }
  }

  #onlyDigits(): void {
    this.#isBySound = false
    this.#ladder.atMost('dtmf')
  }

  async #listen(withinMs: number, digits: DigitEar): Promise<Came> {
    const beganAtMs = this.#session.nowMs
    digits.begin()
    const hear = (link?: FrameLink) => this.#hear(beganAtMs + withinMs, digits, link)
    const heard = this.#isBySound ? await this.#link.use(hear) : await hear()
    if (heard === unsuitable) this.#onlyDigits()
    if (heard === undefined || heard === unsuitable) return nothing
    const tookMs = this.#session.nowMs - beganAtMs
    const type = heard.outcome === 'frame' ? { type: heard.frame.type, byteCount: heard.frame.payload.length } : {}
    this.#session.tell({ event: 'frame-awaited', outcome: heard.outcome, ...type })
    const { mode } = heard
    const how = mode === 'bell202' ? 'v23' : mode === 'v21-answer' ? 'v21' : mode
    if (heard.outcome === 'frame') return { came: 'frame', mode: how, frame: heard.frame, tookMs }
    return { came: 'garbled', mode: how, sequence: heard.sequence, tookMs }
  }

  /** The first frame that comes; undefined when the time is up, or the caller has pressed a key. */
  async #hear(untilMs: number, digits: DigitEar, link?: FrameLink): Promise<HeardHere | undefined> {
    const session = this.#session
    let first: HeardFrame | { readonly failure: unknown } | undefined
    const deafen = link?.listen(usualModes, heard => {
      first ??= heard
      session.ring()
    })
    const isOver = () => first !== undefined || digits.heard !== undefined || digits.isByVoice
    const isBusy = () => link?.isHearing === true || digits.isHearing || digits.isSearching
    while (!isOver()) {
      const leftMs = untilMs - session.nowMs
      if (leftMs <= 0 && (!isBusy() || leftMs < -mostOverMs)) break
      digits.look()
      const lookMs = digits.isSearching ? betweenPiecesMs : lookEveryMs
      await session.settle(isOver, leftMs > 0 ? Math.min(leftMs, lookMs) : lookMs)
    }
    if (link && !isOver()) await settled(session, 'listening to a frame', link.heardAll(), 0)
    deafen?.()
    if (first !== undefined && 'failure' in first) throw first.failure
    return first ?? digits.heard
  }
}

type HeardHere = HeardFrame | NonNullable<DigitEar['heard']>

const nothing: Came = { came: 'nothing' }
const unsuitable = 'unsuitable line'

function meaningOf({ type, payload, keyId, way }: Upward): CardAsked {
  if (type === frameTypes.decline) return { outcome: 'declined', why: parseDecline(payload) ?? 'unfit' }
  if (type !== frameTypes.inquiry) return { outcome: 'answered', answer: { way, keyId, payload } }
  const inquiry = parseInquiry(payload)
  return inquiry === undefined ? { outcome: 'declined', why: 'unfit' } : { outcome: 'inquiry', inquiry }
}
