/**
 * One call in progress: what is being played, which keys wait, whether the caller holds us or has left. The questions
 * (`question.ts`, `menu.ts`) and the verbs of `conversation.ts` are written on the four waits of this file.
 *
 *              play / nextKey / settle wait here
 *                      │
 *   ┌──────── talking ─┴──────────┐ 1 onHold    ┌─────────┐  3 five minutes
 *   │                             ├────────────▶│ on hold ├───────────┐  (or too often)
 *   │            ◀────────────────┼ 2 onUnhold ─┤         │           │
 *   │ 4 onGone                    │ 5 end()     └────┬────┘           │
 *   ▼                             ▼                  │ 4 onGone       ▼
 *  left: every wait throws       over: every wait    ▼               over
 *  CallGone                      throws CallOver    left
 */
import { DeadlineExceeded, type Runtime } from '../runtime.ts'
import { Secret } from '../secret.ts'
import type { Language, Speech, Utterance } from '../speech/speech.ts'
import { CallOver, WentBack } from './call.ts'
import type { CallLimits } from './call-limits.ts'
import { Keypad } from './keypad.ts'
import { CallGone, type DigitPress, type KeyPress, type Line } from './line.ts'
import type { Transcript, TranscriptEvent } from './transcript.ts'
import { Wakeup } from './wakeup.ts'

export interface SessionParts {
  readonly line: Line
  readonly speech: Speech
  readonly runtime: Runtime
  readonly transcript: Transcript
  readonly limits: CallLimits
}

export interface HowPlayed {
  readonly interruptible: boolean
  /** Looked at whenever somebody rings: true cuts it short. */
  readonly isOver?: () => boolean
}

/** `held`: the caller put us on hold meanwhile, and is back. What was said was said to nobody. */
export type Played = 'finished' | 'cut' | 'held'

export class Session {
  readonly line: Line
  readonly speech: Speech
  readonly runtime: Runtime
  readonly limits: CallLimits
  readonly keypad: Keypad
  readonly #transcript: Transcript
  readonly #wakeup: Wakeup
  #answeredAtMs: number
  language: Language
  /** When the last digit ended that we keyed to whoever is at the other end. */
  digitsEndedAtMs = Number.NEGATIVE_INFINITY
  #state: 'talking' | 'on hold' | 'left' | 'over' = 'talking'
  #heldAtMs = 0
  #timesHeld = 0
  #keysSoFar = 0
  #divertedTo: ((press: DigitPress) => void) | undefined
  #passedOver: (press: DigitPress) => boolean = () => false
  #assistance: (() => Promise<void>) | undefined
  #isMoot: (() => boolean) | undefined
  #assistedSinceMs: number | undefined

  constructor({ line, speech, runtime, transcript, limits }: SessionParts, language: Language) {
    this.line = line
    this.speech = speech
    this.runtime = runtime
    this.limits = limits
    this.language = language
    this.keypad = new Keypad(limits)
    this.#transcript = transcript
    this.#wakeup = new Wakeup(runtime)
    this.#answeredAtMs = runtime.monotonicMs()
    line.listen({
      onKey: press => this.#onDigit(press),
      onGone: () => this.#become('left'),
      onHold: () => this.#hold(),
      onUnhold: () => this.#state === 'on hold' && this.#become('talking'),
    })
  }

  /** Says several phrases as one prompt. `interruptible`: a key cuts it short, one typed ahead before it begins. */
  async play(utterances: readonly Utterance[], { interruptible, isOver }: HowPlayed): Promise<Played> {
    this.assertTalking()
    if (interruptible && this.keypad.next) return 'cut'
    await this.untilBack()

    const timesHeld = this.#timesHeld
    const how = await this.#hear(utterances, interruptible, isOver ?? this.#isMoot)
    if (this.#isMoot?.()) throw new WentBack()
    if (utterances.some(tellsSecret)) this.loseBurst()
    if (this.#timesHeld !== timesHeld) {
      await this.untilBack()
      return 'held'
    }
    if (how === 'finished') {
      for (const { phrase } of utterances) this.tell({ event: 'heard-in-full', phrase })
      if (interruptible) this.keypad.heard()
    }
    return how
  }

  /**
   * The next key that went down no later than `untilMs`. A line may report a key late (Asterisk: at its end), so the
   * wait is longer by the line's lag, and a key begun in time beats the timer.
   */
  async nextKey(untilMs: number): Promise<KeyPress | 'timeout' | 'held'> {
    const timesHeld = this.#timesHeld
    const heard = await this.#until(() => {
      if (this.#isMoot?.()) return 'moot'
      if (this.#timesHeld !== timesHeld || this.#state === 'on hold') return 'held'
      const press = this.keypad.next
      if (!press) return undefined
      return press.beganAtMs <= untilMs ? this.keypad.take() : 'timeout'
    }, untilMs + this.line.keyReportLagMs)
    if (heard === 'moot') throw new WentBack()
    if (heard === 'held') await this.untilBack()
    return heard ?? 'timeout'
  }

  /** Waits for `isSettled`, which is looked at whenever `ring` is called, or for `ms` to pass. True when settled. */
  async settle(isSettled: () => boolean, ms: number): Promise<boolean> {
    return (await this.#until(() => isSettled() || undefined, this.nowMs + ms)) ?? false
  }

  /** Waits while the caller holds us, and gives up after the limit, of time or of times. */
  async untilBack(): Promise<void> {
    this.assertTalking()
    if (this.#timesHeld > this.limits.holds) await this.end('gave-up')
    if (this.#state !== 'on hold') return
    const untilMs = this.#heldAtMs + this.limits.holdMs
    const isBack = await this.#until(() => this.#state === 'talking' || undefined, untilMs)
    if (!isBack) await this.end('gave-up')
  }

  /** From now on every digit goes to `taker` and none to the keypad, until the function that is returned is called. */
  divertDigits(taker: (press: DigitPress) => void): () => void {
    this.#divertedTo = taker
    return () => {
      this.#divertedTo = undefined
    }
  }

  /** From now on a key of which this is true is nobody's answer, whoever listens for keys next. */
  passOver(isNoAnswer: (press: DigitPress) => boolean): void {
    this.#passedOver = isNoAnswer
  }

  ring(): void {
    this.#wakeup.ring()
  }

  /** What begins when a caller would rather talk to somebody. In the midst of that it is not offered again. */
  assistBy(talk: () => Promise<void>): void {
    const begin = async () => {
      this.#assistance = undefined
      const beganAtMs = this.nowMs
      this.#assistedSinceMs = beganAtMs
      try {
        await talk()
      } catch (left) {
        // Back to the question at which they asked for it.
        if (!(left instanceof WentBack)) throw left
      } finally {
        this.#assistance = begin
        this.#assistedSinceMs = undefined
        // However long they waited: a call's longest time is for what it is about.
        this.#answeredAtMs += this.nowMs - beganAtMs
      }
    }
    this.#assistance = begin
  }

  /** A question within `work` that gives up says no goodbye: it throws `WentBack`, as it does once `isMoot` is true, looked at when somebody rings. */
  async asideOf<T>(isMoot: () => boolean, work: () => Promise<T>): Promise<T> {
    this.#isMoot = isMoot
    try {
      return await work()
    } finally {
      this.#isMoot = undefined
    }
  }

  get isAside(): boolean {
    return this.#isMoot !== undefined
  }

  get assistance(): (() => Promise<void>) | undefined {
    return this.#assistance
  }

  /** Says `goodbye`, if given, and ends the call. Throws `CallOver`. */
  async end(how: 'said-goodbye' | 'gave-up' | 'fault', goodbye?: Utterance): Promise<never> {
    if (goodbye) await this.play([goodbye], { interruptible: false })
    this.assertTalking()
    this.#become('over')
    this.tell({ event: 'ended', how })
    // A line that cannot be hung up any more is as good as hung up.
    await this.line.hangUp().catch(() => {})
    throw new CallOver()
  }

  /** Everything keyed until now is worthless. */
  emptyKeypad(): void {
    this.keypad.empty(this.nowMs)
  }

  /** As `emptyKeypad`, and also what the caller keys on without having heard what we are about to say. */
  loseBurst(): void {
    this.keypad.loseBurst(this.nowMs)
  }

  /** The time of assistance has limits of its own. */
  get isTooOld(): boolean {
    return (this.#assistedSinceMs ?? this.nowMs) - this.#answeredAtMs >= this.limits.callMs
  }

  get keysSoFar(): number {
    return this.#keysSoFar
  }

  /** How often the caller has put us on hold. */
  get timesHeld(): number {
    return this.#timesHeld
  }

  get isOnHold(): boolean {
    return this.#state === 'on hold'
  }

  get nowMs(): number {
    return this.runtime.monotonicMs()
  }

  tell(event: TranscriptEvent): void {
    this.#transcript(event)
  }

  assertTalking(): void {
    if (this.#state === 'left') throw new CallGone()
    if (this.#state === 'over') throw new CallOver()
  }

  /** Plays until the end, a key or the prompt's limit. */
  async #hear(
    utterances: readonly Utterance[],
    interruptible: boolean,
    isOver = () => false,
  ): Promise<'finished' | 'cut'> {
    const { language, speech } = this
    const clips = utterances.flatMap(utterance => speech.clips(language, utterance))
    const text = (reveal: boolean) => utterances.map(u => speech.text(language, u, { reveal })).join(' ')
    for (const utterance of utterances)
      this.tell({ event: 'said', language, phrase: utterance.phrase, text: speech.text(language, utterance) })

    const playback = this.line.play({ language, clips, text: text(false), revealed: () => text(true) })
    let end: { how: 'finished' | 'stopped' } | { failure: unknown } | undefined
    const note = (what: typeof end) => {
      end = what
      this.ring()
    }
    playback.ended.then(
      how => note({ how }),
      failure => note({ failure }),
    )

    const lastsMs = clips.reduce((sumMs, clip) => sumMs + clip.durationMs, 0)
    const untilMs = this.nowMs + lastsMs + this.limits.promptGraceMs
    const how = await this.#until(() => {
      if (end && 'failure' in end) throw end.failure
      if (end) return end.how
      return (interruptible && this.keypad.next) || isOver() ? 'cut' : undefined
    }, untilMs)

    if (how === 'finished') return 'finished'
    await playback.stop()
    // Nobody but a key, or what is worth more to the caller, stops a prompt. Anything else means that the caller may not have heard what counts as told.
    if (how !== 'cut') throw new DeadlineExceeded('the end of a prompt', lastsMs + this.limits.promptGraceMs)
    return 'cut'
  }

  async #until<T>(ready: () => T | undefined, untilMs: number): Promise<T | undefined> {
    for (;;) {
      this.assertTalking()
      const value = ready()
      if (value !== undefined) return value
      const leftMs = untilMs - this.nowMs
      if (leftMs <= 0) return undefined
      await this.#wakeup.waitAtMost(leftMs)
    }
  }

  #onDigit(press: DigitPress): void {
    this.#keysSoFar++
    if (this.#divertedTo) this.#divertedTo(press)
    else if (isKey(press) && !this.#passedOver(press) && this.keypad.press(press)) this.#wakeup.ring()
  }

  #hold(): void {
    if (this.#state !== 'talking') return
    this.#timesHeld++
    this.#heldAtMs = this.nowMs
    this.#become('on hold')
  }

  #become(state: 'talking' | 'on hold' | 'left' | 'over'): void {
    if (this.#state === 'left' || this.#state === 'over') return
    this.#state = state
    this.#wakeup.ring()
  }
}

/** A to D are no keys that a question could be answered with. */
function isKey(press: DigitPress): press is KeyPress {
  return !/^[A-D]$/.test(press.key)
}

function tellsSecret({ values }: Utterance): boolean {
  return Object.values(values).some(value => value instanceof Secret)
}
