/**
 * When one business date ends and the next begins, by the calendar alone. Date D ends at the first instant at which the
 * zone's clocks show D's cut-off or later. Clocks that are put forward may jump over the cut-off, and clocks that are put
 * back show it twice: the date changes once all the same, and never back.
 */

export interface CutOff {
  /** IANA name, such as `Asia/Shanghai`. */
  readonly timeZone: string
  /** Local time of day in minutes after midnight at which a business date ends: 23:00 is 1380. */
  readonly cutOffMinutes: number
}

/** The business date of an instant, such as `2026-03-31`. */
export function dateByClock(cutOff: CutOff, at: number): string {
  const zone = zoneOf(cutOff.timeZone)
  const known = zone.dates.get(cutOff.cutOffMinutes)
  if (known !== undefined && known.fromMs <= at && at < known.untilMs) return known.date
  const current = dateAround(zone, cutOff.cutOffMinutes, at)
  zone.dates.set(cutOff.cutOffMinutes, current)
  return current.date
}

/** The instant at which a business date ends, in milliseconds since 1970. */
export function endOfDate({ timeZone, cutOffMinutes }: CutOff, date: string): number {
  return firstInstantAtOrPast(zoneOf(timeZone), dayOf(date) * dayMs + cutOffMinutes * minuteMs)
}

export function nextDate(date: string): string {
  return dateOfDay(dayOf(date) + 1)
}

/** Whether the calendar has such a date, written as `2026-03-31`. */
export function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && dateOfDay(dayOf(text)) === text
}

/** 1 is Monday, 7 Sunday. 1970 began on a Thursday. */
export function weekdayOf(date: string): number {
  return ((((dayOf(date) + 3) % 7) + 7) % 7) + 1
}

interface BusinessDay {
  readonly date: string
  readonly fromMs: number
  readonly untilMs: number
}

interface Zone {
  readonly format: Intl.DateTimeFormat
  /** By cut-off: the date that was asked for last. */
  readonly dates: Map<number, BusinessDay>
}

/** They hold nothing but the zones' rules. Finding a date's two ends takes a millisecond, and a posting asks for one. */
const zones = new Map<string, Zone>()

function zoneOf(timeZone: string): Zone {
  const known = zones.get(timeZone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  const zone = { format, dates: new Map<number, BusinessDay>() }
  zones.set(timeZone, zone)
  return zone
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

function dateAround(zone: Zone, cutOffMinutes: number, at: number): BusinessDay {
  const endOf = (day: number) => firstInstantAtOrPast(zone, day * dayMs + cutOffMinutes * minuteMs)
  let day = Math.floor((at + offsetMs(zone, at)) / dayMs)
  while (at < endOf(day - 1)) day--
  while (at >= endOf(day)) day++
  return { date: dateOfDay(day), fromMs: endOf(day - 1), untilMs: endOf(day) }
}

/** No zone is further than this from UTC, so that a span of twice as much holds every instant at which a time is shown. */
const furthestMs = 26 * hourMs

/** The first instant at which local clocks show `wallMs` or later. Local times are written as if they were UTC. */
function firstInstantAtOrPast(zone: Zone, wallMs: number): number {
  const endMs = wallMs + furthestMs
  let fromMs = wallMs - furthestMs
  while (fromMs < endMs) {
    const offset = offsetMs(zone, fromMs)
    const untilMs = endOfOffset(zone, fromMs, offset, endMs)
    const shownAtMs = Math.max(fromMs, wallMs - offset)
    if (shownAtMs < untilMs) return shownAtMs
    fromMs = untilMs
  }
  throw new RangeError(`no clock shows ${wallMs}`)
}

/** Until when `offset` stays in force: to the millisecond, and at most until `endMs`. */
function endOfOffset(zone: Zone, fromMs: number, offset: number, endMs: number): number {
  for (let lowMs = fromMs; lowMs < endMs; lowMs += hourMs) {
    let highMs = Math.min(lowMs + hourMs, endMs)
    if (offsetMs(zone, highMs) === offset) continue
    while (highMs - lowMs > 1) {
      const middleMs = Math.floor((lowMs + highMs) / 2)
      if (offsetMs(zone, middleMs) === offset) lowMs = middleMs
      else highMs = middleMs
    }
    return highMs
  }
  return endMs
}

/** How far the zone's clocks are ahead of UTC, from a text such as `3/31/2026, GMT+05:30`. */
function offsetMs({ format }: Zone, at: number): number {
  const text = format.format(at)
  const found = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text)
  if (found === null) throw new RangeError(`no offset in ${text}`)
  const [, sign, hours = 0, minutes = 0, seconds = 0] = found
  const ms = Number(hours) * hourMs + Number(minutes) * minuteMs + Number(seconds) * 1_000
  return sign === '-' ? -ms : ms
}

/** Days since 1970-01-01. Years begin in March here, so that the leap day is a year's last (Howard Hinnant's algorithm). */
function dayOf(date: string): number {
  const [civilYear = 0, month = 0, day = 0] = date.split('-').map(Number)
  const year = month <= 2 ? civilYear - 1 : civilYear
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return 365 * year + Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400) + dayOfYear - 719_468
}

function dateOfDay(day: number): string {
  const sinceMarchOfYear0 = day + 719_468
  const era = Math.floor(sinceMarchOfYear0 / 146_097)
  const dayOfEra = sinceMarchOfYear0 - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const dayOfMonth = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${year}-${month.toString().padStart(2, '0')}-${dayOfMonth.toString().padStart(2, '0')}`
}
