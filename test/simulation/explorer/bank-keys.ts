/** What a caller of the bank keys to answer each step in each way, scenario by scenario. */
import type { AnswerClass } from '../../../src/phone/transcript.ts'
import { type Ways, waysOf } from './keys.ts'
import type { Answer } from './path.ts'
import type { Pressed } from './place.ts'

/** The people and numbers of a scenario. */
export interface BankFacts {
  readonly account: string
  /** The one that counts now. */
  readonly pin: string
  readonly otherAccount: string
  readonly unknownAccount: string
  readonly payee: string
}

const newPin = '730281'
/** One that every thief tries first. */
const easyPin = '888888'
const wrongPin = '905318'

/** Whom money is sent to, by PIN or by card. */
const anAccount = {
  valid: { '': (f: BankFacts) => `${f.otherAccount}#` },
  'refused-check-digits': { '': () => '123456#' },
  'refused-own': { '': (f: BankFacts) => `${f.account}#` },
  'refused-unknown': { '': (f: BankFacts) => `${f.unknownAccount}#` },
}
const anAmount = {
  valid: { '': () => '12*5#', 'above the limit': () => '1200#', 'too much': () => '999999#' },
  'refused-unreadable': { '': () => '1*234#' },
  'refused-zero': { '': () => '0*00#' },
}

/** ¥5,000 in the account, ¥1,000 at once at most; vouchers of ¥20, 50, 100, 200, and 500, which are sold out. */
const regular: Ways<BankFacts> = {
  'sign-in.account': {
    valid: { '': f => `${f.account}#` },
    // Where nobody registered the telephone no PIN is right after it.
    'hash-alone': {},
    'refused-check-digits': { '': () => '123456#' },
    back: { '': () => '*' },
  },
  'sign-in.pin': { valid: { '': f => f.pin }, 'refused-wrong': { '': () => wrongPin } },
  'sign-in.again': {
    valid: { pin: f => f.pin, account: f => `${f.account}#` },
    'refused-wrong': { '': () => wrongPin },
    'refused-check-digits': { '': () => '9182736#' },
  },
  'buy.payee': { valid: { '': f => `${f.payee}#` }, 'refused-unknown': { '': () => '8999#' } },
  'buy.amount': {
    valid: {
      exact: () => '50#',
      between: () => '70#',
      least: () => '5*5#',
      most: () => '900#',
      'sold out': () => '500#',
    },
    'refused-unreadable': { '': () => '1*2*3#' },
    'refused-zero': { '': () => '0#' },
  },
  'transfer.account': anAccount,
  'transfer.amount': anAmount,
  'large.account': anAccount,
  'large.amount': { ...anAmount, valid: { '': () => '1200#' } },
  'care.account': { valid: { '': f => `${f.account}#` }, 'refused-check-digits': { '': () => '9182736#' } },
  'care.pin': { valid: { '': f => f.pin, wrong: () => wrongPin } },
  'care.number': { valid: { '': () => '5557301#' } },
  'pin.new': { valid: { '': () => newPin }, 'refused-too-easy': { '': () => easyPin } },
  'pin.repeat': {
    valid: { '': (_, pressed) => pressed.findLast(({ step }) => step === 'pin.new')?.keys ?? newPin },
    'refused-different': { '': () => wrongPin },
  },
}

/** No account is found. */
const nobody = { valid: {}, 'refused-unknown': {} }
const toAnAccount = (differs: Ways<BankFacts>[string]): Ways<BankFacts> => ({
  'transfer.account': { ...anAccount, ...differs },
  'large.account': { ...anAccount, ...differs },
})

/** Whatever is keyed, the account is closed. */
const onlyThePin: Ways<BankFacts> = { 'sign-in.pin': { valid: { '': f => f.pin }, 'refused-wrong': {} } }

const byHash: Ways<BankFacts> = {
  'sign-in.account': {
    valid: { '': f => `${f.account}#` },
    'hash-alone': { '': () => '#' },
    back: { '': () => '*' },
  },
}

/** Where a scenario differs. Each is walked for what only it can show. */
const special: Readonly<Record<string, Ways<BankFacts>>> = {
  'spoke English': { 'language.choose': { 'key-1': {}, 'key-2': { '': () => '2' } } },
  'last try': { 'sign-in.pin': { valid: { '': f => f.pin, 'third wrong': () => wrongPin }, 'refused-wrong': {} } },
  closed: onlyThePin,
  'closed for a minute': onlyThePin,
  'closed for hours': onlyThePin,
  'closed today': onlyThePin,
  'under review': onlyThePin,
  'telephone blocked': onlyThePin,
  stranger: {
    'sign-in.pin': { valid: {}, 'refused-wrong': { '': () => wrongPin } },
    'sign-in.again': { valid: { account: f => `${f.account}#` }, 'refused-wrong': { '': () => wrongPin } },
  },
  'registered telephone': byHash,
  'registered telephone, in Mandarin': byHash,
  'telephone of nobody': {
    'sign-in.account': { valid: {}, 'hash-alone': { '': () => '#' }, 'refused-check-digits': {}, back: {} },
    'sign-in.pin': { valid: {}, 'refused-wrong': { '': f => f.pin } },
    'sign-in.again': { valid: {}, 'refused-wrong': { '': f => f.pin } },
  },
  'other bank': toAnAccount({ 'refused-unknown': {} }),
  'other bank away': toAnAccount({ ...nobody, 'refused-bank-out-of-reach': { '': f => `${f.otherAccount}#` } }),
  'asks for many': toAnAccount({ ...nobody, 'refused-too-many': { '': f => `${f.otherAccount}#` } }),
  busy: { 'sign-in.pin': { valid: {}, 'refused-wrong': {}, 'refused-too-many': { '': f => f.pin } } },
  'busy later': {
    'sign-in.pin': { valid: {}, 'refused-wrong': { '': () => wrongPin } },
    'sign-in.again': { valid: {}, 'refused-wrong': {}, 'refused-too-many': { '': f => f.pin } },
  },
}

const ways = waysOf<BankFacts>(scenario => ({ ...regular, ...special[scenario] }))

export function bankKeys(answer: Answer, scenario: string, facts: BankFacts, pressed: readonly Pressed[]): string {
  return answer.variant === 'third wrong' ? wrongPin : ways.keys(answer, scenario, facts, pressed)
}

export function bankVariants(step: string, answer: AnswerClass, scenario: string): readonly string[] {
  return ways.variants(step, answer, scenario)
}

/** The third wrong PIN is the bank's own affair: an answer like others, and the account is closed to this telephone. The first was asked for elsewhere. */
export function afterTwoWrongPins({ step, answer }: Answer): readonly Answer[] | undefined {
  if (step !== 'sign-in.again' || answer !== 'refused-wrong') return undefined
  return [{ step, answer: 'valid', variant: 'third wrong' }]
}
