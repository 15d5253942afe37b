/** What a caller of the merchant keys to answer each step in each way, scenario by scenario. */
import type { AnswerClass } from '../../../src/phone/transcript.ts'
import { type Ways, waysOf } from './keys.ts'
import type { Answer } from './path.ts'

/** The voucher of a scenario, worth ¥50. */
export interface MerchantFacts {
  readonly number: string
  readonly password: string
}

const wrongPassword = '90531847'

const regular: Ways<MerchantFacts> = {
  'voucher.ask-number': {
    valid: { '': f => `${f.number}#` },
    'refused-check-digits': { '': f => `${f.number.slice(0, -2)}${swapped(f.number.slice(-2))}#` },
  },
  'voucher.ask-password': {
    valid: { '': f => `${f.password}#` },
    'refused-wrong': { '': () => `${wrongPassword}#` },
  },
  'pay.amount': {
    valid: { part: () => '12*5#', all: () => '50#', 'too much': () => '50*01#' },
    'refused-unreadable': { '': () => '1*234#' },
    'refused-zero': { '': () => '0#' },
  },
}

const neverOpens: Ways<MerchantFacts> = {
  'voucher.ask-password': { valid: {}, 'refused-wrong': { '': f => `${f.password}#` } },
}

/** Where a scenario differs. Each is walked for what only it can show. */
const special: Readonly<Record<string, Ways<MerchantFacts>>> = {
  locked: neverOpens,
  unsold: neverOpens,
  busy: {
    'voucher.ask-password': { valid: {}, 'refused-wrong': {}, 'refused-too-many': { '': f => `${f.password}#` } },
  },
}

const ways = waysOf<MerchantFacts>(scenario => ({ ...regular, ...special[scenario] }))

export function merchantKeys(answer: Answer, scenario: string, facts: MerchantFacts): string {
  return ways.keys(answer, scenario, facts, [])
}

export function merchantVariants(step: string, answer: AnswerClass, scenario: string): readonly string[] {
  return ways.variants(step, answer, scenario)
}

/** Two digits in each other's place; other ones where they are alike. */
function swapped([first = '', second = '']: string): string {
  return first === second ? `${(Number(first) + 1) % 10}${second}` : second + first
}
