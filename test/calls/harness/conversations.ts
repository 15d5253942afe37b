/** What callers of these tests say with their keys more than once, typed as fast as the line allows. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Caller, call } from './caller.ts'
import { digitsHeard } from './listening.ts'
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

/** From where the merchant's menu was answered with 1. */
export async function openVoucher(shop: Caller, { number, password }: WrittenDown): Promise<void> {
  await shop.answer('voucher.ask-number', `${number}#`)
  await shop.answer('voucher.ask-password', `${password}#`)
}

export interface WrittenDown {
  readonly number: string
  readonly password: string
}

/**
 * Listens to a voucher's number and password, has them told again where the line tore them, and answers the question
 * whether they are written down with `key`.
 */
export async function writeDown(bank: Caller, key: '1' | '9'): Promise<WrittenDown> {
  for (let tries = 1; ; tries++) {
    await bank.answer('voucher.written', '')
    await sleep(500)
    const heard = digitsHeard(bank.phone.heardSoFar().subarray(-longestTellingSamples), 'en')
    const rows = heard.map(({ digits }) => digits)
    const [number, password] = [16, 8].map(length => rows.findLast(digits => digits.length === length))
    if (number !== undefined && password !== undefined) {
      await bank.phone.press(key)
      return { number, password }
    }
    if (tries === 3)
      throw new Error(`of number and password only ${JSON.stringify(rows.map(row => row.length))} digits`)
    await bank.phone.press('2')
  }
}

/** Both, and the sentences around them: 25 s. */
const longestTellingSamples = 25 * 8_000

/** The same call in the next process: which phrase follows the excuse, or which question when nothing was open. */
export async function takenUp({ id, log }: Caller): Promise<string> {
  await log.next({ call: id, event: 'answered-call', resumed: true })
  const { phrase } = await log.next({ call: id, event: 'said' })
  if (phrase !== 'restarted') throw new Error(`a call that was taken up begins with ${String(phrase)}`)
  return String((await log.next({ call: id, event: 'said' }))['phrase'])
}

/** The first question may have passed already while its prompt was waited for. */
export async function signInAgain(caller: Caller, { account, pin }: Pick<Customer, 'account' | 'pin'>): Promise<void> {
  await caller.phone.press(`${account}#`)
  await caller.answer('sign-in.pin', pin)
}
