/** Care, as an institution's file says it: when its clerks are there, at which telephones, and how long a caller waits for one. */
import { z } from 'zod'
import type { Origin } from '../origin.ts'
import type { Runtime } from '../runtime.ts'
import type { CallBackAsked, CallBackRequest, CallBacks } from './call-backs.ts'
import { CallerLimit } from './caller-limit.ts'

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
type Weekday = (typeof weekdays)[number]

const times = /^(([01]\d|2[0-3]):[0-5]\d)-(([01]\d|2[0-3]):[0-5]\d|24:00)$/

/** `09:00-12:30`, or `18:00-24:00`: from the first minute until the second. */
const span = z.string().refine(text => {
  const [, from = '', , until = ''] = times.exec(text) ?? []
  return from < until
}, 'from and until, such as 09:00-17:30; what goes past midnight is written as two, on two days')

const spans = z.array(span).default([])

export const careConfig = z.strictObject({
  /** By weekday, in the institution's time zone. A day that is left out has none. */
  hours: z.strictObject({
    ...{ mon: spans, tue: spans, wed: spans, thu: spans, fri: spans, sat: spans, sun: spans },
  } satisfies Record<Weekday, unknown>),
  /** The SIP accounts of the clerks' telephones, of those that the installation has. Nobody else is ever called. */
  clerks: z
    .array(z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'the name of a SIP account'))
    .max(200)
    .refine(names => new Set(names).size === names.length, 'one of them stands twice')
    .default([]),
  /** How long a caller waits at most before they are offered a call-back. */
  waitSeconds: z.int().min(20).max(3_600).default(600),
  /** How often one caller may ask for a clerk within an hour. */
  perCallerAnHour: z.int().min(1).max(60).default(6),
})

/** As often as one caller may ask, times this: all who show no number, and all whom nobody vouches for. */
const shares = { withheld: 10, unattested: 50 } as const

export type CareConfig = z.output<typeof careConfig>

/** What callers may ask of it, besides a clerk. */
export interface CareOffice {
  /** Whether clerks are to be there now. */
  isOpen(): Promise<boolean>
  /** Whether a caller may ask for a clerk once more, which counts. */
  admits(origin: Origin): boolean
  askForCallBack(request: CallBackRequest): Promise<CallBackAsked>
}

export function careOffice(
  { care, timeZone }: { readonly care: CareConfig; readonly timeZone: string },
  callBacks: Pick<CallBacks, 'ask'>,
  runtime: Runtime,
): CareOffice {
  const hourly = (burst: number) => ({ burst, perMinute: burst / 60 })
  const asked = new CallerLimit(runtime, {
    caller: hourly(care.perCallerAnHour),
    withheld: hourly(care.perCallerAnHour * shares.withheld),
    unattested: hourly(care.perCallerAnHour * shares.unattested),
  })
  return {
    admits: origin => asked.take(origin),
    isOpen: async () => isOpen(care, timeZone, runtime),
    askForCallBack: request => callBacks.ask(request),
  }
}

/** Whether clerks are to be there now. `timeZone`: IANA name. */
export function isOpen(
  { hours }: Pick<CareConfig, 'hours'>,
  timeZone: string,
  runtime: Pick<Runtime, 'wallNow'>,
): boolean {
  const { weekday, time } = clockIn(timeZone, runtime.wallNow())
  return hours[weekday].some(text => {
    const [from = '', until = ''] = text.split('-')
    return from <= time && time < until
  })
}

function clockIn(timeZone: string, at: number): { readonly weekday: Weekday; readonly time: string } {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  })
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]))
  const name = parts.get('weekday')?.toLowerCase()
  const weekday = weekdays.find(each => each === name)
  if (weekday === undefined) throw new Error(`no weekday in ${timeZone}`)
  return { weekday, time: `${parts.get('hour')}:${parts.get('minute')}` }
}
