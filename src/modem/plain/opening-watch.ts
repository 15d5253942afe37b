/**
 * Notices where frames may begin after a line was idle: the same sound stood for longer than any does within a frame, and then another came.
 *
 * HDLC has no more than seven ones in a row, its abort fifteen; zeros may stand for as long as they like, which who reads them has to know. An idle line sends mark, and a foreign tone lies somewhere between our two;
 * from neither is anything learned of the clock.
 */

/** Looks at a line in each symbol. */
const LOOKS = 4
const IDLE_LOOKS = 16 * LOOKS
/** A symbol between two others changes the balance by 0.46 at least, if looks come an eighth of a symbol too early or too late. */
const CHANGE = 0.38
const MEMORY_LOOKS = 8

export class OpeningWatch {
  #balance = 0
  #looks = 0

  /** Takes the balance of the tones (−1…1) four times a symbol. When something begins, tells the balance of what stood before. */
  push(balance: number): number | undefined {
    const change = balance - this.#balance
    if (Math.abs(change) < CHANGE) {
      this.#looks++
      this.#balance += change / MEMORY_LOOKS
      return undefined
    }
    const before = this.#looks > IDLE_LOOKS ? this.#balance : undefined
    this.#balance = balance
    this.#looks = 0
    return before
  }
}
