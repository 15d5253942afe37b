/**
 * When something happened in Asterisk, by the clock of this process. An event says when it was made, by a wall clock; when it is read is
 * another matter, as a busy process takes several from its socket in one heap. Two presses of one key, 200 ms apart, would look like one.
 *
 * What the two clocks are apart is the least that an event has needed on its way lately: the quickest was hardly on its way at all.
 */

/** Clocks drift apart: the quickest event of the last one to two such windows counts. */
const windowMs = 30_000
/** No event is on its way for so long: somebody has set a clock. */
const setMs = 2_000

export class AsteriskClock {
  #windowAtMs = Number.NEGATIVE_INFINITY
  #leastMs = Number.POSITIVE_INFINITY
  #leastBeforeMs = Number.POSITIVE_INFINITY

  /**
   * @param toldAtMs when it was made, in milliseconds since 1970 by Asterisk's clock; NaN where the event does not say
   * @param readAtMs when it was read, by the monotonic clock
   * @returns when it was made, by the monotonic clock: never later than `readAtMs`
   */
  at(toldAtMs: number, readAtMs: number): number {
    if (Number.isNaN(toldAtMs)) return readAtMs
    const apartMs = readAtMs - toldAtMs
    if (apartMs > Math.min(this.#leastMs, this.#leastBeforeMs) + setMs) this.#begin(readAtMs, Number.POSITIVE_INFINITY)
    else if (readAtMs - this.#windowAtMs >= windowMs) this.#begin(readAtMs, this.#leastMs)
    this.#leastMs = Math.min(this.#leastMs, apartMs)
    return toldAtMs + Math.min(this.#leastMs, this.#leastBeforeMs)
  }

  #begin(atMs: number, leastBeforeMs: number): void {
    this.#windowAtMs = atMs
    this.#leastBeforeMs = leastBeforeMs
    this.#leastMs = Number.POSITIVE_INFINITY
  }
}
