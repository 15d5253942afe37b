/** The parts of an institution's configuration that a bank and a payee have in common. */
import { z } from 'zod'
import { institutionIdShape } from '../ids.ts'
import { careConfig } from './care.ts'
import { isWakingTime } from './night-watch.ts'

export const spokenName = z.strictObject({ en: z.string().min(1), zh: z.string().min(1) })

const currency = z.strictObject({ code: z.string().regex(/^[A-Z]{3}$/), scale: z.int().min(0).max(4) })

/** Whole and minor units are written alike in a file, as minor units: `5000` is ¥50.00. */
export const minorUnits = z
  .union([z.int(), z.bigint()])
  .transform(BigInt)
  .refine(minor => minor > 0n, 'an amount above zero, in minor units')

export const rate = z.strictObject({ burst: z.int().min(1), perMinute: z.number().positive() })

export const institutionConfig = z.object({
  id: institutionIdShape,
  name: spokenName,
  currency: currency.default({ code: 'CNY', scale: 2 }),
  /** IANA name. Business dates are in this zone, and callers are told dates and times of it. */
  timeZone: z.string().refine(isTimeZone, 'no time zone of that name').default('Asia/Shanghai'),
  /** Local time at which a business date ends. */
  cutOff: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
    .default('23:00'),
  /** When the nightly work is woken: cron, five fields, in `timeZone`. Undefined: only at start and by hand. */
  nightlyAt: z.string().refine(isWakingTime, 'no cron expression').optional(),
  /** Of the network that it takes part in: a day-end file of another is refused. */
  network: z.string().min(1).default('tonebank'),
  /** Local time after a date's cut-off at which an alarm is raised when the date is not reconciled. */
  reconciledBy: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
    .default('06:00'),
  /** Its clerks, at whose telephones callers are helped. Without it nobody is offered one. */
  care: careConfig.optional(),
  /** For how many days records and logs of calls are kept; then they are erased. */
  callRecords: z.strictObject({ keepDays: z.int().min(1).max(3_653).default(90) }).prefault({}),
  deliveryDeadlineMs: z.int().positive().default(5_000),
  /** Argon2id of new verifiers: 30–50 ms of a core in the field. */
  hashCost: z
    .strictObject({ memoryKiB: z.int().min(8), passes: z.int().min(1) })
    .default({ memoryKiB: 47_104, passes: 2 }),
  hashing: z
    .strictObject({ parallel: z.int().min(1), queueLimit: z.int().min(0) })
    .default({ parallel: 1, queueLimit: 50 }),
})

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

export function minutesOf(timeOfDay: string): number {
  const [hours = 0, minutes = 0] = timeOfDay.split(':').map(Number)
  return hours * 60 + minutes
}
