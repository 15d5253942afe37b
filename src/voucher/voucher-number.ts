/**
 * Voucher numbers: the payee's prefix, sparse random digits and two check digits (patent row P3: the part of a voucher
 * that identifies and never changes). The same check digits end account numbers.
 *
 * ISO 7064 MOD 97-10 finds every single wrong digit, every adjacent and every jump transposition (a b c → c b a).
 */
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

export function drawVoucherNumber(runtime: Runtime, plan: NumberPlan): string {
  return withCheckDigits(plan.prefix + randomDigits(runtime, plan.randomDigits))
}

/** Whether a number has the plan's length and prefix and its check digits fit. Says nothing about its existence. */
export function fitsPlan(number: string, plan: NumberPlan): boolean {
  return number.length === numberLength(plan) && number.startsWith(plan.prefix) && checkDigitsFit(number)
}

/** Appends the two check digits of ISO 7064 MOD 97-10. */
export function withCheckDigits(digits: string): string {
  const check = 98 - mod97(`${digits}00`)
  return digits + check.toString().padStart(2, '0')
}

export function checkDigitsFit(number: string): boolean {
  return /^\d{3,}$/.test(number) && mod97(number) === 1
}

/** Digit by digit, as a 16-digit number is beyond what a double holds exactly. */
function mod97(digits: string): number {
  let rest = 0
  for (const digit of digits) rest = (rest * 10 + Number(digit)) % 97
  return rest
}
