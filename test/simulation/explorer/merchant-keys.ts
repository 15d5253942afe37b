/** What a caller of the merchant keys to answer each step in each way, scenario by scenario. */
import type { AnswerClass } from '../../../src/phone/transcript.ts'
import { type Ways, waysOf } from './keys.ts'
import type { Answer } from './path.ts'
import type { Pressed } from './place.ts'

/** The voucher of a scenario, worth ¥50. */
export interface MerchantFacts {
  readonly number: string
  /** The one that counts now. */
  readonly password: string
  readonly backup: string
}

const newPassword = '8264017359'
/** One that every thief tries first. */
const easyPassword = '20261122'
const wrongBackup = '905318472605'
const wrongPassword = '90531847'

const theNumber: Ways<MerchantFacts>[string] = {
  valid: { '': f => `${f.number}#` },
  'refused-check-digits': { '': f => `${f.number.slice(0, -2)}${swapped(f.number.slice(-2))}#` },
}
const theBackup: Ways<MerchantFacts>[string] = {
  valid: { '': f => f.backup },
  'refused-wrong': { '': () => wrongBackup },
}

const regular: Ways<MerchantFacts> = {
  'voucher.ask-number': theNumber,
  'forgot.ask-number': theNumber,
  'forgot.ask-backup': theBackup,
  'unlock.ask-number': theNumber,
  'unlock.ask-backup': theBackup,
  'voucher.ask-password': {
    valid: { '': f => `${f.password}#` },
    'refused-wrong': { '': () => `${wrongPassword}#` },
  },
  'password.new': { valid: { '': () => `${newPassword}#` }, 'refused-too-easy': { '': () => `${easyPassword}#` } },
  'password.repeat': {
    valid: { '': (_, pressed) => pressed.findLast(({ step }) => step === 'password.new')?.keys ?? `${newPassword}#` },
    'refused-different': { '': () => `${wrongPassword}#` },
  },
  'card.amount': {
    valid: { '': () => '1200#' },
    'refused-unreadable': { '': () => '1*234#' },
    'refused-zero': { '': () => '0#' },
  },
  'pay.amount': {
    valid: { part: () => '12*5#', all: () => '50#', 'too much': () => '50*01#' },
    'refused-unreadable': { '': () => '1*234#' },
    'refused-zero': { '': () => '0#' },
  },
}

const onlyRefused = (keys: (facts: MerchantFacts) => string) => ({ valid: {}, 'refused-wrong': { '': keys } })
const onlyBusy = (keys: (facts: MerchantFacts) => string) => ({
  ...{ valid: {}, 'refused-wrong': {} },
  'refused-too-many': { '': keys },
})
const onlyRight = (keys: (facts: MerchantFacts) => string) => ({ valid: { '': keys }, 'refused-wrong': {} })

/** The three proofs, each answered in one way alone. */
const proofs = (way: typeof onlyRefused | typeof onlyBusy | typeof onlyRight): Ways<MerchantFacts> => ({
  'voucher.ask-password': way(f => `${f.password}#`),
  'forgot.ask-backup': way(f => f.backup),
  'unlock.ask-backup': way(f => f.backup),
})

/** Where a scenario differs. Each is walked for what only it can show. */
const special: Readonly<Record<string, Ways<MerchantFacts>>> = {
  locked: { 'voucher.ask-password': onlyRefused(f => `${f.password}#`) },
  'identity required': proofs(onlyRefused),
  unsold: proofs(onlyRefused),
  busy: proofs(onlyBusy),
  ended: proofs(onlyRight),
  'under review': { 'voucher.ask-password': onlyRight(f => `${f.password}#`) },
}

/** By card alone, in the scenarios that are about cards; in `regular` like anything else. */
const onlyByCard: Ways<MerchantFacts> = { 'merchant.menu': { 'key-1': {}, 'key-2': {}, 'key-3': {} } }
const notByCard: Ways<MerchantFacts> = { 'merchant.menu': { 'key-5': {} } }

const byCardOrNot = (scenario: string) => {
  if (scenario.startsWith('card: ')) return onlyByCard
  return scenario === 'regular' || scenario === '' ? {} : notByCard
}

const ways = waysOf<MerchantFacts>(scenario => ({ ...regular, ...special[scenario], ...byCardOrNot(scenario) }))

export function merchantKeys(
  answer: Answer,
  scenario: string,
  facts: MerchantFacts,
  pressed: readonly Pressed[],
): string {
  return ways.keys(answer, scenario, facts, pressed)
}

export function merchantVariants(step: string, answer: AnswerClass, scenario: string): readonly string[] {
  return ways.variants(step, answer, scenario)
}

/** Two digits in each other's place; other ones where they are alike. */
function swapped([first = '', second = '']: string): string {
  return first === second ? `${(Number(first) + 1) % 10}${second}` : second + first
}
