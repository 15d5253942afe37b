/**
 * When something happened in Asterisk, by the clock of this process. An event says when it was made, by a wall clock; when it is read is
 * another matter, as a busy process takes several from its socket in one heap. Two presses of one key, 200 ms apart, would look like one.
 *
 * What the two clocks are apart is the least that an event has needed on its way lately: the quickest was hardly on its way at all.
 * Where all of them seem to need longer for a while, it is not the way: somebody has set a clock.
 */

/** Clocks drift apart: the quickest event of the last one to two such windows counts. */
const windowMs = 30_000
/** An event that needs so much longer than the quickest is late, or a clock was set. */
const lateMs = 200
/** Events that come late one after another for so long are not late. */
const lastsMs = 3_000
/** Nor is one that is so late. */
const setMs = 30_000

export class AsteriskClock {
  #windowAtMs = Number.NEGATIVE_INFINITY
  #leastMs = Number.POSITIVE_INFINITY
  #leastBeforeMs = Number.POSITIVE_INFINITY
  /** An unbroken row of late events. */
  #late: { readonly sinceMs: number; leastMs: number } | undefined

  /**
   * @param toldAtMs when it was made, in milliseconds since 1970 by Asterisk's clock; NaN where the event does not say
   * @param readAtMs when it was read, by the monotonic clock
   * @returns when it was made, by the monotonic clock: never later than `readAtMs`
   */
  at(toldAtMs: number, readAtMs: number): number {
    if (Number.isNaN(toldAtMs)) return readAtMs
    const apartMs = readAtMs - toldAtMs
    const lateByMs = apartMs - this.#apartMs
    if (lateByMs > lateMs) {
      this.#late ??= { sinceMs: readAtMs, leastMs: apartMs }
      this.#late.leastMs = Math.min(this.#late.leastMs, apartMs)
      if (lateByMs <= setMs && readAtMs - this.#late.sinceMs < lastsMs) return toldAtMs + this.#apartMs
      this.#begin(readAtMs, this.#late.leastMs)
    } else if (readAtMs - this.#windowAtMs >= windowMs) this.#begin(readAtMs, this.#leastMs)
    this.#late = undefined
    this.#leastMs = Math.min(this.#leastMs, apartMs)
    return toldAtMs + this.#apartMs
  }

  get #apartMs(): number {
    return Math.min(this.#leastMs, this.#leastBeforeMs)
  }

  #begin(atMs: number, leastBeforeMs: number): void {
    this.#windowAtMs = atMs
    this.#leastBeforeMs = leastBeforeMs
    this.#leastMs = Number.POSITIVE_INFINITY
  }
}
