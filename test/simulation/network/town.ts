/**
 * Who lives in a story: banks, payees that take cards, and at each bank four customers with money, one of whom has a card. Made once per process and shape, and
 * copied for each seed.
 */
import { bothSign } from '../../../demo/two-people.ts'
import { nameOnOrder } from '../../../src/bank/cards/payee-name.ts'
import type { AccountNumber } from '../../../src/ids.ts'
import { yuan } from '../../../src/money.ts'
import type { Runtime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { type HeldCard, issuedTo } from '../../support/cards.ts'
import {
  type BankHouse,
  type FrozenNetwork,
  freeze,
  letLettersArrive,
  makeNetwork,
  type Network,
  type Plan,
  type Staff,
  staffOf,
  stockUp,
} from '../../support/network/network.ts'
import { bankSettings, payeeSettings } from '../../support/network/settings.ts'
import { usualStart, VirtualRuntime } from '../../support/virtual-runtime.ts'

/** In minor units; what a shopper chooses from. */
const denominations = [2_000n, 5_000n, 10_000n]

export interface Town {
  readonly plan: Plan
  readonly network: FrozenNetwork
  readonly staff: Staff
  /** By bank: two who shop, one who is paid, and one who has a card. */
  readonly customers: ReadonlyMap<string, Customers>
  /** By payee: the account where it collects what cards pay. It begins with nothing. */
  readonly collectingAt: ReadonlyMap<string, { readonly bank: string; readonly account: AccountNumber }>
}

export interface Customers {
  /** ¥1,000.00 */
  readonly ada: AccountNumber
  /** ¥30.00, and more whenever Ada pays him. */
  readonly bo: AccountNumber
  /** ¥5,000.00: more than may leave the account in a day. */
  readonly cai: AccountNumber
  /** ¥500.00, and pays by card alone. */
  readonly dee: AccountNumber
  /** Of Dee, as it was before the story: who uses it uses a copy. */
  readonly card: HeldCard
}

export const deesMinor = 50_000n

export function customersOf({ customers }: Town, bank: string): Customers {
  const known = customers.get(bank)
  if (known === undefined) throw new Error(`nobody has an account at ${bank}`)
  return known
}

const towns = new Map<string, Promise<Town>>()

export function townOf(banks: number, payees: number): Promise<Town> {
  const name = `${banks} ${payees}`
  const known = towns.get(name) ?? makeTown(banks, payees)
  towns.set(name, known)
  return known
}

function makeTown(banks: number, payees: number): Promise<Town> {
  // A day before the stories begin.
  const runtime = new VirtualRuntime({ seed: 20_261_121, startsAt: usualStart - 86_400_000 })
  const shape = { banks, payees, denominations, cards: true, stock: { lowWater: 4, orderCount: 4 } }
  const plan = { banks: bankSettings(shape), payees: payeeSettings(shape) }
  return runtime.run(async () => {
    const { network, staff } = await makeNetwork(plan, runtime)
    await stockUp(network)
    const customers = new Map<string, Customers>()
    for (const bank of network.banks) customers.set(bank.id, await openAccounts(bank, staff, runtime))
    const collectingAt = await admitAll(network, staff, runtime)
    return { plan, staff, customers, collectingAt, network: await freeze(network) }
  })
}

type Name = { en: string; zh: string }

async function openAccounts({ running }: BankHouse, staff: Staff, runtime: Runtime): Promise<Customers> {
  const open = async (name: Name, minor: bigint) => {
    const account = await openAccount(running, name)
    await bothSign(running, runtime, staffOf(staff, running), 'pay-in', { account, minor })
    return account
  }
  const dee = await open({ en: 'Dee Xu', zh: '徐迪' }, deesMinor)
  return {
    ada: await open({ en: 'Ada Chen', zh: '陈爱达' }, yuan(1000n).minor),
    bo: await open({ en: 'Bo Li', zh: '李波' }, yuan(30n).minor),
    cai: await open({ en: 'Cai Wang', zh: '王彩' }, yuan(5000n).minor),
    ...{ dee, card: await issuedTo(running, runtime, staffOf(staff, running), { account: dee }) },
  }
}

async function openAccount({ teller }: BankHouse['running'], name: Name): Promise<AccountNumber> {
  const account = await teller.drawAccountNumber()
  await teller.openCustomer({ account, name, pin: new Secret('730184') })
  return account
}

/** Every bank lets every payee collect, at an account of its own. */
async function admitAll(network: Network, staff: Staff, runtime: Runtime): Promise<Town['collectingAt']> {
  const { banks, payees } = network
  const collectingAt = new Map<string, { readonly bank: string; readonly account: AccountNumber }>()
  for (const [place, { id: receiver }] of payees.entries()) {
    const own = banks[place % banks.length]
    if (own === undefined) throw new Error('there is no bank')
    const name = { en: `Till of ${receiver}`, zh: `${receiver}的账户` }
    const account = await openAccount(own.running, name)
    const request = { receiver, bank: own.id, account, name: nameOnOrder(name) }
    for (const { running } of banks)
      await bothSign(running, runtime, staffOf(staff, running), 'admit-receiver', request)
    collectingAt.set(receiver, { bank: own.id, account })
  }
  await letLettersArrive(network)
  return collectingAt
}
