/**
 * Tells apart, among the digits that Asterisk reports for one call, the keys that the caller pressed: one press is one key,
 * whichever way and however often it comes. A report has an end (its arrival) and a length, so it has a beginning. Nobody
 * presses one key twice at once, so a report that begins before the same key's last end is that press:
 *
 *     55 keyed fast            [--5--]      [--5--]              begins 60 ms after: two keys
 *     end packets as new keys  [--5--]                           begins 80 ms before the end: one key
 *                                [--5--]
 *     event and SIP INFO       [--5--]                           the INFO comes a moment after the end, or when the key
 *                                 [--INFO--]                     goes down, and then the event begins at its end: one key
 *
 * ARI does not say by which way a digit came. It also reports a digit again that Asterisk put off (`main/channel.c`:
 * digits without a beginning, or less than 45 ms after another, wait until they have been acted out): with the same length,
 * some time later. Such a call is `odd`, and `asterisk-line.ts` then keeps Asterisk from putting anything off (`quiet.ts`);
 * what it had put off before that is `owed`, and each is let pass unheard once.
 */

export interface KeyReport {
  readonly key: string
  readonly durationMs: number
  readonly atMs: number
}

/** Asterisk's least gap between two digits (`AST_MIN_DTMF_GAP`), before which it puts the second off. */
const leastGapMs = 45
/** Repeated end packets follow one another within this; what Asterisk put off never comes before it. */
const sameMomentMs = leastGapMs - 3
/** An event that begins at the end of a report is the press that an INFO announced, give or take the way's jitter. */
const touchMs = 25
/** No phone gives less than 100 ms in an INFO; only machines that dial without a gap press for less than this. */
const leastInfoMs = 80
/** Asterisk ends what it acts out with the next packet, 20 ms apart, or 30 on some phones. */
const frameMs = 30

interface Pressed {
  readonly endMs: number
  readonly durationMs: number
  /** Only the end of a press itself, not that of an echo, can be an INFO's. */
  readonly isOwnEnd: boolean
}

interface Owed extends KeyReport {
  readonly untilMs: number
}

export class Presses {
  /** True as soon as a report was not what an ordinary telephone's would be. */
  isOdd = false
  readonly #pressed = new Map<string, Pressed>()
  #lastEndMs = Number.NEGATIVE_INFINITY
  #owed: Owed[] = []
  /** When Asterisk began, or is going to begin, to act a digit out, and when it is through. */
  #actingFromMs = Number.POSITIVE_INFINITY
  #actingUntilMs = Number.NEGATIVE_INFINITY
  #settledAtMs = Number.POSITIVE_INFINITY

  /** @returns whether this is a press of its own */
  take(report: KeyReport): boolean {
    const { key, durationMs, atMs } = report
    const beganMs = atMs - durationMs
    const last = this.#pressed.get(key)
    const isSame = last !== undefined && isSamePress(report, last)
    const isCrowded = beganMs < this.#lastEndMs + leastGapMs
    if (isSame || isCrowded) this.isOdd = true
    if (this.#isOwed(report)) return false
    if (isSame || isCrowded || atMs < this.#actingUntilMs + leastGapMs) this.#mayBePutOff(report)
    if (!isSame) this.#pressed.set(key, { endMs: atMs, durationMs, isOwnEnd: true })
    else if (atMs - last.endMs < sameMomentMs || beganMs >= last.endMs - touchMs)
      this.#pressed.set(key, { endMs: atMs, durationMs, isOwnEnd: false })
    this.#lastEndMs = atMs
    return !isSame
  }

  /** From now on Asterisk reports each digit as it comes. What it is acting out, it still ends. */
  steady(nowMs: number): void {
    if (nowMs < this.#actingFromMs) {
      this.#owed = []
      this.#actingUntilMs = Number.NEGATIVE_INFINITY
    }
    this.#settledAtMs = Math.max(nowMs, this.#actingUntilMs)
  }

  /** Whether Asterisk puts it off depends on what it is at; at most once is it reported again. */
  #mayBePutOff(report: KeyReport): void {
    const { atMs, durationMs } = report
    if (atMs >= this.#settledAtMs) return
    const sinceLastMs = atMs - this.#lastEndMs
    const isActing = atMs < this.#actingUntilMs + leastGapMs
    if (isActing || sinceLastMs < leastGapMs) {
      const fromMs = Math.max(atMs, this.#actingUntilMs)
      this.#owed.push({ ...report, untilMs: fromMs + durationMs + leastGapMs + 2 * frameMs })
    }
    if (isActing) return
    this.#actingFromMs = sinceLastMs < leastGapMs ? this.#lastEndMs + leastGapMs : atMs
    this.#actingUntilMs = this.#actingFromMs + durationMs + frameMs
  }

  /** Takes off what is owed, if this is it. */
  #isOwed({ key, durationMs, atMs }: KeyReport): boolean {
    this.#owed = this.#owed.filter(({ untilMs }) => atMs <= untilMs)
    const index = this.#owed.findIndex(
      owed => owed.key === key && owed.durationMs === durationMs && atMs >= owed.atMs + sameMomentMs,
    )
    if (index < 0) return false
    this.#owed.splice(index, 1)
    // Asterisk acts it out now, unless it has been kept from that, and everything else that it put off waits.
    if (atMs < this.#settledAtMs) {
      this.#actingUntilMs = atMs + durationMs + frameMs
      const laterMs = durationMs + leastGapMs + frameMs
      this.#owed = this.#owed.map(owed => ({ ...owed, untilMs: owed.untilMs + laterMs }))
    }
    return true
  }
}

function isSamePress({ durationMs, atMs }: KeyReport, last: Pressed): boolean {
  const beganMs = atMs - durationMs
  if (beganMs < last.endMs - Math.min(10, durationMs / 8)) return true
  return last.isOwnEnd && last.durationMs >= leastInfoMs && beganMs <= last.endMs + touchMs
}
