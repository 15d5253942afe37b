/**
 * Tells apart, among the digits that Asterisk reports for one call, the keys that the caller pressed: one press is one key,
 * whichever way and however often it comes. A report has an end (when Asterisk made it) and a length, so it has a beginning. Nobody
 * presses one key twice at once, so a report that begins before the same key's last end is that press:
 *
 *     55 keyed fast            [--5--]      [--5--]              begins 60 ms after: two keys
 *     end packets as new keys  [--5--]                           begins 80 ms before the end: one key
 *                                [--5--]
 *     event and SIP INFO       [--5--]                           the INFO comes a moment after the end, or when the key
 *                                 [--INFO--]                     goes down, and then the event begins at its end: one key
 *
 * ARI does not say by which way a digit came (`twins.ts`), and reports again what Asterisk has put off (`put-off.ts`). A
 * call in which either shows is `odd`: `asterisk-line.ts` then keeps Asterisk from putting anything off. So is one whose
 * keys come as tones: where packets come in bursts, the pause between two of them is soon too short for Asterisk.
 */
import type { KeyReport } from './key-report.ts'
import { leastGapMs, PutOff, sameMomentMs } from './put-off.ts'
import { Twins } from './twins.ts'

/** An event that begins at the end of a report is the press that an INFO announced, give or take the way's jitter. */
const touchMs = 25
/** The same in a call that is known to announce its keys. Fast hands leave 60 ms between two presses. */
const touchOfAnnouncedMs = 45
/** Of a very short key, the last repeated end packet may be so late that it seems to begin after the one before it. */
const touchOfEchoMs = 15
/** Asterisk's tone detector counts blocks of 102 samples (`main/dsp.c`). */
const detectorBlockMs = 12.75
/** No phone gives less than 100 ms in an INFO; only machines that dial without a gap press for less than this. */
const leastInfoMs = 80

interface Pressed {
  readonly endMs: number
  readonly durationMs: number
  /** Only the end of a press itself, not that of an echo, can be an INFO's. */
  readonly isOwnEnd: boolean
  /** Both the INFO that announced it and the event have come: what follows is no third report of it. */
  readonly isComplete: boolean
}

export class Presses {
  /** True as soon as a report was not what an ordinary telephone's would be. */
  isOdd = false
  readonly #putOff = new PutOff()
  readonly #twins = new Twins()
  /** The telephone sends an INFO when a key goes down, and the event when it is let go. */
  #announces = false
  readonly #pressed = new Map<string, Pressed>()
  #lastEndMs = Number.NEGATIVE_INFINITY

  /** @returns whether this is a press of its own */
  take(report: KeyReport): boolean {
    const { key, durationMs, atMs } = report
    if (this.#putOff.isExpected(report)) return false
    const last = this.#pressed.get(key)
    const kind = this.#kindOf(report, last)
    if (isOfToneDetector(report)) this.isOdd = true
    const isCrowded = kind !== 'press' || atMs - durationMs < this.#lastEndMs + leastGapMs
    if (isCrowded) this.isOdd = true
    this.#putOff.onReport(report, isCrowded)
    this.#lastEndMs = atMs

    if (kind === 'press') this.#twins.onPress(report)
    // Until Asterisk puts nothing off any more, it may also have been that.
    else if (kind === 'twin' || (kind !== 'echo' && this.#putOff.isSettled(report))) this.#twins.onTwin(report)
    if (kind === 'announced') this.#announces = true
    if (kind === 'press' || kind === 'announced' || kind === 'echo')
      this.#pressed.set(key, {
        endMs: atMs,
        durationMs,
        isOwnEnd: kind === 'press',
        isComplete: kind === 'announced' || (kind === 'echo' && last?.isComplete === true),
      })
    return kind === 'press'
  }

  /** From now on Asterisk puts nothing off. */
  steady(nowMs: number): void {
    this.#putOff.steady(nowMs)
  }

  #kindOf(report: KeyReport, last: Pressed | undefined): 'press' | 'echo' | 'twin' | 'announced' | 'same' {
    if (last === undefined) return 'press'
    // A tone has no packets that are repeated, however close a burst of packets brings the next.
    if (isOfToneDetector(report) && isOfToneDetector(last) && this.#putOff.isSettled(report)) return 'press'
    if (this.#twins.isTwin(report)) return 'twin'
    const isSame = overlaps(report, last)
    const { atMs, durationMs } = report
    const isLateEcho = !last.isOwnEnd && durationMs < leastInfoMs && atMs - durationMs <= last.endMs + touchOfEchoMs
    if (isLateEcho || (isSame && atMs - last.endMs < sameMomentMs)) return 'echo'
    // Of a telephone that is known to send each key twice, a third report is another press.
    if (this.#twins.areKnown || last.isComplete) return 'press'
    if (isSame) return 'same'
    return this.#isAnnounced(report, last) ? 'announced' : 'press'
  }

  /** This is the event, and what came before it was the INFO. */
  #isAnnounced({ atMs, durationMs }: KeyReport, last: Pressed): boolean {
    if (!last.isOwnEnd || last.durationMs < leastInfoMs) return false
    return atMs - durationMs <= last.endMs + (this.#announces ? touchOfAnnouncedMs : touchMs)
  }
}

/** By its length: an event's is nearly always a multiple of 10 ms, and where this one's is, too, nothing is known. */
function isOfToneDetector({ durationMs }: Pick<KeyReport, 'durationMs'>): boolean {
  if (durationMs % 10 === 0) return false
  return Math.floor(Math.ceil(durationMs / detectorBlockMs) * detectorBlockMs) === durationMs
}

function overlaps({ durationMs, atMs }: KeyReport, { endMs }: Pressed): boolean {
  return atMs - durationMs < endMs - Math.min(10, durationMs / 8)
}
