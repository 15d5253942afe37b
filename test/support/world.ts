/**
 * A bank and a merchant with customers, stock and sold vouchers, ready in milliseconds: made once per process through the
 * same doors as in the field, then copied for each test. `openWorld` takes the test's own runtime. A network of more
 * institutions is made by `network/`, which this one is built on.
 */
import { bothSign, type TwoPeople } from '../../demo/two-people.ts'
import type { Bank } from '../../src/bank/bank.ts'
import type { BankSettings } from '../../src/bank/config.ts'
import type { RunningBank } from '../../src/bank/start.ts'
import type { AccountNumber, InstitutionId, VoucherNumber } from '../../src/ids.ts'
import type { KeyStore } from '../../src/keys/keys.ts'
import type { MerchantSettings } from '../../src/merchant/config.ts'
import type { RunningHost } from '../../src/merchant/host/start.ts'
import type { Merchant } from '../../src/merchant/merchant.ts'
import type { RunningMerchant } from '../../src/merchant/start.ts'
import { yuan } from '../../src/money.ts'
import type { Runtime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import type { Tracing } from '../../src/trace.ts'
import { aPhone, institutionId, intentId, voucherNumber } from './ids.ts'
import type { InProcessMail, Weather } from './in-process-mail.ts'
import {
  type BankHouse,
  type FrozenNetwork,
  freeze,
  letLettersArrive,
  makeNetwork,
  type Network,
  openNetwork,
  type PayeeHouse,
  type Plan,
  staffOf,
  stockUp,
} from './network/network.ts'
import { bankSettings, hostSettings, payeeSettings } from './network/settings.ts'
import type { CopyableRecordKeys } from './record-keys-in-memory.ts'
import { VirtualRuntime } from './virtual-runtime.ts'

const denominations = [2_000n, 5_000n, 10_000n, 20_000n, 50_000n]
/** How many banks there are, and whether there is a host of private payees. */
type Size = { readonly banks: 1 | 2; readonly hosted: boolean }
const shapeOf = ({ banks, hosted }: Size) => ({ banks, hosted, payees: 1, denominations })
const planOf = (size: Size): Plan => ({
  banks: bankSettings(shapeOf(size)),
  payees: payeeSettings(shapeOf(size)),
  hosts: size.hosted ? [hostSettings(shapeOf(size))] : [],
})
/** ¥500.00 is on the bank's list and was never delivered. */
const deliveredTo = (size: Size): Plan => ({
  ...planOf(size),
  banks: bankSettings({ ...shapeOf(size), denominations: denominations.slice(0, 4) }),
})

export interface KnownCustomer {
  readonly account: AccountNumber
  readonly pin: string
  readonly name: { readonly en: string; readonly zh: string }
}

export interface KnownVoucher {
  readonly sale: string
  readonly buyer: AccountNumber
  readonly number: VoucherNumber
  readonly password: string
}

/** What is in every world, by the part it plays. */
export interface Cast {
  /** The bank's two officers. */
  readonly staff: TwoPeople
  readonly customers: {
    /** ¥850.00 left of ¥1,000.00; bought the three vouchers below. */
    readonly ada: KnownCustomer
    /** ¥30.00. */
    readonly bo: KnownCustomer
    /** ¥5,000.00: more than may leave the account in a day. */
    readonly cai: KnownCustomer
    /** ¥100.00, and never called. */
    readonly dora: KnownCustomer
  }
  /** At the second bank, where there is one: ¥200.00. */
  readonly neighbour: KnownCustomer | undefined
  /** The second bank's two officers. */
  readonly gardenStaff: TwoPeople | undefined
  /** Three digits and two check digits that nobody has. */
  readonly unknownAccount: AccountNumber
  readonly payee: { readonly id: InstitutionId; readonly number: string }
  readonly shopStaff: TwoPeople
  /** The host's two officers, where there is one. */
  readonly hostStaff: TwoPeople | undefined
  readonly vouchers: {
    /** ¥50.00, heard and confirmed, not used yet. */
    readonly confirmed: KnownVoucher
    /** ¥50.00, sold and not yet confirmed. */
    readonly unconfirmed: KnownVoucher
    /** ¥50.00, locked after three wrong passwords. */
    readonly locked: KnownVoucher
  }
  /** A number of the merchant's that was never sold. */
  readonly unsoldNumber: VoucherNumber
  /** Well-formed, and of no voucher. */
  readonly unknownNumber: VoucherNumber
}

/** An institution by the part it plays. */
type Part = 'bank' | 'merchant' | 'garden' | 'host'

export interface World extends Cast {
  readonly runtime: Runtime
  readonly bank: Bank
  readonly merchant: Merchant
  readonly harbour: RunningBank
  readonly lantern: RunningMerchant
  /** The second bank. @throws Error where there is none */
  readonly other: () => RunningBank
  /** @throws Error where there is none */
  readonly neighbours: () => RunningHost
  readonly mail: InProcessMail
  /** The bank's own keys, as its folder of keys has them. */
  readonly bankKeys: KeyStore
  /** The keys of the bank's passwords. They outlive a restart, as in the field. */
  readonly recordKeys: CopyableRecordKeys
  /** The keys of the payee's batches on their way. */
  readonly payeeRecordKeys: CopyableRecordKeys
  /** Crashes an institution, whatever it is doing, and starts it from what was committed. */
  restart(which: Part, runtime?: Runtime): Promise<void>
  /** Crashes an institution and starts it from an earlier snapshot of its books. */
  putBack(which: Part, snapshot: Uint8Array, life?: Runtime): Promise<void>
  /** Settings that the merchant has from its next start on. */
  changeMerchant(settings: Partial<MerchantSettings>): void
  /** Starts the bank from what was committed, with other settings than it has; they are kept. */
  reconfigureBank(settings: Partial<BankSettings>): Promise<void>
  /** Starts the merchant from what was committed, with other settings than it has; they are kept. */
  reconfigureMerchant(settings: Partial<MerchantSettings>): Promise<void>
  /** What the auditors find wrong in both books, one sentence each. */
  audited(): Promise<readonly string[]>
  /** The same, and nothing for books that were found right before in this process. */
  auditedOnce(): Promise<readonly string[]>
  /** Closes it. It can be opened again as it was, any number of times. */
  freeze(): Promise<FrozenWorld>
  close(): Promise<void>
}

export interface OpenWorld {
  readonly runtime: Runtime
  /** Two, where money goes from one to the other. */
  readonly banks?: 1 | 2
  /** With a host, by whom customers of the bank become payees. Nobody has. */
  readonly hosted?: boolean
  readonly gardenRuntime?: Runtime
  readonly hostRuntime?: Runtime
  /** Where an institution may die without the other. */
  readonly bankRuntime?: Runtime
  readonly merchantRuntime?: Runtime
  readonly weather?: Weather
  /** What else the first bank's file says. */
  readonly bank?: Partial<BankSettings>
  /** What else the merchant's file says. */
  readonly payee?: Partial<MerchantSettings>
  /** How often something may be tried: as often as one likes, or as an institution has it that says nothing about it. */
  readonly rates?: 'unlimited' | 'usual'
  /** What the institutions complain about where nobody waits. */
  readonly troubled?: (error: unknown) => void
  readonly tracingOf?: (id: InstitutionId) => Tracing
  /** A world of as many institutions in which something has happened. */
  readonly from?: FrozenWorld
}

export interface FrozenWorld {
  readonly cast: Cast
  readonly network: FrozenNetwork
}

const frozen = new Map<string, Promise<FrozenWorld>>()

/** As nobody has done anything yet: made once for each size. */
function freshWorld(size: Size): Promise<FrozenWorld> {
  const key = JSON.stringify(size)
  const making = frozen.get(key) ?? makeWorld(size)
  frozen.set(key, making)
  return making
}

export async function openWorld(options: OpenWorld): Promise<World> {
  const { runtime, banks = 1, hosted = false, weather, bank = {}, payee = {}, troubled } = options
  const { bankRuntime = runtime, merchantRuntime = runtime, gardenRuntime = runtime, hostRuntime = runtime } = options
  const runtimes: Readonly<Record<string, Runtime>> = {
    ...{ harbour: bankRuntime, garden: gardenRuntime, neighbours: hostRuntime },
  }
  const size = { banks, hosted }
  const plan = planOf(size)
  // Made on a time of its own: ours stands still meanwhile.
  const { cast, network: made } = options.from ?? (await runtime.work(freshWorld(size)))
  const rated = options.rates === 'usual' ? withUsualRates(plan) : plan
  const told: Plan = {
    ...rated,
    banks: rated.banks.map((each, i) => (i === 0 ? { ...each, ...bank } : each)),
    payees: rated.payees.map(each => ({ ...each, ...payee })),
  }
  const network = await openNetwork(told, made, {
    runtime,
    runtimeOf: id => runtimes[id] ?? merchantRuntime,
    weather,
    tracingOf: options.tracingOf,
    ...(troubled && { troubled }),
    isTimeStill: true,
  })
  const { harbour, lantern } = housesOf(network)
  const garden = () => {
    const [, second] = network.banks
    if (second === undefined) throw new Error('this world has one bank')
    return second
  }
  const host = () => {
    const [neighbours] = network.hosts
    if (neighbours === undefined) throw new Error('this world has no host')
    return neighbours
  }
  const houseOf = (which: Part) => ({ merchant: () => lantern, bank: () => harbour, garden, host })[which]()
  return {
    ...cast,
    runtime,
    mail: network.mail,
    get bankKeys() {
      return harbour.keys
    },
    get recordKeys() {
      return harbour.recordKeys
    },
    get payeeRecordKeys() {
      return lantern.recordKeys
    },
    get harbour() {
      return harbour.running
    },
    get lantern() {
      return lantern.running
    },
    other: () => garden().running,
    neighbours: () => host().running,
    get bank() {
      return harbour.running.bank
    },
    get merchant() {
      return lantern.running.merchant
    },
    restart: (which, next = runtime) => houseOf(which).restart(next),
    putBack: (which, books, life = runtime) => houseOf(which).putBack(left => ({ ...left, books }), life),
    changeMerchant: settings => lantern.change(settings),
    reconfigureBank: settings => {
      harbour.change(settings)
      return harbour.restart(bankRuntime)
    },
    reconfigureMerchant: settings => {
      lantern.change(settings)
      return lantern.restart(merchantRuntime)
    },
    audited: async () => (await Promise.all(network.houses.map(house => house.audited()))).flat(),
    auditedOnce: async () => (await Promise.all(network.houses.map(house => house.auditedOnce()))).flat(),
    freeze: async () => ({ cast, network: await freeze(network) }),
    close: () => network.close(),
  }
}

function housesOf({ banks: [harbour], payees: [lantern] }: Network): { harbour: BankHouse; lantern: PayeeHouse } {
  if (harbour === undefined || lantern === undefined) throw new Error('a world has a bank and a payee')
  return { harbour, lantern }
}

/** How often something may be tried is left to the institutions' own defaults. */
function withUsualRates({ banks, payees, ...rest }: Plan): Plan {
  return {
    ...rest,
    banks: banks.map(bank => ({ ...bank, signInRates: undefined, readBackRates: undefined })),
    payees: payees.map(payee => ({ ...payee, openingRates: undefined })),
  }
}

/** Everything that the cast has, through the same doors as in the field. */
function makeWorld(size: Size): Promise<FrozenWorld> {
  // A day before the tests begin.
  const runtime = new VirtualRuntime({ seed: 20_261_121, startsAt: 1_795_312_800_000 - 86_400_000 })
  return runtime.run(async () => {
    const { network, staff } = await makeNetwork(deliveredTo(size), runtime)
    const { harbour, lantern } = housesOf(network)
    await stockUp(network)
    const people = { staff: staffOf(staff, harbour.running), shopStaff: staffOf(staff, lantern.running) }
    const garden = network.banks[1]?.running
    const gardenStaff = garden && staffOf(staff, garden)
    const [host] = network.hosts
    const hostStaff = host && staffOf(staff, host.running)
    const neighbour = garden && gardenStaff && (await openCustomer(runtime, garden, gardenStaff, emma))
    const cast = {
      ...(await play(runtime, harbour.running, people.staff, lantern.running)),
      ...{ ...people, neighbour, gardenStaff, hostStaff },
    }
    return { cast, network: await freeze(network) }
  })
}

const emma = { name: { en: 'Emma Green', zh: '葛艾玛' }, pin: '538264', whole: 200n }

async function openCustomer(
  runtime: Runtime,
  bank: RunningBank,
  staff: TwoPeople,
  { name, pin, whole }: Omit<KnownCustomer, 'account'> & { readonly whole: bigint },
): Promise<KnownCustomer> {
  const account = await bank.teller.drawAccountNumber()
  await bank.teller.openCustomer({ account, name, pin: new Secret(pin) })
  if (whole > 0n) await bothSign(bank, runtime, staff, 'pay-in', { account, minor: yuan(whole).minor })
  return { account, pin, name }
}

async function play(
  runtime: Runtime,
  harbour: RunningBank,
  staff: TwoPeople,
  lantern: RunningMerchant,
): Promise<Omit<Cast, 'staff' | 'shopStaff' | 'neighbour' | 'gardenStaff' | 'hostStaff'>> {
  const { bank, teller } = harbour
  const open = (name: { en: string; zh: string }, pin: string, whole: bigint) =>
    openCustomer(runtime, harbour, staff, { name, pin, whole })
  const customers = {
    ada: await open({ en: 'Ada Chen', zh: '陈爱达' }, '730184', 1000n),
    bo: await open({ en: 'Bo Li', zh: '李波' }, '492817', 30n),
    cai: await open({ en: 'Cai Wang', zh: '王彩' }, '605938', 5000n),
    dora: await open({ en: 'Dora Zhou', zh: '周朵拉' }, '817263', 100n),
  }
  const buy = async (name: string): Promise<KnownVoucher> => {
    const { account } = customers.ada
    const sale = await bank.sellVoucher({
      intent: intentId(name),
      buyer: account,
      payee: institutionId('lantern'),
      amount: yuan(50n),
      channel: 'telephone',
    })
    if (sale.outcome !== 'sold') throw new Error(`the world could not be made: ${sale.outcome}`)
    const { id, number, password } = sale.voucher
    return { sale: id, buyer: account, number, password: password.reveal() }
  }
  const vouchers = { confirmed: await buy('a'), unconfirmed: await buy('b'), locked: await buy('c') }
  for (const voucher of [vouchers.confirmed, vouchers.locked]) {
    await bank.confirmHeard({ buyer: voucher.buyer, voucher: voucher.sale })
  }
  const houses = { banks: [{ running: harbour }], payees: [{ running: lantern }] }
  await letLettersArrive(houses)
  await stockUp(houses)
  for (let tries = 0; tries < 3; tries++) {
    await lantern.merchant.openVoucher({
      number: vouchers.locked.number,
      password: new Secret('00000000'),
      origin: aPhone,
    })
  }
  const unsold = await lantern.store.read(tx =>
    tx.all<{ number: VoucherNumber }>(`SELECT number FROM voucher WHERE state = 'issued'`),
  )
  if (unsold[0] === undefined) throw new Error('the world could not be made: no stock')
  return {
    customers,
    unknownAccount: await teller.drawAccountNumber(),
    payee: { id: institutionId('lantern'), number: '8001' },
    vouchers,
    unsoldNumber: unsold[0].number,
    unknownNumber: voucherNumber('61801029384756'),
  }
}
