/**
 * A telephone that sends each key twice, as an event and as SIP INFO, does so all through the call. Once it is known to,
 * every second report of a key is the first one's twin, however late: this is surer than comparing times, which a busy
 * network moves.
 */
import type { KeyReport } from './key-report.ts'

/** So many presses in a row have had a twin before it is believed. */
const enough = 2
/** An INFO that is lost is sent again after 500 ms (RFC 3261, section 17.1.2.1); later than that, it is late. */
const latestMs = 450

export class Twins {
  #inARow = 0
  /** Whether the last press has had its twin. */
  #lastHadOne = true
  /** Until when each key's twin may come. */
  readonly #awaited = new Map<string, number>()

  get areKnown(): boolean {
    return this.#inARow >= enough
  }

  /** A press of its own was found by its times. */
  onPress({ key, atMs }: KeyReport): void {
    if (!this.#lastHadOne) this.#inARow = 0
    this.#lastHadOne = false
    this.#awaited.set(key, atMs + latestMs)
  }

  /** The same press in a second way was found by its times. */
  onTwin({ key }: KeyReport): void {
    if (!this.#lastHadOne) this.#inARow++
    this.#lastHadOne = true
    this.#awaited.delete(key)
  }

  /** Is it one, in a call whose keys are known to have them? */
  isTwin({ key, atMs }: KeyReport): boolean {
    return this.areKnown && atMs <= (this.#awaited.get(key) ?? Number.NEGATIVE_INFINITY)
  }
}
