/** When business dates change: once a day, by local clocks, on the days on which clocks are changed, too. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CutOff, dateByClock, nextDate } from '../../../src/ledger/cut-off.ts'
import { isoDate, WallClock, walkThrough } from '../../support/wall-clock.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const at = (text: string) => Date.parse(text)

function cutOff(timeZone: string, time: string): CutOff {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return { timeZone, cutOffMinutes: hours * 60 + minutes }
}

describe('the cut-off', () => {
  it('in Cairo, half an hour past it, on the evening on which the clocks go back', () => {
    const cairo = cutOff('Africa/Cairo', '22:00')
    expect(dateByClock(cairo, at('2026-10-29T21:59:59+03:00'))).toBe('2026-10-29')
    expect(dateByClock(cairo, at('2026-10-29T22:30:00+03:00'))).toBe('2026-10-30')
    // The hour from 23:00 comes twice; neither belongs to the day before.
    expect(dateByClock(cairo, at('2026-10-29T23:30:00+03:00'))).toBe('2026-10-30')
    expect(dateByClock(cairo, at('2026-10-29T23:30:00+02:00'))).toBe('2026-10-30')
  })

  it('in the hour that Cairo has twice comes at its first showing, and not again', () => {
    const cairo = cutOff('Africa/Cairo', '23:30')
    expect(dateByClock(cairo, at('2026-10-29T23:29:59+03:00'))).toBe('2026-10-29')
    expect(dateByClock(cairo, at('2026-10-29T23:30:00+03:00'))).toBe('2026-10-30')
    expect(dateByClock(cairo, at('2026-10-29T23:10:00+02:00'))).toBe('2026-10-30')
  })

  it('in London, half an hour before it, on the night on which the clocks jump over it', () => {
    const london = cutOff('Europe/London', '01:00')
    expect(dateByClock(london, at('2026-03-29T00:30:00+00:00'))).toBe('2026-03-29')
    expect(dateByClock(london, at('2026-03-29T00:59:59+00:00'))).toBe('2026-03-29')
    expect(dateByClock(london, at('2026-03-29T02:00:00+01:00'))).toBe('2026-03-30')
  })

  it('in Berlin, on the day without a 02:30, comes at 03:00, the first instant past it', () => {
    const berlin = cutOff('Europe/Berlin', '02:30')
    expect(dateByClock(berlin, at('2026-03-29T01:59:59+01:00'))).toBe('2026-03-29')
    expect(dateByClock(berlin, at('2026-03-29T03:00:00+02:00'))).toBe('2026-03-30')
  })

  it('in Shanghai, on any evening', () => {
    expect(dateByClock(cutOff('Asia/Shanghai', '23:00'), at('2026-11-22T23:30:00+08:00'))).toBe('2026-11-23')
  })

  it('at midnight, at either end of the day', () => {
    expect(dateByClock(cutOff('Asia/Shanghai', '24:00'), at('2026-11-22T23:59:59+08:00'))).toBe('2026-11-22')
    expect(dateByClock(cutOff('Asia/Shanghai', '00:00'), at('2026-11-22T00:00:00+08:00'))).toBe('2026-11-23')
  })

  it('keeps a date for the day that Samoa never had, which then lasts an hour', () => {
    const apia = cutOff('Pacific/Apia', '23:00')
    expect(dateByClock(apia, at('2011-12-29T22:59:59-10:00'))).toBe('2011-12-29')
    expect(dateByClock(apia, at('2011-12-29T23:30:00-10:00'))).toBe('2011-12-30')
    expect(dateByClock(apia, at('2011-12-31T00:00:00+14:00'))).toBe('2011-12-31')
  })

  it('costs next to nothing while the date stays the same', () => {
    const shanghai = cutOff('Asia/Shanghai', '23:00')
    const startsAtMs = at('2026-11-22T00:00:00+08:00')
    const beganMs = performance.now()
    for (let i = 0; i < 100_000; i++) dateByClock(shanghai, startsAtMs + i * 137)
    expect(performance.now() - beganMs).toBeLessThan(500)
  })
})

describe('dates', () => {
  it('follow each other over leap days and ends of years', () => {
    const leaps = { '2028-02-28': '2028-02-29', '2028-02-29': '2028-03-01', '2026-02-28': '2026-03-01' }
    const ends = { '2026-12-31': '2027-01-01', '2026-04-30': '2026-05-01', '2099-12-31': '2100-01-01' }
    const centuries = { '2100-02-28': '2100-03-01', '2000-02-28': '2000-02-29' }
    for (const [date, next] of Object.entries({ ...leaps, ...ends, ...centuries })) expect(nextDate(date)).toBe(next)
  })

  it('follow each other as they do for everybody else', () => {
    for (let day = at('1999-01-01'); day < at('2101-01-01'); day += dayMs)
      expect(nextDate(isoDate(day))).toBe(isoDate(day + dayMs))
  })
})

it('the date changes as local clocks say, whatever the zone, the cut-off and the instants', () => {
  const zones = Intl.supportedValuesOf('timeZone')
  const clocks = new Map(zones.map(zone => [zone, new WallClock(zone)]))
  const year = { min: at('2026-01-03T00:00:00Z') / minuteMs, max: at('2027-01-03T00:00:00Z') / minuteMs }
  const anywhere = fc.record({
    timeZone: fc.constantFrom(...zones),
    cutOffMinutes: fc.integer({ min: 0, max: 1_440 }),
    fromMs: fc.integer(year).map(minutes => minutes * minuteMs),
  })
  fc.assert(
    fc.property(anywhere, ({ timeZone, cutOffMinutes, fromMs }) => {
      const clock = clocks.get(timeZone) ?? new WallClock(timeZone)
      walkThrough(clock, { timeZone, cutOffMinutes }, fromMs, fromMs + 2 * dayMs, 5 * minuteMs)
    }),
    { numRuns: 60 },
  )
})
