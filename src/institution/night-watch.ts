/**
 * Wakes an institution for its nightly work. The clock here only wakes: which business dates are closed is known by the
 * database, so a night that was missed (machine off, process down) is caught up by the next waking or the next start.
 */
import { schedule, validate } from 'node-cron'

export interface NightWatch {
  stop(): Promise<void>
}

/** `at`: a cron expression of five fields in `timeZone` (IANA name). Wakings never overlap. */
export function keepNightWatch(at: string, timeZone: string, nightly: () => Promise<void>): NightWatch {
  const task = schedule(at, nightly, { timezone: timeZone, noOverlap: true })
  return { stop: async () => void (await task.destroy()) }
}

/** Whether this is a cron expression of five fields. */
export function isWakingTime(at: string): boolean {
  return at.trim().split(/\s+/).length === 5 && validate(at)
}
