/**
 * Voucher numbers: the payee's prefix, sparse random digits and two check digits (patent row P3: the part of a voucher
 * that identifies and never changes).
 */
import { withCheckDigits } from '../check-digits.ts'
import { parseVoucherNumber, type VoucherNumber } from '../ids.ts'
import { type Runtime, randomDigits } from '../runtime.ts'

/** What a payee's voucher numbers look like. */
export interface NumberPlan {
  /** The digits that all of the payee's numbers begin with. */
  readonly prefix: string
  /** How many random digits follow; at least 8, so that a guessed number is hardly ever one that exists. */
  readonly randomDigits: number
}

function numberLength(plan: NumberPlan): number {
  return plan.prefix.length + plan.randomDigits + 2
}

export function drawVoucherNumber(runtime: Runtime, plan: NumberPlan): VoucherNumber {
  const drawn = parseVoucherNumber(withCheckDigits(plan.prefix + randomDigits(runtime, plan.randomDigits)))
  if (drawn === undefined) throw new Error('the number plan gives no voucher numbers')
  return drawn
}

/**
 * The number that was keyed, when it has the plan's length and prefix and its check digits fit. At its own payee the prefix says
 * nothing, and may be left out. It may exist or not.
 */
export function parseByPlan(text: string, plan: NumberPlan): VoucherNumber | undefined {
  const whole = text.length + plan.prefix.length === numberLength(plan) ? plan.prefix + text : text
  if (whole.length !== numberLength(plan) || !whole.startsWith(plan.prefix)) return undefined
  return parseVoucherNumber(whole)
}
