/** When a business date should have been reconciled: by a time of day after its cut-off, on the institution's own clocks. */
import { type CutOff, dateByClock, nextDate } from '../ledger/cut-off.ts'

/** `byMinutes`: local time of day, in minutes after midnight. */
export function isLate({ timeZone, cutOffMinutes }: CutOff, byMinutes: number, date: string, at: number): boolean {
  // A date that ends at 23:00 is late at 06:00 of the next day; one that ends at 02:00 still on its own.
  const due = byMinutes > cutOffMinutes ? date : nextDate(date)
  return dateByClock({ timeZone, cutOffMinutes: byMinutes }, at) > due
}
