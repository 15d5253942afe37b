/** Dates and times of day as callers mean them: in the institutions' own time zone, not the machine's. */

const zone = 'Asia/Shanghai'
const dateOfDay = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' })
const timeOfDay = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'short' })

/** `2026-11-22`, from milliseconds since 1970 UTC. */
export const dateOf = (at: number): string => dateOfDay.format(at)

/** `15:05`, from milliseconds since 1970 UTC. */
export const timeOf = (at: number): string => timeOfDay.format(at)
