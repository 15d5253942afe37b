/** By phone and terminal, with every sample of the modem: a large amount is paid by card, or is not, and both ends and the books say the same. */
import { expect, test } from 'vitest'
import type { Bank } from '../../../src/bank/bank.ts'
import { money } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import type { Signature } from '../../../src/terminal/payment.ts'
import { issuedTo } from '../../support/cards.ts'
import { answering } from '../explorer/substitute.ts'
import { heard } from './callers.ts'
import { balanceOf, paying, type Story, townWithCard } from './card-payer.ts'

const paidPhrases = ['transfer.done']

test.each([
  ['English', '1', 'Please insert your card now.', /^800 yuan was sent to Bo Li\./],
  ['Mandarin', '2', '现在请插卡。', /^800元已转给李波。/],
] as const)('is paid once, told in %s and shown at the terminal', async (_, language, insert, done) => {
  const all = await townWithCard()
  const { town } = all
  const before = { cai: await balanceOf(town, 'cai'), bo: await balanceOf(town, 'bo') }
  const { call, ended, unsettled } = await paying(all, { language })
  expect(heard(call, 'card.insert')).toEqual([insert])
  expect(heard(call, 'transfer.done')[0]).toMatch(done)
  expect(ended).toMatchObject({ outcome: 'result', result: { outcome: 'paid' } })
  const { reference } = (ended as { result: { reference: string } }).result
  expect(heard(call, 'transfer.done')[0]?.replace(/\D/g, '')).toContain(reference)
  expect(unsettled.current).toBeUndefined()
  expect(await balanceOf(town, 'cai')).toBe(before.cai - 80_000n)
  expect(await balanceOf(town, 'bo')).toBe(before.bo + 80_000n)
  const [insertedAtMs, paidAtMs] = ['card.insert', 'transfer.done'].map(
    phrase => call.line.heard.find(({ phrases }) => phrases.includes(phrase))?.beganAtMs ?? Number.NaN,
  )
  console.log(`from "insert your card" to "paid": ${((paidAtMs ?? 0) - (insertedAtMs ?? 0)) / 1_000} s`)
  expect((paidAtMs ?? 0) - (insertedAtMs ?? 0)).toBeLessThan(25_000)
  expect(await town.world.audited()).toEqual([])
})

test.each<[string, string, Story]>([
  ['the holder does not sign', 'card.declined.by-holder', { approve: () => 'no' }],
  [
    'the PIN is wrong until the card is blocked',
    'card.declined.card-blocked',
    { approve: ({ password }) => ({ pin: new Secret('000000'), password }) },
  ],
  [
    'the personal password is wrong',
    'card.refused.wrong-password.left',
    { approve: ({ pin }) => ({ pin, password: new Secret('11111111') }) },
  ],
  ['there is no terminal', 'card.no-terminal', { isWithoutTerminal: true }],
  [
    'the payment is undecided',
    'try-again-soon',
    { bank: bank => answering(bank, 'payByCard', { outcome: 'undecided' }) },
  ],
  [
    'the card is blocked by now',
    'card.refused.blocked',
    { bank: bank => answering(bank, 'payByCard', { outcome: 'refused', reason: 'blocked' }) },
  ],
  [
    'the answer cannot be read',
    'card.refused.unreadable',
    { bank: bank => answering(bank, 'payByCard', { outcome: 'unreadable-answer' }) },
  ],
])('nothing moves, and its own sentence says so, when %s', async (_, phrase, story) => {
  const all = await townWithCard()
  const before = await balanceOf(all.town, 'cai')
  const { call } = await paying(all, story)
  expect(heard(call, phrase)).toHaveLength(1)
  expect(paidPhrases.flatMap(paid => heard(call, paid))).toEqual([])
  expect(await balanceOf(all.town, 'cai')).toBe(before)
  expect(await all.town.world.audited()).toEqual([])
})

test.each([
  ['another currency', money(80_000n, { code: 'USD', scale: 2 })],
  ['more than digits can say', money(2n ** 40n)],
])('an amount in %s is asked by sound alone', async (_, amount) => {
  const all = await townWithCard()
  const asking = (bank: Bank): Bank => ({
    ...bank,
    askByCard: async order => {
      const asked = await bank.askByCard(order)
      return asked.outcome === 'asked' ? { ...asked, request: { ...asked.request, amount } } : asked
    },
  })
  const { call, ended } = await paying(all, { bank: asking, approve: () => 'no' })
  expect(ended).toEqual({ outcome: 'declined', why: 'by-holder' })
  expect(heard(call, 'card.declined.by-holder')).toHaveLength(1)
})

test('a call that ends between "signed" and "paid" is unknown to the terminal, told in the next call, and never signed again', async () => {
  const all = await townWithCard()
  const before = await balanceOf(all.town, 'cai')
  const unsettled = { current: undefined as Signature | undefined }
  // The bank is paid by the card and then the process that serves the call dies, as far as the line can tell.
  const dying = (bank: Bank): Bank => ({
    ...bank,
    payByCard: async request => {
      await bank.payByCard(request)
      throw new Error('the process has died')
    },
  })
  const first = await paying(all, { bank: dying, unsettled })
  expect(first.ended).toMatchObject({ outcome: 'unknown', signature: { counter: 1 } })
  expect(await balanceOf(all.town, 'cai')).toBe(before - 80_000n)

  const second = await paying(all, { unsettled, approve: () => 'no' })
  expect(heard(second.call, 'card.earlier')).toHaveLength(1)
  expect(heard(second.call, 'resumed.transferred')[0]).toContain('800 yuan was sent to Bo Li')
  expect(heard(second.call, 'card.declined.by-holder')).toHaveLength(1)
  expect(unsettled.current).toBeUndefined()
  expect(await balanceOf(all.town, 'cai')).toBe(before - 80_000n)
  expect(await all.town.world.audited()).toEqual([])
})

test('a payment that a call left unknown stays so to a terminal in a call of another account, and is never signed again', async () => {
  const all = await townWithCard()
  const { harbour, staff, customers } = all.town.world
  await all.town.runtime.run(() => issuedTo(harbour, all.town.runtime, staff, { account: customers.bo.account }))
  const unsettled = { current: undefined as Signature | undefined }
  const dying = (bank: Bank): Bank => ({
    ...bank,
    payByCard: async request => {
      await bank.payByCard(request)
      throw new Error('the process has died')
    },
  })
  const before = await balanceOf(all.town, 'cai')
  await paying(all, { bank: dying, unsettled })
  expect(await balanceOf(all.town, 'cai')).toBe(before - 80_000n)

  const other = await paying(all, { unsettled, payer: 'bo', keys: { 'transfer.amount': '5#' } })
  expect(other.ended).toMatchObject({ outcome: 'unknown', signature: { counter: 1 } })
  expect(heard(other.call, 'large.other-account')).toHaveLength(1)
  expect(heard(other.call, 'resumed.not-done')).toEqual([])
  expect(unsettled.current).toMatchObject({ counter: 1 })

  const own = await paying(all, { unsettled, approve: () => 'no' })
  expect(heard(own.call, 'resumed.transferred')[0]).toContain('800 yuan was sent to Bo Li')
  expect(await balanceOf(all.town, 'cai')).toBe(before - 80_000n)
  expect(await all.town.world.audited()).toEqual([])
})
