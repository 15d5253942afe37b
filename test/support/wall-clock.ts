/**
 * What clocks on the walls of a zone show, and an oracle of business dates that knows nothing else: it reads them step by
 * step and counts a date on when one shows the cut-off of that date or a later time.
 */
import { type CutOff, dateByClock, nextDate } from '../../src/ledger/cut-off.ts'

const dayMs = 24 * 60 * 60_000

/** Walks through time and compares at each step the date with what the clocks have shown until then. */
export function walkThrough(clock: WallClock, cutOff: CutOff, fromMs: number, untilMs: number, stepMs: number): void {
  let expected = ''
  // From two days before: a time that clocks showed then, and show again now, changes no date.
  for (let ms = fromMs - 2 * dayMs; ms < untilMs; ms += stepMs) {
    const { date, minutes } = clock.shows(ms)
    const shown = minutes >= cutOff.cutOffMinutes ? isoDate(Date.parse(date) + dayMs) : date
    const before = expected
    if (shown > expected) expected = shown
    if (ms < fromMs) continue
    const actual = dateByClock(cutOff, ms)
    const where = `${clock.timeZone}, cut-off ${cutOff.cutOffMinutes}, ${new Date(ms).toISOString()}`
    if (actual !== expected) throw new Error(`${where}: ${actual}, not ${expected}`)
    if (before !== expected && expected !== nextDate(before)) throw new Error(`${where}: after ${before} ${expected}`)
  }
}

export class WallClock {
  readonly timeZone: string
  readonly #format: Intl.DateTimeFormat
  readonly #seen = new Map<number, { date: string; minutes: number }>()

  constructor(timeZone: string) {
    this.timeZone = timeZone
    this.#format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  }

  shows(ms: number): { date: string; minutes: number } {
    const known = this.#seen.get(ms)
    if (known) return known
    const [date = '', time = ''] = this.#format.format(ms).split(' ')
    const [hours = 0, minutes = 0] = time.split(':').map(Number)
    const shown = { date, minutes: hours * 60 + minutes }
    this.#seen.set(ms, shown)
    return shown
  }

  /** Instants at most a day before each change of the clocks. */
  changes(fromMs: number, untilMs: number): number[] {
    const days: number[] = []
    for (let ms = fromMs; ms < untilMs; ms += dayMs) {
      if (this.shows(ms).minutes !== this.shows(ms + dayMs).minutes) days.push(ms)
    }
    return days
  }
}

export function isoDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
