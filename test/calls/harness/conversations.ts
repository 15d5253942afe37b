/** What callers of these tests say with their keys more than once, typed as fast as the line allows. */
import { places } from '../../../bin/places.ts'
import { currentGeneration } from '../../../src/speech/manifest.ts'
import { loadClipSet } from '../listen/clip-set.ts'
import { digitsIn } from '../listen/digits.ts'
import { listen } from '../listen/listen.ts'
import type { Heard } from './baresip.ts'
import { type Caller, call } from './caller.ts'
import type { Customer, Network } from './network.ts'

/** Dials, and chooses English without waiting to be asked. */
export async function callInEnglish(network: Network, user: string, number: string, institution: string) {
  const caller = await call(network, user, number, institution)
  await caller.phone.press('1')
  return caller
}

export async function signIn(bank: Caller, { account, pin }: Pick<Customer, 'account' | 'pin'>): Promise<void> {
  await bank.answer('sign-in.account', `${account}#`)
  await bank.answer('sign-in.pin', pin)
}

/** From the bank's menu: a voucher of 50 at Lantern Books, confirmed. */
export async function orderVoucher(bank: Caller): Promise<void> {
  await bank.answer('bank.menu', '2')
  await bank.answer('buy.payee', '8001#50#')
  await bank.answer('buy.confirm', '1')
}

export async function openVoucher(shop: Caller, number: string, password: string): Promise<void> {
  await shop.answer('merchant.menu', '1')
  await shop.answer('voucher.ask-number', `${number}#`)
  await shop.answer('voucher.ask-password', `${password}#`)
}

/** The rows of digits in the recording of an English call, so long that they are no amounts. */
export function digitsHeard({ heard: [recording] }: Heard): string[] {
  const samples = Float32Array.from(recording ?? [], sample => sample / 32_768)
  const clips = loadClipSet(currentGeneration(places.promptsCache) ?? '', 'en')
  return digitsIn(listen(samples, clips))
    .map(({ digits }) => digits)
    .filter(digits => digits.length > 4)
}
