/**
 * What a bank made of a day-end file: how much of each kind it accepted, how many lines it refused and why, and a statement
 * of both accounts that it keeps for the payee. Every line that was not told to be refused was accepted.
 */
import { z } from 'zod'
import { decodeCanonical, encodeCanonical } from '../canonical.ts'
import { integer } from '../mail/letter.ts'
import { tooMuchTogether } from '../money.ts'
import { total } from './header.ts'
import { type LineKind, lineKinds } from './lines.ts'

/** Why a bank refuses a line, or what a payee finds missing in a result. */
export const breakKinds = [
  /** The bank has no such voucher. */
  'missing-here',
  /** The payee sent a line of which the bank says nothing. */
  'missing-there',
  /** More than the voucher's face, no exact remainder, or more given back than was paid. */
  'amount',
  /** The voucher was ended by an earlier line of the same file. */
  'state',
  /** The same row of the payee's journal was accepted before. */
  'duplicate',
  /** The voucher was ended by an earlier file, and its remainder is back. */
  'late',
  /** The bank has the voucher in stock and has not sold it. */
  'not-sold',
  /** The payee's settlement account does not hold what a refund needs. */
  'short',
  /** The buyer's account is closed: the money waits in suspense. The line is accepted all the same. */
  'closed-account',
] as const

export type BreakKind = (typeof breakKinds)[number]

/** Whether a line with such a break was refused. */
export function isRefusal(kind: BreakKind): boolean {
  return kind !== 'closed-account'
}

/**
 * Whether money of a refund that has this break is on its way to nobody. `duplicate`: its row was accepted before, so that it went by
 * then, as a file that was declared void may be posted after all.
 */
export function isNotGivenBack(kind: BreakKind): boolean {
  return isRefusal(kind) && kind !== 'duplicate'
}

const sum = integer.refine(minor => minor < tooMuchTogether)

const result = z.strictObject({
  format: z.literal('tonebank day-end result 1'),
  number: integer,
  date: z.string(),
  /** Of the file that it answers. */
  file: z.custom<Uint8Array>(value => value instanceof Uint8Array && value.length === 32),
  /** The bank's own business date. */
  postedOn: z.string(),
  accepted: z.strictObject(Object.fromEntries(lineKinds.map(kind => [kind, total])) as Record<LineKind, typeof total>),
  /** How many breaks were told of before, in letters of their own. */
  breaks: integer,
  /** What was sold and not cleared. `captures` are net of reversals. */
  float: z.strictObject({
    opening: sum,
    sales: sum,
    captures: sum,
    terminations: sum,
    closing: sum,
  }),
  /** What was cleared and not paid out. */
  settlement: z.strictObject({
    opening: sum,
    captures: sum,
    fee: sum,
    refunds: sum,
    paidOut: sum,
    closing: sum,
  }),
  /** Of the bank's journal, with the postings of this file. */
  head: z.strictObject({ chain: z.string(), seq: integer, hash: z.string().regex(/^[0-9a-f]{64}$/) }),
})

export type Result = z.output<typeof result>

/** @throws Error when it is none, as something in it is below zero: nothing is stored that could not be told. */
export function encodeResult(value: Result): Uint8Array {
  return encodeCanonical(result.parse(value))
}

/** @throws Error when the bytes are no result. */
export function decodeResult(encoded: Uint8Array): Result {
  return result.parse(decodeCanonical(encoded))
}

/** What does not add up in a statement, in words. */
export function wrongIn({ float, settlement, accepted }: Pick<Result, 'float' | 'settlement' | 'accepted'>): string[] {
  const wrong: string[] = []
  if (float.opening + float.sales - float.captures - float.terminations !== float.closing)
    wrong.push('the float does not add up')
  const { opening, captures, fee, refunds, paidOut, closing } = settlement
  if (opening + captures - fee - refunds - paidOut !== closing) wrong.push('the settlement account does not add up')
  const net = accepted.capture.minor - accepted.reversal.minor
  if (float.captures !== net || captures !== net) wrong.push('the captures are not those that were accepted')
  if (float.terminations !== accepted.termination.minor) wrong.push('the terminations are not those that were accepted')
  if (refunds !== accepted.refund.minor) wrong.push('the refunds are not those that were accepted')
  return wrong
}
