/**
 * A telephone that sends each key as SIP INFO and as an event besides (or as a tone) does so all through the call. So an INFO is a press until it
 * is known that events come, and from then on events alone are:
 *
 *     both when a key goes down   INFO 5 · event 5 · INFO 5 · event 5    the first event is the press that its INFO was
 *     INFO when it is let go      event 5 · INFO 5 · event 5 · INFO 5    no INFO counts
 *     INFO alone                  INFO 5 · INFO 5                        each counts, however close
 *
 * A tone alone proves nothing: a voice can sound like one, and must not silence the keys of a telephone that has only INFO. It
 * does where the same key comes as INFO, too.
 */
import type { KeyReport } from './key-report.ts'

/** An INFO that is lost is sent again after 500 ms (RFC 3261, section 17.1.2.1); what comes later than this is another press. */
const latestMs = 450

interface Press {
  readonly key: string
  readonly atMs: number
}

export class Informed {
  #eventsCount = false
  /** Those whose event has not come. */
  #infos: Press[] = []
  #lastTone: Press | undefined

  /** @returns whether it is a press */
  takeInfo({ key, atMs }: KeyReport): boolean {
    if (this.#lastTone?.key === key && atMs <= this.#lastTone.atMs + latestMs) this.#eventsCount = true
    if (this.#eventsCount) return false
    this.#infos.push({ key, atMs })
    return true
  }

  /** @returns whether it is a press of its own, and not the one that an INFO was */
  takeEvent({ key, durationMs, atMs }: KeyReport, isTone: boolean): boolean {
    const index = this.#infos.findIndex(info => info.key === key && atMs - durationMs <= info.atMs + latestMs)
    // Events come in the order of their keys: what an earlier INFO announced has been lost.
    if (index >= 0) this.#infos.splice(0, index + 1)
    if (index >= 0 || !isTone) this.#eventsCount = true
    else this.#lastTone = { key, atMs }
    return index < 0
  }
}
