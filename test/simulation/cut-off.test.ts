/** A year of business dates in every zone that there is. */
import { it } from 'vitest'
import { byNight } from '../support/night.ts'
import { WallClock, walkThrough } from '../support/wall-clock.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const beginsMs = Date.parse('2026-01-03T00:00:00Z')
const endsMs = Date.parse('2027-01-03T00:00:00Z')

/** Every change of clocks, and every cut-off here, lies on a quarter of an hour. */
const stepMs = 15 * minuteMs
const cutOffs = [0, 60, 90, 150, 1_380, 1_410]

const stepsOf = (day: number) => Array.from({ length: dayMs / stepMs + 1 }, (_, step) => day + step * stepMs)

it('the date changes once a day, by one day, at the first instant at or past the cut-off', () => {
  const walked = new Set<string>()
  for (const timeZone of Intl.supportedValuesOf('timeZone')) {
    const clock = new WallClock(timeZone)
    // Most zones have the clocks of another one, at each step of the days on which they are changed.
    const changes = clock.changes(beginsMs, endsMs)
    const clocks = JSON.stringify([beginsMs, ...changes.flatMap(stepsOf)].map(at => clock.shows(at)))
    if (walked.has(clocks)) continue
    walked.add(clocks)
    // Four days around each change of clocks; elsewhere one day is as the next.
    for (const day of [beginsMs, ...changes]) {
      for (const cutOffMinutes of cutOffs)
        walkThrough(clock, { timeZone, cutOffMinutes }, day - 2 * dayMs, day + 2 * dayMs, stepMs)
    }
  }
})

it('and through a whole year, where clocks are changed by an hour, by half an hour, and by two', () => {
  for (const timeZone of [
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'Antarctica/Troll',
    'Africa/Casablanca',
    'Asia/Shanghai',
  ]) {
    const clock = new WallClock(timeZone)
    for (const cutOffMinutes of byNight(cutOffs, [90, 1_410]))
      walkThrough(clock, { timeZone, cutOffMinutes }, beginsMs, endsMs, stepMs)
  }
})
