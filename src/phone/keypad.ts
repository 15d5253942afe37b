/**
 * The keys a caller has pressed and nobody has taken yet. Keys typed ahead stay here until a question takes them or
 * something makes them worthless; the header of `call.ts` says what.
 */
import type { CallLimits } from './call-limits.ts'
import type { KeyPress } from './line.ts'

/** More than the longest entry. A phone lying on its keypad does not fill our memory. */
const mostKeys = 64

export class Keypad {
  readonly #strayHashMs: number
  readonly #burstGapMs: number
  #typedAhead: KeyPress[] = []
  #emptiedAtMs = Number.NEGATIVE_INFINITY
  /** Set just after a fixed-length entry: a `#` begun until then is habit, not an answer. */
  #strayHashUntilMs = Number.NEGATIVE_INFINITY
  #lastBeganAtMs = Number.NEGATIVE_INFINITY
  /** What follows closely on the last key belongs to a burst that counts no more. */
  #isBurstLost = false

  constructor({ strayHashMs, burstGapMs }: Pick<CallLimits, 'strayHashMs' | 'burstGapMs'>) {
    this.#strayHashMs = strayHashMs
    this.#burstGapMs = burstGapMs
  }

  /** False when the key does not count: it then interrupts nothing either. */
  press(press: KeyPress): boolean {
    const isLost = this.#isOfLostBurst(press)
    const isStray = this.#isStrayHash(press)
    if (isLost || isStray || press.beganAtMs < this.#emptiedAtMs) return false
    if (this.#typedAhead.length >= mostKeys) return false
    this.#typedAhead.push(press)
    return true
  }

  /** The oldest key, left in place. */
  get next(): KeyPress | undefined {
    return this.#typedAhead[0]
  }

  /** The one after it. */
  get second(): KeyPress | undefined {
    return this.#typedAhead[1]
  }

  take(): KeyPress | undefined {
    return this.#typedAhead.shift()
  }

  /** Throws away what was keyed until now, and also a key that is still down: a line may report it only at its end. */
  empty(nowMs: number): void {
    this.#typedAhead = []
    this.#emptiedAtMs = nowMs
  }

  /**
   * As `empty`, and also what follows closely on the last key: its caller was still keying, and has not heard what we are
   * about to say. A pause between two keys ends that, and so does `heard`.
   */
  loseBurst(nowMs: number): void {
    this.empty(nowMs)
    this.#isBurstLost = true
  }

  /** The caller has heard what we had to say: from here on every key is an answer to it. */
  heard(): void {
    this.#isBurstLost = false
  }

  /**
   * A fixed-length entry has just ended with `last`. Many callers finish every number with `#`: one is swallowed, be it
   * here already or still to come, so that it neither answers the next question nor cuts its prompt.
   */
  fixedLengthEntryEnded(last: KeyPress): void {
    this.#strayHashUntilMs = last.beganAtMs + this.#strayHashMs
    const next = this.#typedAhead[0]
    if (next && this.#isStrayHash(next)) this.#typedAhead.shift()
  }

  #isOfLostBurst({ beganAtMs }: KeyPress): boolean {
    const followsClosely = beganAtMs - this.#lastBeganAtMs < this.#burstGapMs
    this.#lastBeganAtMs = beganAtMs
    this.#isBurstLost &&= followsClosely
    return this.#isBurstLost
  }

  /** Only the very next key can be the stray `#`: any key ends the expectation. */
  #isStrayHash(press: KeyPress): boolean {
    const stray = press.key === '#' && press.beganAtMs <= this.#strayHashUntilMs
    this.#strayHashUntilMs = Number.NEGATIVE_INFINITY
    return stray
  }
}
