/** Dates on an operator's screen: `2026-11-26 00:55:01`, in the time zone of the machine. */
const dates = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium' })

export const shownDate = (at: number): string => dates.format(at)
