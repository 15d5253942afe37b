/** A bank's configuration, as its file says it. */
import { z } from 'zod'
import { institutionIdShape } from '../ids.ts'
import { institutionConfig, minorUnits, rate, spokenName } from '../institution/config.ts'
import { confirmationsConfig } from './confirmations/config.ts'

const payee = z.strictObject({
  id: institutionIdShape,
  /** What a caller keys to choose it. */
  number: z.string().regex(/^\d{1,8}$/),
  name: spokenName,
  /** The amounts of its vouchers. */
  denominations: z.array(minorUnits).min(1),
  /** What the payee pays of its captures: hundredths of a percent, rounded down for each day-end file. */
  fee: z.strictObject({ basisPoints: z.int().min(0).max(10_000) }).default({ basisPoints: 0 }),
})

/** Who speaks for customers that are paid like shops. */
const host = z.strictObject({
  id: institutionIdShape,
  name: spokenName,
  /** Where payers phone. */
  number: z.string().regex(/^\d{1,8}$/),
  denominations: payee.shape.denominations,
  fee: payee.shape.fee,
})

const correspondent = z.strictObject({
  id: institutionIdShape,
  name: spokenName,
  /** What its account numbers begin with. */
  accountPrefix: z.string().regex(/^\d{1,4}$/),
  /** The most that either may owe the other, net, before they settle. Each bank keeps to its own. */
  debitCap: minorUnits.default(10_000_000n),
})

const limit = z
  .strictObject({ perItem: minorUnits, perDay: minorUnits })
  .refine(({ perItem, perDay }) => perItem <= perDay, { message: 'more than may leave in a day', path: ['perItem'] })

/**
 * What may leave an account at once and in a business date, vouchers and transfers together: by all channels, and of that by
 * each. A channel that is left out has no limit of its own.
 */
const limits = z
  .strictObject({ ...limit.shape, telephone: limit.optional(), page: limit.optional(), terminal: limit.optional() })
  .superRefine(({ perItem, perDay, ...channels }, context) => {
    const complain = (message: string, ...path: string[]) => context.addIssue({ code: 'custom', message, path })
    if (perItem > perDay) complain('more than may leave in a day', 'perItem')
    for (const [channel, own] of Object.entries(channels)) {
      if (own === undefined) continue
      if (own.perItem > perItem) complain('more than by all channels together', channel, 'perItem')
      if (own.perDay > perDay) complain('more than by all channels together', channel, 'perDay')
    }
  })

/** Cards by which customers sign what a PIN alone does not move. */
const cards = z
  .strictObject({
    /** By which terminals know this bank: its cards' numbers begin with it. */
    issuer: z.int().min(0).max(9_999),
    /** How long a card is valid. */
    validForDays: z.int().min(1).max(3_660).default(1_461),
    /** What may leave an account by card, apart from `limits`. */
    limits: limit.default({ perItem: 10_000_000n, perDay: 20_000_000n }),
    /** What a PIN alone may move, vouchers and transfers together: more takes a card. Without it, as much as `limits` says. */
    withoutCard: limit.optional(),
  })
  .superRefine(({ limits, withoutCard }, context) => {
    if (withoutCard === undefined) return
    for (const each of ['perItem', 'perDay'] as const)
      if (limits[each] < withoutCard[each])
        context.addIssue({ code: 'custom', message: 'less than a PIN alone may move', path: ['limits', each] })
  })

export const bankConfig = institutionConfig.extend({
  /** What its account numbers look like: 6 to 12 digits, two check digits included. Those given out before stay valid. */
  accountNumbers: z
    .object({ prefix: z.string().regex(/^\d{1,4}$/), randomDigits: z.int().min(3).max(9) })
    .refine(
      ({ prefix, randomDigits }) => [6, 7, 8, 9, 10, 11, 12].includes(prefix.length + randomDigits + 2),
      'not 6 to 12 digits long',
    )
    .default({ prefix: '62', randomDigits: 8 }),
  payees: z.array(payee),
  /** By which customers become payees. Without one they do not. */
  host: host.optional(),
  /** The banks to whose accounts money is sent from here, and from which it is taken. */
  banks: z.array(correspondent).default([]),
  /** For how many business dates after it was announced a settlement may wait for two people at the paid bank; then it is an alarm at both. */
  settledWithinDays: z.int().min(1).max(60).default(2),
  /** How often one account may ask whose an account is, and another bank whose one of ours. */
  readBackRates: z.strictObject({ account: rate, bank: rate }).default({
    account: { burst: 8, perMinute: 2 },
    bank: { burst: 120, perMinute: 120 },
  }),
  /** How long another bank may take to say whose an account is, with the caller waiting. */
  readBackDeadlineMs: z.int().positive().default(3_000),
  /** How long a caller waits for another bank's word before it is told that the money is on its way, and for a host's. */
  creditDeadlineMs: z.int().positive().default(4_000),
  limits: limits.default({ perItem: 200_000n, perDay: 500_000n }),
  /** Without it this bank issues no cards. */
  cards: cards.optional(),
  /** Mail to customers who left an address at the branch. Without it nobody is told anything in writing. */
  confirmations: confirmationsConfig.optional(),
  /** Tries of PINs: per account, per caller, of all who withhold their number, and over all accounts of the bank together. */
  signInRates: z.strictObject({ account: rate, caller: rate, withheld: rate, overall: rate }).default({
    account: { burst: 6, perMinute: 6 },
    caller: { burst: 12, perMinute: 12 },
    withheld: { burst: 30, perMinute: 60 },
    overall: { burst: 60, perMinute: 300 },
  }),
  stock: z
    .strictObject({
      /** At this many left of an amount, more are ordered. */
      lowWater: z.int().min(0),
      /** How many are ordered at once. */
      orderCount: z.int().min(1).max(500),
    })
    .default({ lowWater: 5, orderCount: 20 }),
})

export type Correspondent = z.output<typeof correspondent>
export type Limit = z.output<typeof limit>
export type BankConfig = z.output<typeof bankConfig>
/** What `start` takes: defaults may be left out. */
export type BankSettings = z.input<typeof bankConfig>
