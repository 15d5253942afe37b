/**
 * Tells apart, among the digits that Asterisk reports for one call, the keys that the caller pressed: one press is one key,
 * whichever way and however often it comes. A report has an end (when Asterisk made it) and a length, so it has a beginning. Nobody
 * presses one key twice at once, so an event that begins before the same key's last end is that press:
 *
 *     55 keyed fast            [--5--]      [--5--]              begins 60 ms after: two keys
 *     end packets as new keys  [--5--]                           begins 80 ms before the end: one key
 *                                [--5--]
 *
 * What came as SIP INFO is known by its length (`key-report.ts`), and no INFO comes twice. Where a telephone sends each key both ways, events
 * count, and a tone and an INFO are one: `informed.ts`.
 *
 * Asterisk reports again what it has put off (`put-off.ts`). A call in which that shows, or whose keys come as INFO, is `odd`:
 * `asterisk-line.ts` then keeps Asterisk from putting anything off. So is one whose keys come as tones: where packets come in
 * bursts, the pause between two of them is soon too short for Asterisk.
 */
import { Informed } from './informed.ts'
import { isInfo, type KeyReport } from './key-report.ts'
import { leastGapMs, PutOff, sameMomentMs } from './put-off.ts'

/** Of a very short key, the last repeated end packet may be so late that it seems to begin after the one before it. */
const touchOfEchoMs = 15
/** Only machines that dial without a gap press for less than this. */
const leastOfHandsMs = 80
/** Asterisk's tone detector counts blocks of 102 samples (`main/dsp.c`). */
const detectorBlockMs = 12.75

interface Pressed {
  readonly endMs: number
  readonly durationMs: number
  /** The end of the press itself, not that of an echo. */
  readonly isOwnEnd: boolean
}

export class Presses {
  /** True as soon as a report was not what an ordinary telephone's would be. */
  isOdd = false
  readonly #putOff = new PutOff()
  readonly #informed = new Informed()
  readonly #pressed = new Map<string, Pressed>()
  #lastEndMs = Number.NEGATIVE_INFINITY

  /** @returns whether this is a press of its own */
  take(report: KeyReport): boolean {
    if (isInfo(report)) {
      this.isOdd = true
      this.#putOff.onInfo(report.atMs)
      return this.#informed.takeInfo(report)
    }
    const { key, durationMs, atMs } = report
    if (this.#putOff.isExpected(report)) return false
    const kind = this.#kindOf(report, this.#pressed.get(key))
    if (isOfToneDetector(report)) this.isOdd = true
    const isCrowded = kind !== 'press' || atMs - durationMs < this.#lastEndMs + leastGapMs
    if (isCrowded) this.isOdd = true
    this.#putOff.onReport(report, isCrowded)
    this.#lastEndMs = atMs

    if (kind !== 'same') this.#pressed.set(key, { endMs: atMs, durationMs, isOwnEnd: kind === 'press' })
    if (kind !== 'press') return false
    return mayBeOfToneDetector(report) ? this.#informed.takeTone(report) : this.#informed.takeEvent(report)
  }

  /** From now on Asterisk puts nothing off. */
  steady(nowMs: number): void {
    this.#putOff.steady(nowMs)
  }

  #kindOf(report: KeyReport, last: Pressed | undefined): 'press' | 'echo' | 'same' {
    if (last === undefined) return 'press'
    // A tone has no packets that are repeated, however close a burst of packets brings the next.
    if (isOfToneDetector(report) && isOfToneDetector(last) && this.#putOff.isSettled(report)) return 'press'
    const { atMs, durationMs } = report
    const isLateEcho = !last.isOwnEnd && durationMs < leastOfHandsMs && atMs - durationMs <= last.endMs + touchOfEchoMs
    if (isLateEcho) return 'echo'
    if (!overlaps(report, last)) return 'press'
    return atMs - last.endMs < sameMomentMs ? 'echo' : 'same'
  }
}

/** By its length: an event's is nearly always a multiple of 10 ms, and where this one's is, too, nothing is known. */
const isOfToneDetector = (report: Pick<KeyReport, 'durationMs'>): boolean =>
  report.durationMs % 10 !== 0 && mayBeOfToneDetector(report)

/** By its length, which is that of whole blocks: 140 ms are those of an event as well. */
const mayBeOfToneDetector = ({ durationMs }: Pick<KeyReport, 'durationMs'>): boolean =>
  Math.floor(Math.ceil(durationMs / detectorBlockMs) * detectorBlockMs) === durationMs

function overlaps({ durationMs, atMs }: KeyReport, { endMs }: Pressed): boolean {
  return atMs - durationMs < endMs - Math.min(10, durationMs / 8)
}
