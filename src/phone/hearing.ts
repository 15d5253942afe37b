/**
 * Something long that is paid for as it is heard: `Call.hear`. Its sound is cut into units; each is paid for before it is
 * played and noted once it is heard.
 *
 *              ┌────────── 2 paid, goes on without a gap ─────────┐
 *              ▼                                                  │
 *   paid ──1 play──▶ playing ──▶ the end of what is paid comes near: asks for the next unit
 *    ▲                  ├─3 its end ─────────────▶ finished       │
 *    │                  ├─4 a key ───────────────▶ key            │
 *    │                  ├─5 hold ──▶ back ──┐                     │
 *    │                  ├─6 paid, but little money is left, or no answer yet ──▶ stops, says so or waits
 *    └──────────────────┴───────────────────┘                     └─7 refused ──▶ stops at the end of what is paid: refused
 *
 * What was stopped goes on from a moment before, which costs nothing again: money is counted by the place in the sound. No unit
 * begins before the beginning of the one before it is known to be noted.
 */
import { DeadlineExceeded } from '../runtime.ts'
import type { Clip, Utterance } from '../speech/speech.ts'
import { say } from './asking.ts'
import type { HeardOut, Meter, UnitPaid } from './call.ts'
import type { Playback } from './line.ts'
import type { Session } from './session.ts'

/** A unit counts as heard after this: whoever leaves just as it begins does not pay for it. */
const heardAfterMs = 250
/** So long before the paid sound ends the next unit is asked for. */
const askAheadMs = 4_000
/** Where a clip was stopped in its middle it goes on this much before. */
const stepBackMs = 3_000
/** The caller is told when the money that is left lasts no longer than this. */
const warnMs = 60_000

export interface HearingParts {
  readonly session: Session
  readonly utterance: Utterance
  readonly meter: Meter
  /** Waits for work while nothing is played, with comfort. */
  readonly during: <T>(work: Promise<T>) => Promise<T>
  /** The call is not over before this is settled. */
  readonly track: (work: Promise<unknown>) => void
}

interface Noting {
  readonly work: Promise<unknown>
  failure?: unknown
}

interface Asked {
  readonly work: Promise<UnitPaid>
  answer?: UnitPaid
  failure?: unknown
}

export class Hearing {
  readonly #parts: HearingParts
  readonly #clips: readonly Clip[]
  readonly #lastsMs: number
  readonly #unitMs: number
  readonly #units: number
  /** How much of the sound has been heard at most. */
  #heardMs = 0
  #paid = 0
  #begun = 0
  /** How many units can be paid after those. */
  #more = 0
  #asked: Asked | undefined
  #isRefused = false
  #hasWarned = false
  /** What was last noted as begun, until that is known to be. */
  #noting: Noting | undefined
  #isTold = false
  #isToLook = false

  constructor(parts: HearingParts) {
    this.#parts = parts
    this.#clips = parts.session.speech.clips(parts.session.language, parts.utterance)
    this.#lastsMs = this.#clips.reduce((sumMs, clip) => sumMs + clip.durationMs, 0)
    this.#unitMs = Math.min(parts.meter.unitMs ?? this.#lastsMs, this.#lastsMs)
    this.#units = Math.max(1, Math.ceil(this.#lastsMs / this.#unitMs))
  }

  async run(): Promise<HeardOut> {
    const { session, meter } = this.#parts
    session.loseBurst()
    for (;;) {
      await session.untilBack()
      await this.#noted()
      if (!(await this.#isPaid())) return 'refused'
      if (this.#isToBeWarned()) {
        this.#hasWarned = true
        await session.play([say(meter.almostOver)], { interruptible: false })
        session.loseBurst()
        continue
      }
      const how = await this.#play()
      if (how === 'stopped') continue
      // The key that ended it is no answer to what comes next.
      if (how === 'key') session.loseBurst()
      await this.#noted()
      return how
    }
  }

  /** Whether what comes next is paid for; asks while nothing is played. */
  async #isPaid(): Promise<boolean> {
    while (this.#paid * this.#unitMs <= this.#heardMs && !this.#isRefused) {
      const asked = this.#ask()
      this.#take(asked.answer ?? (await this.#parts.during(asked.work)))
    }
    return this.#paid * this.#unitMs > this.#heardMs
  }

  #ask(): Asked {
    const { meter, track } = this.#parts
    if (this.#asked !== undefined) return this.#asked
    const work = meter.pay(this.#paid + 1)
    const asked: Asked = { work }
    this.#asked = asked
    track(
      work.then(
        answer => {
          asked.answer = answer
          this.#look()
        },
        failure => {
          asked.failure = failure
          this.#look()
        },
      ),
    )
    return asked
  }

  #take(answer: UnitPaid): void {
    this.#asked = undefined
    if (answer === 'refused') {
      this.#isRefused = true
      return
    }
    this.#paid++
    this.#more = answer.more
  }

  /** Once, when there is more to hear than the money lasts for, and that is a minute or less. */
  #isToBeWarned(): boolean {
    if (this.#hasWarned || this.#parts.meter.unitMs === undefined) return false
    const lastsUntil = (this.#paid + this.#more) * this.#unitMs
    return lastsUntil < this.#lastsMs && lastsUntil - this.#heardMs <= warnMs
  }

  async #play(): Promise<'finished' | 'key' | 'stopped'> {
    const { session } = this.#parts
    const { clips, skipMs, fromMs } = this.#rest()
    const timesHeld = session.timesHeld
    const watched = this.#watch(clips, skipMs)
    const { playback } = watched
    const untilMs = session.nowMs + (this.#lastsMs - fromMs) + session.limits.promptGraceMs
    try {
      for (;;) {
        const playedMs = watched.begunAtMs === undefined ? 0 : session.nowMs - watched.begunAtMs
        const placeMs = Math.min(fromMs + playedMs, this.#lastsMs)
        this.#noteBegun(watched.end === 'finished' ? this.#lastsMs : placeMs)
        this.#heardMs = Math.max(this.#heardMs, Math.min(placeMs, this.#paid * this.#unitMs))
        if (this.#noting?.failure !== undefined) throw this.#noting.failure
        if (watched.failure !== undefined) throw watched.failure
        if (watched.end === 'finished') return 'finished'
        if (session.keypad.next) return await this.#stop(playback, 'key')
        if (session.timesHeld !== timesHeld) return await this.#stop(playback, 'stopped')
        if (this.#mustStop(placeMs)) return await this.#stop(playback, 'stopped')
        if (session.nowMs >= untilMs) throw new DeadlineExceeded('the end of what is heard', untilMs)
        this.#isToLook = false
        const somethingHappened = () =>
          this.#isToLook || session.keypad.next !== undefined || session.timesHeld !== timesHeld
        await session.settle(somethingHappened, Math.max(1, this.#nextLookMs(placeMs, watched.begunAtMs !== undefined)))
      }
    } catch (failure) {
      await playback.stop().catch(() => {})
      throw failure
    }
  }

  /** At the end of what is paid: takes the answer to the next unit, if it came and changes nothing that the caller must hear of. */
  #mustStop(placeMs: number): boolean {
    const endMs = this.#paid * this.#unitMs
    if (this.#paid >= this.#units) return false
    if (placeMs >= endMs - Math.min(askAheadMs, this.#unitMs / 2) && !this.#isRefused) this.#ask()
    if (this.#asked?.failure !== undefined) throw this.#asked.failure
    if (placeMs < endMs) return false
    const answer = this.#asked?.answer
    if (answer === undefined || this.#noting !== undefined) return true
    this.#take(answer)
    return this.#isRefused || this.#isToBeWarned()
  }

  /** Until something may have to be done again, when nobody rings before. */
  #nextLookMs(placeMs: number, hasBegun: boolean): number {
    if (!hasBegun) return this.#parts.session.limits.promptGraceMs
    const endMs = this.#paid * this.#unitMs
    const marks = [this.#begun * this.#unitMs + heardAfterMs, endMs - Math.min(askAheadMs, this.#unitMs / 2), endMs]
    const ahead = marks.filter(mark => mark > placeMs)
    return Math.min(...ahead.map(mark => mark - placeMs), this.#parts.session.limits.promptGraceMs)
  }

  #noteBegun(placeMs: number): void {
    const { meter, track } = this.#parts
    const isHeard = placeMs >= this.#begun * this.#unitMs + heardAfterMs || placeMs === this.#lastsMs
    if (this.#begun >= this.#paid || !isHeard) return
    this.#begun++
    const noting: Noting = { work: meter.begun(this.#begun) }
    this.#noting = noting
    track(
      noting.work.then(
        () => {
          this.#noting = undefined
          this.#look()
        },
        failure => {
          noting.failure = failure
          this.#look()
        },
      ),
    )
  }

  /** Waits until it is known that what was heard is noted, which it mostly is. */
  async #noted(): Promise<void> {
    if (this.#noting !== undefined) await this.#parts.during(this.#noting.work)
  }

  async #stop<H>(playback: Playback, how: H): Promise<H> {
    await playback.stop()
    this.#parts.session.assertTalking()
    return how
  }

  /** What has not been heard, and a little before it. */
  #rest(): { clips: readonly Clip[]; skipMs: number; fromMs: number } {
    let beginsMs = 0
    for (const [index, { durationMs }] of this.#clips.entries()) {
      if (this.#heardMs < beginsMs + durationMs) {
        const fromMs = Math.max(beginsMs, this.#heardMs - stepBackMs)
        return { clips: this.#clips.slice(index), skipMs: Math.round(fromMs - beginsMs), fromMs }
      }
      beginsMs += durationMs
    }
    throw new Error('all of it has been heard, and it goes on')
  }

  /** Something has changed. */
  #look(): void {
    this.#isToLook = true
    this.#parts.session.ring()
  }

  #watch(clips: readonly Clip[], skipMs: number) {
    const { session, utterance } = this.#parts
    const { language, speech, line } = session
    // A long text stands in the transcript once, however often it is interrupted.
    const text = (reveal: boolean) => (isTold ? '…' : speech.text(language, utterance, { reveal }))
    const isTold = this.#isTold
    this.#isTold = true
    if (!isTold) session.tell({ event: 'said', language, phrase: utterance.phrase, text: text(false) })
    const playback = line.play({ language, clips, skipMs, text: text(false), revealed: () => text(true) })
    const watched: { playback: Playback; begunAtMs?: number; end?: 'finished' | 'stopped'; failure?: unknown } = {
      playback,
    }
    const note = (what: Partial<typeof watched>) => {
      Object.assign(watched, what)
      this.#look()
    }
    const begun = playback.begun ?? Promise.resolve()
    begun.then(
      () => note({ begunAtMs: session.nowMs }),
      () => {},
    )
    playback.ended.then(
      end => note({ end }),
      failure => note({ failure }),
    )
    return watched
  }
}
