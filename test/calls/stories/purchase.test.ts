/**
 * The main job, end to end: a softphone phones the bank through a real Asterisk, buys a voucher, hears number and password,
 * phones the merchant and pays with what it heard. The listener sees nothing but the recording; the books are opened last.
 * Two callers do so at once, one in each language.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Language } from '../../../src/speech/speech.ts'
import { balancesOf } from '../../support/balances.ts'
import { type Caller, call } from '../harness/caller.ts'
import type { WrittenDown } from '../harness/conversations.ts'
import { institutionsMade } from '../harness/institutions-made.ts'
import { digitsHeard } from '../harness/listening.ts'
import { type Customer, type Network, startNetwork } from '../harness/network.ts'

const english = { language: 'en', key: '1', user: 'phone1', pays: '32*50', paidMinor: 32_50n } as const
const mandarin = { language: 'zh', key: '2', user: 'phone2', pays: '17*80', paidMinor: 17_80n } as const

let network: Network
let buyers: Customer[]
let before: ReadonlyMap<string, bigint>
/** As they were heard, the English caller's first. */
let vouchers: WrittenDown[]

beforeAll(async () => {
  network = await startNetwork([], {}, institutionsMade)
  buyers = network.customers.slice(0, 2)
  before = await balancesOf(network.dataFolder)
})
afterAll(async () => {
  await network?.stop()
  network?.remove()
})

test('they buy at 9001 and hear a voucher number and a password', async () => {
  const [first, second] = await callBoth('9001', 'harbour')
  await Promise.all([buy(first, english.key, buyers[0]), buy(second, mandarin.key, buyers[1])])
  vouchers = [await written(first, english.language), await written(second, mandarin.language)]
})

test('they pay at 8001 with what they heard, and hear a reference', async () => {
  const [first, second] = await callBoth('8001', 'lantern')
  await Promise.all([pay(first, english, vouchers[0]), pay(second, mandarin, vouchers[1])])
  for (const [caller, { language }] of [[first, english] as const, [second, mandarin] as const]) {
    expect((await rowsHeard(caller, language)).map(({ digits }) => digits.length)).toEqual([6])
  }
})

test('only now are the books opened, and both institutions’ are right', async () => {
  const after = await balancesOf(network.dataFolder)
  const change = (account: string) => (after.get(account) ?? 0n) - (before.get(account) ?? 0n)
  for (const { account } of buyers) expect(change(`harbour deposit:${account}`)).toBe(-50_00n)
  expect(change('harbour float:lantern')).toBe(100_00n)
  expect(change('lantern revenue:harbour')).toBe(english.paidMinor + mandarin.paidMinor)
  expect(await network.audit()).toMatchObject({ status: 0 })
})

/** One after the other, so that each knows which call in the institution's log is its own. */
async function callBoth(number: string, institution: string): Promise<[Caller, Caller]> {
  const first = await call(network, english.user, number, institution)
  return [first, await call(network, mandarin.user, number, institution)]
}

async function buy(bank: Caller, languageKey: string, buyer: Customer | undefined): Promise<void> {
  await bank.answer('language.choose', languageKey)
  await bank.answer('sign-in.account', `${buyer?.account}#`)
  await bank.answer('sign-in.pin', `${buyer?.pin}`)
  await bank.answer('bank.menu', '2')
  await bank.answer('buy.payee', '8001#')
  await bank.answer('buy.amount', '50#')
  await bank.answer('buy.confirm', '1')
  await bank.answer('voucher.written', '1')
  await bank.hears('voucher.confirmed')
  await bank.answer('bank.menu', '')
  await bank.hangUp()
}

async function pay(shop: Caller, caller: { key: string; pays: string }, voucher: WrittenDown | undefined) {
  await shop.answer('language.choose', caller.key)
  await shop.answer('merchant.menu', '1')
  await shop.answer('voucher.ask-number', `${voucher?.number}#`)
  await shop.answer('voucher.ask-password', `${voucher?.password}#`)
  await shop.answer('voucher.menu', '1')
  await shop.answer('pay.amount', `${caller.pays}#`)
  await shop.answer('pay.confirm', '1')
  await shop.hears('pay.done')
  await shop.answer('voucher.menu', '')
  await shop.hangUp()
}

async function written(bank: Caller, language: Language): Promise<WrittenDown> {
  const rows = await rowsHeard(bank, language)
  expect(rows.map(({ digits }) => digits.length)).toEqual([16, 8])
  const [number = '', password = ''] = rows.map(({ digits }) => digits)
  const smallest = Math.min(...rows.map(({ smallestMargin }) => smallestMargin))
  console.log(`${language}: smallest margin of a digit ${smallest.toFixed(2)}`)
  return { number, password }
}

/** Rows of digits that were spoken in the whole call; the words of an amount are not among them. */
async function rowsHeard(caller: Caller, language: Language) {
  const { heard } = await caller.quit()
  return digitsHeard(heard[0] ?? new Int16Array(), language).filter(({ digits }) => digits.length > 4)
}
