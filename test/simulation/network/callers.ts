/**
 * The callers of a story: they buy, write down, sometimes only at a second try, pay in one to three parts, end what is left of
 * some vouchers, and transfer.
 */
import { expect } from 'vitest'
import type { Transfer } from '../../../src/bank/bank.ts'
import { type AccountNumber, drawIntentId } from '../../../src/ids.ts'
import { type Money, yuan } from '../../../src/money.ts'
import { aPhone } from '../../support/ids.ts'
import type { BankHouse, PayeeHouse } from '../../support/network/network.ts'
import type { Chance } from './chances.ts'
import { endVoucher } from './end-voucher.ts'
import type { Line } from './line.ts'
import { NoAnswer, triesAfterLoss } from './lives.ts'
import { lookAfter } from './look-after.ts'
import { stateOf } from './state-of.ts'
import type { ToldSale } from './told.ts'

/** Buys so many vouchers, each of some payee, pays with them, and ends some. */
export async function shop(
  line: Line,
  chance: Chance,
  { after, ends }: { readonly after: Chance; readonly ends: Chance },
  bank: BankHouse,
  payees: readonly PayeeHouse[],
  buyer: AccountNumber,
  purchases: number,
): Promise<void> {
  for (let i = 0; i < purchases; i++) {
    const payee = chance.among(payees)
    const bought = await buy(line, chance, bank, payee, buyer)
    if (bought === undefined) continue
    await confirm(line, bank, bought)
    const password = await lookedAfter(line, after, bank, payee, bought)
    if (password === undefined) continue
    // Some are ended after no, one or two parts.
    const most = ends.below(9)
    await spend(line, chance, bank, payee, { ...bought, password }, BigInt(most))
    if (most < 3) await endVoucher(line, bank, payee, { ...bought, password })
  }
}

/** Undefined: it does not open any more, which can only be when books went back. */
async function lookedAfter(...[line, after, bank, payee, bought]: Parameters<typeof lookAfter>) {
  try {
    return await lookAfter(line, after, bank, payee, bought)
  } catch (error) {
    if (!(error instanceof NoAnswer) || !line.told.wentBack(bank.id, payee.id)) throw error
    return undefined
  }
}

async function buy(
  { runtime, lives, told }: Line,
  chance: Chance,
  bank: BankHouse,
  payee: PayeeHouse,
  buyer: AccountNumber,
): Promise<ToldSale | undefined> {
  const intent = drawIntentId(runtime)
  const amount = yuan(chance.among([20n, 50n, 100n]))
  const order = { intent, buyer, payee: payee.id, amount, channel: 'telephone' } as const
  const ask = async () => {
    const sale = await lives.insist(bank, () => bank.running.bank.sellVoucher(order))
    if (sale.outcome !== 'sold') return undefined
    const { id, number, password } = sale.voucher
    return { by: bank.id, intent, payee: payee.id, sale: id, number, password, amount, buyer }
  }
  const first = await ask()
  if (first === undefined) return undefined
  const fact = told.sold(first)
  if (!chance.oneIn(2)) return fact
  // The caller was cut off, signs in again and is told the same.
  const again = await ask()
  if (told.mayBeLost(fact)) return again && again.sale !== fact.sale ? told.sold(again) : fact
  expect(again).toMatchObject({ sale: fact.sale, number: fact.number })
  expect(again?.password.reveal()).toBe(fact.password.reveal())
  return fact
}

async function confirm({ lives, told }: Line, bank: BankHouse, { buyer, sale }: ToldSale): Promise<void> {
  const { outcome } = await lives.insist(bank, () => bank.running.bank.confirmHeard({ buyer, voucher: sale }))
  if (outcome === 'confirmed') told.confirmed({ by: bank.id, sale, buyer })
  else if (!told.wentBack(bank.id)) throw new Error(`a sale that was told is ${outcome}`)
}

async function spend(
  line: Line,
  chance: Chance,
  bank: BankHouse,
  payee: PayeeHouse,
  bought: ToldSale,
  most: bigint,
): Promise<void> {
  const { runtime, told } = line
  const parts = 1n + BigInt(chance.below(3))
  const part = { ...bought.amount, minor: bought.amount.minor / parts }
  for (let i = 0n; i < parts && i < most; i++) {
    const intent = drawIntentId(runtime)
    told.asked.push({ by: payee.id, intent, number: bought.number })
    try {
      const outcome = await pay(line, payee, bought, intent, part)
      if (outcome === 'paid') told.paid({ by: payee.id, intent, number: bought.number, amount: part })
      else if (outcome === 'locked') return
      else if (!told.wentBack(payee.id)) throw new Error(`a payment of what must be left was ${outcome}`)
    } catch (error) {
      // A voucher that its payee does not know any more, or that a bank put back sold once more, is for people.
      if (!(error instanceof NoAnswer) || !told.wentBack(bank.id, payee.id)) throw error
      return
    }
  }
}

/** A session dies with its process: the caller opens again, and asks with the same intent. */
async function pay(
  { lives, told }: Line,
  payee: PayeeHouse,
  { number, password }: ToldSale,
  intent: ReturnType<typeof drawIntentId>,
  amount: Money,
): Promise<string> {
  const ask = async () => {
    const { merchant } = payee.running
    const opening = await merchant.openVoucher({ number, password, origin: aPhone })
    // The last part was paid, and the answer lost with the process: ask what became of it.
    if (opening.outcome === 'exhausted') {
      const became = await merchant.resolve({ intent, principal: number })
      return became.outcome === 'done' ? 'paid' : became.outcome
    }
    if (opening.outcome !== 'open') {
      const state = await stateOf(payee, number)
      // A payee that dies between a try and its result has used the try up: after three the voucher is locked.
      if (state === 'locked') return 'locked'
      // Refused while the activation is on its way and the bank out of reach.
      throw new Error(`${opening.outcome}, as it is ${state}`)
    }
    const { outcome } = await merchant.pay({ intent, session: opening.session, amount })
    if (outcome === 'session-ended') throw new Error('the session ended with its process')
    return outcome
  }
  return lives.insist(payee, ask, told.hasLost ? triesAfterLoss : undefined)
}

/** Sends small amounts to an account of another bank, which may be away, and asks again until it is known whether they left. */
export function sendTo(
  line: Line,
  chance: Chance,
  bank: BankHouse,
  from: AccountNumber,
  to: AccountNumber,
  times: number,
) {
  const { told } = line
  return transferring(line, chance, bank, { from, to, times }, (outcome, fact) => {
    if (outcome === 'transferred' || outcome === 'pending') told.sent(fact)
    else if (outcome === 'came-back' && !told.hasLost) throw new Error('an account that is there was refused')
  })
}

/** Transfers small amounts to a neighbour. */
export function transferTo(
  line: Line,
  chance: Chance,
  bank: BankHouse,
  from: AccountNumber,
  to: AccountNumber,
  times: number,
) {
  return transferring(line, chance, bank, { from, to, times }, (outcome, fact) => {
    if (outcome === 'transferred') line.told.transferred(fact)
  })
}

async function transferring(
  { runtime, lives }: Line,
  chance: Chance,
  bank: BankHouse,
  { from, to, times }: { from: AccountNumber; to: AccountNumber; times: number },
  note: (outcome: Transfer['outcome'], fact: Parameters<Line['told']['sent']>[0]) => void,
): Promise<void> {
  for (let i = 0; i < times; i++) {
    const intent = drawIntentId(runtime)
    const amount = yuan(BigInt(1 + chance.below(9)))
    const request = { intent, from, to, amount, channel: 'telephone' } as const
    const { outcome } = await lives.insist(bank, () => bank.running.bank.transfer(request))
    note(outcome, { by: bank.id, intent, from, to, amount })
    await runtime.sleep(chance.below(5_000))
  }
}
