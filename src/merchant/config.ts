/** A payee's configuration, as its file says it. */
import { z } from 'zod'
import { cardTaking } from '../card-receiver/receiver.ts'
import { institutionIdShape } from '../ids.ts'
import { institutionConfig, minorUnits, rate } from '../institution/config.ts'
import { catalogueShape } from './information/catalogue.ts'

/** In minor units. Zero: nothing may be sold. */
const ceiling = z
  .union([z.int(), z.bigint()])
  .transform(BigInt)
  .refine(minor => minor >= 0n)

export const merchantConfig = institutionConfig.extend({
  numbers: z.strictObject({
    /** The digits that all its voucher numbers begin with, agreed with the banks. */
    prefix: z.string().regex(/^\d{3,6}$/),
    randomDigits: z.int().min(8).max(12).default(10),
  }),
  /** The amounts that banks may order. */
  denominations: z.array(minorUnits).min(1),
  /** What its line lets callers hear for money, in the order in which they are offered it. */
  catalogue: catalogueShape.default([]),
  /** Tries of passwords: per number, per caller, per program of a shop, per range of numbers, of all who withhold theirs, and overall. */
  openingRates: z
    .strictObject({ number: rate, caller: rate, shop: rate.optional(), range: rate, withheld: rate, overall: rate })
    .default({
      number: { burst: 6, perMinute: 6 },
      caller: { burst: 12, perMinute: 12 },
      shop: { burst: 30, perMinute: 120 },
      range: { burst: 30, perMinute: 60 },
      withheld: { burst: 30, perMinute: 60 },
      overall: { burst: 60, perMinute: 300 },
    }),
  /**
   * Refusals of one number, and of one caller, come later the more there were before: from the third within an hour on by
   * `firstMs`, then by twice as much each time. Zero: never later.
   */
  refusalDelay: z
    .strictObject({ firstMs: z.int().min(0), mostMs: z.int().min(0).max(60_000) })
    .default({ firstMs: 1_000, mostMs: 30_000 }),
  /**
   * How much a bank may owe for vouchers that it sold and has not settled: each bank, or one by its id. What is lowered
   * stops the bank's sales until it owes less; what is raised goes to it at the next start.
   */
  ceilings: z
    .object({ each: ceiling.default(10_000_000n), of: z.record(institutionIdShape, ceiling).default({}) })
    .prefault({}),
  /**
   * How many unsold records of each amount there may be at all banks together, and the parts by which they share them. A bank
   * without a part gets none. Without it every bank gets what it orders.
   */
  register: z
    .strictObject({ perAmount: z.int().min(1), shares: z.record(institutionIdShape, z.int().min(1)) })
    .refine(({ shares }) => Object.keys(shares).length > 0)
    .optional(),
  /** How long a bank may take to say whether a record is sold, with the caller waiting. */
  isSoldDeadlineMs: z.int().positive().default(3_000),
  /** Payments that a card signs. Without it this payee takes none. */
  cards: cardTaking.optional(),
  /** A session ends by itself after this. A call is shorter. */
  sessionMs: z.int().positive().default(3_600_000),
})

export type MerchantConfig = z.output<typeof merchantConfig>
/** What `start` takes: defaults may be left out. */
export type MerchantSettings = z.input<typeof merchantConfig>
