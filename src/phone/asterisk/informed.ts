/**
 * A telephone that sends each key as SIP INFO and as an event besides does so all through the call. So an INFO is a press until it
 * is known that events come, and from then on events alone are:
 *
 *     both when a key goes down   INFO 5 · event 5 · INFO 5 · event 5    the first event is the press that its INFO was
 *     INFO when it is let go      event 5 · INFO 5 · event 5 · INFO 5    no INFO counts
 *     INFO alone                  INFO 5 · INFO 5                        each counts, however close
 *
 * A tone proves nothing of the telephone: it may be a voice, or the beep that a telephone makes at a key and hears itself, and neither silences the
 * keys of one that has only INFO. One tone and one INFO of the same key are one press, whichever comes first; each belongs to one other at most.
 */
import type { KeyReport } from './key-report.ts'

/** An INFO that is lost is sent again after 500 ms (RFC 3261, section 17.1.2.1); what comes later than this is another press. */
const latestMs = 450
/** Of a telephone that has sent a key both ways, a tone waits for the INFO that is sent again, too. */
const latestAgainMs = 500 + latestMs

interface Press {
  readonly key: string
  readonly atMs: number
}

export class Informed {
  #eventsCount = false
  #isSentBothWays = false
  /** Those whose event or tone has not come. */
  #infos: Press[] = []
  /** Those whose INFO has not come. */
  #tones: Press[] = []

  /** @returns whether it is a press */
  takeInfo({ key, atMs }: KeyReport): boolean {
    if (this.#eventsCount) return false
    const withinMs = this.#isSentBothWays ? latestAgainMs : latestMs
    this.#tones = this.#tones.filter(tone => atMs <= tone.atMs + withinMs)
    if (this.#paired(this.#tones, tone => tone.key === key)) return false
    this.#infos.push({ key, atMs })
    return true
  }

  /** An event of RFC 4733. @returns whether it is a press of its own, and not the one that an INFO was */
  takeEvent({ key, durationMs, atMs }: KeyReport): boolean {
    this.#eventsCount = true
    const index = this.#infos.findIndex(info => info.key === key && atMs - durationMs <= info.atMs + latestMs)
    // Events come in the order of their keys: what an earlier INFO announced has been lost.
    if (index >= 0) this.#infos.splice(0, index + 1)
    return index < 0
  }

  /** What the tone detector heard, or may have heard. @returns whether it is a press of its own, and not the one that an INFO was */
  takeTone({ key, durationMs, atMs }: KeyReport): boolean {
    if (this.#paired(this.#infos, info => info.key === key && atMs - durationMs <= info.atMs + latestMs)) return false
    this.#tones.push({ key, atMs })
    return true
  }

  #paired(waiting: Press[], fits: (press: Press) => boolean): boolean {
    const index = waiting.findIndex(fits)
    if (index < 0) return false
    waiting.splice(index, 1)
    this.#isSentBothWays = true
    return true
  }
}
