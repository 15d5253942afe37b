/** A securities firm's configuration, as its file says it. */
import { z } from 'zod'
import { type Isin, parseIsin } from '../card/numbers.ts'
import { cardTaking } from '../card-receiver/receiver.ts'
import { institutionConfig, minorUnits, minutesOf, spokenName } from '../institution/config.ts'

/** `24:00` is the end of a day. */
const timeOfDay = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/)

const isin = z.string().transform((text, context): Isin => {
  const parsed = parseIsin(text)
  if (parsed !== undefined) return parsed
  context.addIssue('no ISIN: two letters, nine letters or digits, and a check digit that fits')
  return z.NEVER
})

const amount = z
  .union([z.int(), z.bigint()])
  .transform(BigInt)
  .refine(count => count >= 0n && count < 1n << 63n)

const security = z.strictObject({
  isin,
  /** What callers key for it. */
  number: z.string().regex(/^\d{3}$/),
  name: spokenName,
  /** How many the firm has of its own when it opens its books with this security. */
  shares: amount.default(0n),
  /** The price list of a trading day: what a share costs from a local time on. Before the first the last one holds. */
  prices: z
    .array(z.strictObject({ from: timeOfDay, price: minorUnits }))
    .min(1)
    .refine(
      prices => prices.every(({ from }, i) => i === 0 || minutesOf(from) > minutesOf(prices[i - 1]?.from ?? from)),
      'each price begins later than the one before',
    ),
})

export const securitiesConfig = institutionConfig.extend({
  /** Its number in terminals, and the bank where it has its account: customers' money comes in on it and goes out from it. */
  cards: cardTaking,
  /** What of its own stands on that account when it opens its books. */
  capital: amount.default(0n),
  securities: z
    .array(security)
    .min(1)
    .refine(
      list =>
        new Set(list.map(({ isin }) => isin)).size === list.length &&
        new Set(list.map(({ number }) => number)).size === list.length,
      'a security has an ISIN and a number of its own',
    ),
  /** Local times between which it deals, and the days of the week: 1 is Monday. */
  trading: z
    .strictObject({ from: timeOfDay, until: timeOfDay, days: z.array(z.int().min(1).max(7)).min(1) })
    .refine(({ from, until }) => minutesOf(from) < minutesOf(until), 'trading ends before it begins')
    .default({ from: '09:30', until: '15:00', days: [1, 2, 3, 4, 5] }),
  /** How long the bank of a card may take to vouch for it, with the caller waiting. */
  vouchDeadlineMs: z.int().positive().default(4_000),
})

export type SecuritiesConfig = z.output<typeof securitiesConfig>
/** What `start` takes: defaults may be left out. */
export type SecuritiesSettings = z.input<typeof securitiesConfig>
export type Listed = SecuritiesConfig['securities'][number]
