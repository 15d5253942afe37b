/**
 * What Asterisk puts off, and therefore reports again (`main/channel.c`). A digit that comes without a beginning, or within
 * 45 ms after another was taken, it acts out: for as long as the digit lasted it takes no other, and what comes meanwhile
 * waits. Each is reported when it comes, and once more when it is its turn, with the same length. Nobody can see from
 * outside which were put off, but this is close enough to expect each second report about when it comes.
 */
import type { KeyReport } from './key-report.ts'

/** Asterisk's least gap between two digits (`AST_MIN_DTMF_GAP`). */
export const leastGapMs = 45
/** What was put off comes no sooner than the gap after what was taken, give or take a rounding. */
export const sameMomentMs = leastGapMs - 3
/** `mindtmfduration` of `asterisk.conf`. */
const leastActedMs = 40
/** Asterisk ends what it acts out, and looks at what waits, with the next packet: 20 ms apart, 30 on some phones. */
const frameMs = 30

interface Waiting extends KeyReport {
  readonly fromMs: number
  readonly untilMs: number
}

export class PutOff {
  #waiting: Waiting[] = []
  #takenAtMs = Number.NEGATIVE_INFINITY
  #actsFromMs = Number.POSITIVE_INFINITY
  #actsUntilMs = Number.NEGATIVE_INFINITY
  #settledAtMs = Number.POSITIVE_INFINITY

  /** From now on Asterisk reports each digit as it comes. What it is acting out already, it still ends. */
  steady(nowMs: number): void {
    if (nowMs < this.#actsFromMs) {
      // What waits is reported as soon as the gap has been kept, and not acted out.
      this.#waiting = this.#waiting.map(one => ({ ...one, untilMs: one.atMs + 2 * (leastGapMs + frameMs) }))
      this.#actsUntilMs = Number.NEGATIVE_INFINITY
    }
    this.#settledAtMs = Math.max(nowMs, this.#actsUntilMs)
  }

  isSettled({ atMs, durationMs }: KeyReport): boolean {
    return atMs >= this.#settledAtMs + durationMs
  }

  /** Is this the second report of what was put off? Then it is so no more. */
  isExpected({ key, durationMs, atMs }: KeyReport): boolean {
    this.#waiting = this.#waiting.filter(({ untilMs }) => atMs <= untilMs)
    const index = this.#waiting.findIndex(one => one.key === key && one.durationMs === durationMs && atMs >= one.fromMs)
    if (index < 0) return false
    this.#waiting.splice(index, 1)
    if (atMs >= this.#settledAtMs) this.#takenAtMs = atMs
    else this.#act(atMs, durationMs)
    return true
  }

  /** @param isCrowded it follows another so closely, or so oddly, that Asterisk saw no beginning of it */
  onReport(report: KeyReport, isCrowded: boolean): void {
    const { atMs, durationMs } = report
    const isActing = atMs < this.#actsUntilMs + leastGapMs
    if (atMs >= this.#settledAtMs || !(isCrowded || isActing)) {
      this.#takenAtMs = atMs
      return
    }
    const isTooSoon = atMs < this.#takenAtMs + leastGapMs
    if (!isActing && !isTooSoon) {
      this.#act(atMs, durationMs)
      return
    }
    const freeAtMs = isActing ? this.#actsUntilMs - frameMs : this.#takenAtMs
    const lastAtMs = Math.max(atMs, this.#actsUntilMs)
    // Once the silence stands, what has waited for the last acting to end keeps no gap and is not acted out.
    this.#waiting.push(
      Number.isFinite(this.#settledAtMs)
        ? { ...report, fromMs: freeAtMs, untilMs: lastAtMs + 2 * frameMs }
        : { ...report, fromMs: freeAtMs + sameMomentMs, untilMs: lastAtMs + durationMs + leastGapMs + 2 * frameMs },
    )
    if (isActing) return
    this.#actsFromMs = this.#takenAtMs + leastGapMs
    this.#actsUntilMs = this.#actsFromMs + durationMs + frameMs
  }

  /** An INFO has no beginning: it is acted out, and reported when its turn has come, so once. */
  onInfo(atMs: number): void {
    if (atMs >= this.#settledAtMs) this.#takenAtMs = atMs
    else this.#act(atMs, leastActedMs)
  }

  #act(atMs: number, durationMs: number): void {
    this.#actsFromMs = atMs
    this.#actsUntilMs = atMs + durationMs + frameMs
    const [fromMs, laterMs] = [atMs + durationMs + sameMomentMs, durationMs + leastGapMs + frameMs]
    this.#waiting = this.#waiting.map(one => ({ ...one, fromMs, untilMs: one.untilMs + laterMs }))
  }
}
