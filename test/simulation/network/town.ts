/**
 * Who lives in a story: banks, payees, and at each bank three customers with money. Made once per process and shape, and
 * copied for each seed.
 */
import { bothSign } from '../../../demo/two-people.ts'
import type { AccountNumber } from '../../../src/ids.ts'
import { yuan } from '../../../src/money.ts'
import type { Runtime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import {
  type BankHouse,
  type FrozenNetwork,
  freeze,
  makeNetwork,
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
  /** By bank: two who shop, and one who is paid. */
  readonly customers: ReadonlyMap<string, Customers>
}

export interface Customers {
  /** ¥1,000.00 */
  readonly ada: AccountNumber
  /** ¥30.00, and more whenever Ada pays him. */
  readonly bo: AccountNumber
  /** ¥5,000.00: more than may leave the account in a day. */
  readonly cai: AccountNumber
}

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
  const shape = { banks, payees, denominations, stock: { lowWater: 4, orderCount: 4 } }
  const plan = { banks: bankSettings(shape), payees: payeeSettings(shape) }
  return runtime.run(async () => {
    const { network, staff } = await makeNetwork(plan, runtime)
    await stockUp(network)
    const customers = new Map<string, Customers>()
    for (const bank of network.banks) customers.set(bank.id, await openAccounts(bank, staff, runtime))
    return { plan, staff, customers, network: await freeze(network) }
  })
}

async function openAccounts({ running }: BankHouse, staff: Staff, runtime: Runtime): Promise<Customers> {
  const open = async (name: { en: string; zh: string }, whole: bigint) => {
    const account = await running.teller.drawAccountNumber()
    await running.teller.openCustomer({ account, name, pin: new Secret('730184') })
    await bothSign(running, runtime, staffOf(staff, running), 'pay-in', { account, minor: yuan(whole).minor })
    return account
  }
  return {
    ada: await open({ en: 'Ada Chen', zh: '陈爱达' }, 1000n),
    bo: await open({ en: 'Bo Li', zh: '李波' }, 30n),
    cai: await open({ en: 'Cai Wang', zh: '王彩' }, 5000n),
  }
}
