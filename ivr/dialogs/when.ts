/** Dates and times of day as callers mean them: in the institution's time zone, not the machine's. */

/** `2026-11-22`, from milliseconds since 1970 UTC and the IANA name of a time zone. */
export const dateOf = (at: number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(at)

/** `15:05`, likewise. */
export const timeOf = (at: number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'short' }).format(at)
