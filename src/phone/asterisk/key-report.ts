/** A digit as Asterisk reports it: when it has ended, and how long it was. */
export interface KeyReport {
  readonly key: string
  readonly durationMs: number
  /** When Asterisk made the report, by the monotonic clock. */
  readonly atMs: number
}

/**
 * How long each key that comes as SIP INFO is said to have been, in milliseconds. What the telephone declares says nothing (most declare the
 * same for each key, whatever was pressed), and Asterisk reports keys of all ways alike: so the SIP edge, which every request passes, writes
 * this, and a report of just this length is an INFO. No hand and no machine comes so short with an event: Asterisk reports what events say, 20 ms at the least.
 */
export const infoKeyMs = 7

/** By its length. */
export const isInfo = ({ durationMs }: Pick<KeyReport, 'durationMs'>): boolean => durationMs === infoKeyMs

/** Some send an INFO when a key is let go: a press of this length, in milliseconds, has begun before what the caller heard since. */
const infoHeldMs = 100

/** When the key went down, by the monotonic clock; of an INFO, at the earliest. */
export const beginningOf = (report: KeyReport): number =>
  report.atMs - (isInfo(report) ? infoHeldMs : report.durationMs)
