/** Banks and payees of simulated networks, as their files would describe them. */
import type { BankSettings } from '../../../src/bank/config.ts'
import type { MerchantSettings } from '../../../src/merchant/config.ts'
import type { HostSettings } from '../../../src/merchant/host/config.ts'

/** Cheap hashes: their cost is measured elsewhere, and thousands of calls are made here. */
const cheap = { hashCost: { memoryKiB: 8, passes: 1 }, hashing: { parallel: 4, queueLimit: 100 } }
/** Nothing is refused for coming too often: virtual minutes pass in no time. */
const unlimited = { burst: 1_000_000, perMinute: 1_000_000 }

const bankNames = [
  { id: 'harbour', name: { en: 'Harbour Bank', zh: '海港银行' }, prefix: '62' },
  { id: 'garden', name: { en: 'Garden Bank', zh: '花园银行' }, prefix: '63' },
  { id: 'hill', name: { en: 'Hill Bank', zh: '山丘银行' }, prefix: '64' },
] as const

const payeeNames = [
  { id: 'lantern', number: '8001', name: { en: 'Lantern Books', zh: '灯笼书店' }, prefix: '6180' },
  { id: 'talent', number: '1680', name: { en: 'Talent Hotline', zh: '人才热线' }, prefix: '6181' },
  { id: 'kite', number: '8002', name: { en: 'Kite Shop', zh: '风筝店' }, prefix: '6182' },
  { id: 'teahouse', number: '8003', name: { en: 'Tea House', zh: '茶馆' }, prefix: '6183' },
] as const

const hostName = { id: 'neighbours', name: { en: 'Neighbours', zh: '街坊' } } as const

export interface Shape {
  /** At most three. */
  readonly banks: number
  /** At most four. */
  readonly payees: number
  /** In minor units. */
  readonly denominations: bigint[]
  /** Between any two banks. */
  readonly debitCap?: bigint
  /** Whether customers may become payees. */
  readonly hosted?: boolean
  /** Whether payees take cards: each collects at one of the banks in turn. */
  readonly cards?: boolean
  /** Other numbers of records than `settings.ts` has. */
  readonly stock?: BankSettings['stock']
}

/** Each bank sells the vouchers of every payee, and money goes from each to each. */
export function bankSettings({
  banks,
  payees,
  denominations,
  stock,
  hosted,
  debitCap = 1_000_000n,
}: Shape): BankSettings[] {
  const all = bankNames.slice(0, banks)
  return all.map(({ id, name, prefix }) => ({
    id,
    name,
    accountNumbers: { prefix, randomDigits: 8 },
    banks: all.flatMap(other =>
      other.id === id ? [] : [{ id: other.id, name: other.name, accountPrefix: other.prefix, debitCap }],
    ),
    readBackRates: { account: unlimited, bank: unlimited },
    ...(hosted && { host: { ...hostName, number: '8888', denominations: denominations.slice(0, 2) } }),
    payees: payeeNames.slice(0, payees).map(({ prefix: _, ...payee }) => ({ ...payee, denominations })),
    limits: { perItem: 100_000n, perDay: 150_000n },
    cards: { issuer: Number(prefix) * 100 },
    signInRates: { account: unlimited, caller: unlimited, withheld: unlimited, overall: unlimited },
    stock: stock ?? { lowWater: 2, orderCount: 6 },
    ...cheap,
  }))
}

export function payeeSettings({ banks, payees, denominations, cards }: Shape): MerchantSettings[] {
  return payeeNames.slice(0, payees).map(({ id, name, number, prefix }, place) => ({
    id,
    name,
    numbers: { prefix, randomDigits: 10 },
    denominations,
    openingRates: { number: unlimited, caller: unlimited, range: unlimited, withheld: unlimited, overall: unlimited },
    ...(cards && { cards: { number: Number(number), collectsAt: bankNames[place % banks]?.id ?? 'harbour' } }),
    ...cheap,
  }))
}

export function hostSettings({ denominations }: Shape): HostSettings {
  return {
    ...hostName,
    numbers: { prefix: '6188', randomDigits: 10 },
    denominations: denominations.slice(0, 2),
    payeeNumbers: { prefix: '88', randomDigits: 4 },
    openingRates: { number: unlimited, caller: unlimited, range: unlimited, withheld: unlimited, overall: unlimited },
    ...cheap,
  }
}
