/**
 * The main job, end to end: a softphone phones the bank through a real Asterisk, buys a voucher, hears number and password,
 * phones the merchant and pays with what it heard. The listener sees nothing but the recording; the books are opened last.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { places } from '../../bin/places.ts'
import { currentGeneration } from '../../src/speech/manifest.ts'
import type { Language } from '../../src/speech/speech.ts'
import { balancesOf } from '../support/balances.ts'
import { call } from './harness/caller.ts'
import { type Customer, type Network, startNetwork } from './harness/network.ts'
import { loadClipSet } from './listen/clip-set.ts'
import { digitsIn, type HeardDigits } from './listen/digits.ts'
import { type Heard, listen } from './listen/listen.ts'

let network: Network

beforeAll(async () => {
  network = await startNetwork()
})
afterAll(async () => {
  await network?.stop()
  network?.remove()
})

test.each([
  { language: 'en', key: '1', user: 'phone1', customer: 0 },
  { language: 'zh', key: '2', user: 'phone2', customer: 1 },
] as const)(
  'buys at 9001 and pays at 8001 with what it heard ($language)',
  async ({ language, key, user, customer }) => {
    const buyer = network.customers[customer] as Customer
    const before = await balancesOf(network.dataFolder)

    const bank = await call(network, user, '9001', 'harbour')
    await bank.answer('language.choose', key)
    await bank.answer('sign-in.account', `${buyer.account}#`)
    await bank.answer('sign-in.pin', buyer.pin)
    await bank.answer('bank.menu', '2')
    await bank.answer('buy.payee', '8001#')
    await bank.answer('buy.amount', '50#')
    await bank.answer('buy.confirm', '1')
    await bank.answer('voucher.written', '1')
    await bank.hears('voucher.confirmed')
    await bank.answer('bank.menu', '')
    await bank.hangUp()

    const spoken = digitsHeard(await bank.quit(), language)
    const [number, password] = spoken.map(({ digits }) => digits)
    expect(spoken.map(({ digits }) => digits.length)).toEqual([16, 8])
    console.log(
      `${language}: smallest margin of a digit ${Math.min(...spoken.map(row => row.smallestMargin)).toFixed(2)}`,
    )

    const shop = await call(network, user, '8001', 'lantern')
    await shop.answer('language.choose', key)
    await shop.answer('merchant.menu', '1')
    await shop.answer('voucher.ask-number', `${number}#`)
    await shop.answer('voucher.ask-password', `${password}#`)
    await shop.answer('voucher.menu', '1')
    await shop.answer('pay.amount', '32*50#')
    await shop.answer('pay.confirm', '1')
    await shop.hears('pay.done')
    await shop.answer('voucher.menu', '')
    await shop.hangUp()
    const [reference] = digitsHeard(await shop.quit(), language)
    expect(reference?.digits).toHaveLength(6)

    // Only now are the books opened.
    const after = await balancesOf(network.dataFolder)
    const change = (account: string) => (after.get(account) ?? 0n) - (before.get(account) ?? 0n)
    expect(change(`harbour deposit:${buyer.account}`)).toBe(-50_00n)
    expect(change('harbour float:lantern')).toBe(50_00n)
    expect(change('lantern revenue')).toBe(32_50n)
    expect(await network.audit()).toMatchObject({ status: 0 })
  },
)

/** Rows of digits that were spoken, in the order in which they were heard; a told amount is not among them. */
function digitsHeard({ heard: [recording] }: { heard: Int16Array[] }, language: Language): HeardDigits[] {
  const samples = Float32Array.from(recording ?? [], sample => sample / 32_768)
  const clips = loadClipSet(currentGeneration(places.promptsCache) ?? '', language)
  const heard: Heard[] = listen(samples, clips)
  return digitsIn(heard).filter(({ digits }) => digits.length > 4)
}
