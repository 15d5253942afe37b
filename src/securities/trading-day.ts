/** When the firm deals: its trading days and their hours, and the day on which what was traded is settled. */
import { minutesOf } from '../institution/config.ts'
import { dateByClock, endOfDate, nextDate, weekdayOf } from '../ledger/cut-off.ts'
import type { SecuritiesConfig } from './config.ts'

export type Hours = Pick<SecuritiesConfig, 'timeZone' | 'trading'>

/** One day's trading. It is open from the first instant on and before the last one. */
export interface TradingDay {
  readonly date: string
  readonly opensAt: number
  readonly closesAt: number
}

/** The trading day that is open at that instant, or the next one to open. */
export function tradingDayAt(hours: Hours, at: number): TradingDay {
  const date = dateAround(hours, at)
  const today = dayOn(hours, date)
  return today !== undefined && at < today.closesAt ? today : nextTradingDay(hours, date)
}

/** Shares and money change hands on it when it opens: one trading day after `date` (T+1). */
export function nextTradingDay(hours: Hours, date: string): TradingDay {
  for (let next = nextDate(date); ; next = nextDate(next)) {
    const day = dayOn(hours, next)
    if (day !== undefined) return day
  }
}

export function isOpen({ opensAt, closesAt }: TradingDay, at: number): boolean {
  return opensAt <= at && at < closesAt
}

/** The instant at which the zone's clocks show a local time of that date. */
export function instantOn({ timeZone }: Hours, date: string, timeOfDay: string): number {
  return endOfDate({ timeZone, cutOffMinutes: minutesOf(timeOfDay) }, date)
}

function dateAround({ timeZone }: Hours, at: number): string {
  return dateByClock({ timeZone, cutOffMinutes: 1_440 }, at)
}

function dayOn(hours: Hours, date: string): TradingDay | undefined {
  const { from, until, days } = hours.trading
  if (!days.includes(weekdayOf(date))) return undefined
  return { date, opensAt: instantOn(hours, date, from), closesAt: instantOn(hours, date, until) }
}
