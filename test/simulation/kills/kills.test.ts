/**
 * SIGKILL at every named step from the request to "heard", by night ten times each. Afterwards the call is taken up by a
 * new process as Asterisk would hand it over, and the same ids are asked again: nothing acknowledged is lost, nothing is
 * done twice, nothing is sold twice.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { moneySteps } from '../../../src/bank/steps.ts'
import { auditInstitution } from '../../../src/operations/audit-institution.ts'
import type { Progress } from '../../../src/phone/line.ts'
import { institutionId } from '../../support/ids.ts'
import { byNight } from '../../support/night.ts'
import { type Ended, type Lives, prepareLives } from './lives.ts'
import type { Message } from './messages.ts'

const face = 5_000n
const paidIn = 350_000n
/** In one call: two identical purchases are two purchases. */
const purchases = 2
const killsPerStep = byNight(10, 1)

/** The bank's own steps that a purchase passes, those of its store, and those of the conversation. */
const steps = [
  ...moneySteps.filter(step => /^(pin|sale|activation|confirm)\./.test(step)),
  ...['store.begun', 'store.before-commit', 'store.committed', 'store.answered'],
  ...['intent sale', 'says buy.sold', 'says voucher.number', 'heard voucher.number', 'says voucher.password'].map(
    step => `call: ${step}`,
  ),
  ...['heard voucher.password', 'answered voucher.written', 'says voucher.confirmed'].map(step => `call: ${step}`),
]

let lives: Lives
let kills = 0

beforeAll(async () => {
  lives = await prepareLives()
})
afterAll(() => lives?.close())

test.concurrent.each(steps)('killed at %s', { timeout: 600_000 }, async step => {
  // Of every second step the first kill is in the second purchase, where one sale is done already.
  const first = steps.indexOf(step) % purchases
  for (let round = 0; round < killsPerStep; round++) await killAndTakeUp(step, first + round)
})

test('every step was one to be killed at', () => {
  console.log(`${kills} kills at ${steps.length} steps`)
  expect(kills).toBe(steps.length * killsPerStep)
  expect(steps.length).toBeGreaterThanOrEqual(20)
})

async function killAndTakeUp(step: string, round: number): Promise<void> {
  const { folder, remove } = lives.copy()
  // The steps of one purchase come before those of the second; the store's come many times in each.
  const occurrence = step.startsWith('store.') ? 1 + 2 * round : step.startsWith('pin.') ? 1 : 1 + (round % purchases)
  const life = { folder, seed: round + 1, account: lives.account, pin: lives.pin }
  const hint = `killed at ${step}, passage ${occurrence}, seed ${life.seed}`

  const first = await lives.live({ ...life, killAt: step, occurrence, resumed: undefined, purchases, intents: [] })
  expect(first.signal, `${hint}: it was never reached`).toBe('SIGKILL')
  kills++

  const intents = all(first, 'remembered').flatMap(({ progress }) => progress.intent?.id ?? [])
  const asked = [...new Set(intents)]
  const resumed = all(first, 'remembered').at(-1)?.progress
  const taken = { ...life, seed: 1_000 + round, killAt: undefined, occurrence: 0, purchases: 0 }
  const second = await lives.live({ ...taken, resumed, intents: asked })

  nothingAcknowledgedIsLost(first, second, hint)
  theCallerIsToldWhatBecameOfIt(second, resumed, hint)
  nothingIsDoneTwice(second, asked, hint)
  const among = [
    { id: institutionId('harbour'), kind: 'bank', folder: `${folder}/harbour` },
    { id: institutionId('lantern'), kind: 'merchant', folder: `${folder}/lantern` },
  ] as const
  for (const each of among) expect(await auditInstitution(each, among), hint).toEqual([])
  remove()
}

function nothingAcknowledgedIsLost(first: Ended, second: Ended, hint: string): void {
  const began = only(second, 'began')
  const said = (phrase: string) => all(first, 'step').filter(({ step }) => step === `call: says ${phrase}`).length
  expect(began.sold, `${hint}: a sale that was told`).toBeGreaterThanOrEqual(said('buy.sold'))
  expect(began.confirmed, `${hint}: a confirmation that was told`).toBeGreaterThanOrEqual(said('voucher.confirmed'))
  expect(BigInt(began.balance), `${hint}: paid for what was sold`).toBe(paidIn - BigInt(began.sold) * face)

  // What was not confirmed is told again, the same digits as before.
  const before = pairs(first)
  const after = pairs(second)
  expect(after.size, `${hint}: told again`).toBe(began.sold - began.confirmed)
  for (const [number, password] of after) {
    if (before.get(number) !== undefined) expect(password, `${hint}: another password`).toBe(before.get(number))
  }
}

/** Before anything else is said, and truly. */
function theCallerIsToldWhatBecameOfIt(second: Ended, resumed: Progress | undefined, hint: string): void {
  const told = all(second, 'step').flatMap(({ step }) => /^call: says (resumed\..+)/.exec(step)?.[1] ?? [])
  const outcomes = resumed?.intent === undefined ? [] : [expect.stringMatching(/^resumed\.(sold|not-done)$/)]
  expect(told, hint).toEqual(outcomes)
}

function nothingIsDoneTwice(second: Ended, asked: readonly string[], hint: string): void {
  const answers = all(second, 'asked-again')
  expect(answers.map(({ intent }) => intent)).toEqual(asked)
  const numbers = answers.map(({ outcomes: [once, again] }) => {
    expect(once, hint).toMatch(/^sold \d+$/)
    expect(again, `${hint}: asked twice`).toBe(once)
    return once
  })
  expect(new Set(numbers).size, `${hint}: sold twice`).toBe(asked.length)

  const ended = only(second, 'ended')
  expect(ended.sold, `${hint}: one sale for each id`).toBe(asked.length)
  expect(BigInt(ended.balance), `${hint}: paid once for each`).toBe(paidIn - BigInt(asked.length) * face)
  // Each password that was heard opens its voucher at the payee.
  for (const opening of ended.opened) expect(opening, hint).toBe(`open ${face}`)
}

/** Numbers with their passwords, as far as both were heard. */
function pairs(ended: Ended): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  let number = ''
  for (const { phrase, digits } of all(ended, 'heard')) {
    if (phrase === 'voucher.number') number = digits
    else found.set(number, digits)
  }
  return found
}

function all<K extends Message['kind']>({ messages }: Ended, kind: K) {
  return messages.filter((message): message is Extract<Message, { kind: K }> => message.kind === kind)
}

function only<K extends Message['kind']>(ended: Ended, kind: K) {
  const [first] = all(ended, kind)
  if (first === undefined) throw new Error(`the process never said ${kind}`)
  return first
}
