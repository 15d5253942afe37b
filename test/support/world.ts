/**
 * A bank and a merchant with customers, stock and sold vouchers, ready in milliseconds: made once per process through the
 * same doors as in the field, then copied for each test. `openWorld` takes the test's own runtime.
 */

import { appointTwo, bothSign, type TwoPeople } from '../../demo/two-people.ts'
import { bankIdentities } from '../../src/bank/audit.ts'
import type { Bank } from '../../src/bank/bank.ts'
import type { BankSettings } from '../../src/bank/config.ts'
import { bankTables, type RunningBank, startIn as startBank } from '../../src/bank/start.ts'
import type { AccountNumber, InstitutionId, VoucherNumber } from '../../src/ids.ts'
import type { KeyStore } from '../../src/keys/keys.ts'
import { memoryKeys } from '../../src/keys/soft-keys.ts'
import { audit } from '../../src/ledger/audit/audit.ts'
import type { Identity } from '../../src/ledger/audit/identity.ts'
import { fingerprint } from '../../src/mail/peers.ts'
import { merchantIdentities } from '../../src/merchant/audit.ts'
import type { MerchantSettings } from '../../src/merchant/config.ts'
import type { Merchant } from '../../src/merchant/merchant.ts'
import { merchantTables, type RunningMerchant, startIn as startMerchant } from '../../src/merchant/start.ts'
import { yuan } from '../../src/money.ts'
import type { Runtime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { aPhone, institutionId, intentId, voucherNumber } from './ids.ts'
import { type InProcessMail, inProcessMail, type Weather } from './in-process-mail.ts'
import { type CopyableRecordKeys, recordKeysInMemory } from './record-keys-in-memory.ts'
import { VirtualRuntime } from './virtual-runtime.ts'

/** Cheap hashes: their cost is measured elsewhere, and thousands of calls are made here. */
const cheap = { hashCost: { memoryKiB: 8, passes: 1 }, hashing: { parallel: 4, queueLimit: 100 } }
/** Nothing is refused for coming too often: virtual minutes pass in no time. */
const unlimited = { burst: 1_000_000, perMinute: 1_000_000 }

const bankSettings = {
  id: 'harbour',
  name: { en: 'Harbour Bank', zh: '海港银行' },
  payees: [
    {
      id: 'lantern',
      number: '8001',
      name: { en: 'Lantern Books', zh: '灯笼书店' },
      denominations: [2_000n, 5_000n, 10_000n, 20_000n, 50_000n],
    },
  ],
  limits: { perItem: 100_000n, perDay: 150_000n },
  signInRates: { account: unlimited, caller: unlimited, withheld: unlimited, overall: unlimited },
  stock: { lowWater: 2, orderCount: 6 },
  ...cheap,
} satisfies BankSettings

const merchantSettings = {
  id: 'lantern',
  name: { en: 'Lantern Books', zh: '灯笼书店' },
  numbers: { prefix: '6180', randomDigits: 10 },
  denominations: [2_000n, 5_000n, 10_000n, 20_000n, 50_000n],
  openingRates: { number: unlimited, caller: unlimited, range: unlimited, withheld: unlimited, overall: unlimited },
  ...cheap,
} satisfies MerchantSettings

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
  /** Three digits and two check digits that nobody has. */
  readonly unknownAccount: AccountNumber
  readonly payee: { readonly id: InstitutionId; readonly number: string }
  readonly shopStaff: TwoPeople
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

export interface World extends Cast {
  readonly runtime: Runtime
  readonly bank: Bank
  readonly merchant: Merchant
  readonly harbour: RunningBank
  readonly lantern: RunningMerchant
  readonly mail: InProcessMail
  /** The keys of the bank's passwords. They outlive a restart, as in the field. */
  readonly recordKeys: CopyableRecordKeys
  /** The keys of the payee's batches on their way. */
  readonly payeeRecordKeys: CopyableRecordKeys
  /** Crashes an institution, whatever it is doing, and starts it from what was committed. */
  restart(which: 'bank' | 'merchant', runtime?: Runtime): Promise<void>
  /** Crashes an institution and starts it from an earlier snapshot of its books. */
  putBack(which: 'bank' | 'merchant', snapshot: Uint8Array): Promise<void>
  /** Settings that the merchant has from its next start on. */
  changeMerchant(settings: Partial<MerchantSettings>): void
  /** Starts the bank from what was committed, with these settings in place of its own. */
  reconfigureBank(settings: Partial<BankSettings>): Promise<void>
  /** Starts the merchant from what was committed, with other settings than it has; they are kept. */
  reconfigureMerchant(settings: Partial<MerchantSettings>): Promise<void>
  /** What the auditors find wrong in both books, one sentence each. */
  audited(): Promise<readonly string[]>
  close(): Promise<void>
}

export interface OpenWorld {
  readonly runtime: Runtime
  /** Where an institution may die without the other. */
  readonly bankRuntime?: Runtime
  readonly merchantRuntime?: Runtime
  readonly weather?: Weather
  /** How often something may be tried: as often as one likes, or as an institution has it that says nothing about it. */
  readonly rates?: 'unlimited' | 'usual'
  /** What the institutions complain about where nobody waits. */
  readonly troubled?: (error: unknown) => void
}

interface Frozen {
  readonly cast: Cast
  readonly bank: Uint8Array
  readonly merchant: Uint8Array
  /** Of all copies together: nothing in them changes unless a key is rotated. */
  readonly bankKeys: KeyStore
  readonly merchantKeys: KeyStore
  readonly recordKeys: ReadonlyMap<string, Uint8Array>
  readonly payeeRecordKeys: ReadonlyMap<string, Uint8Array>
}

let frozen: Promise<Frozen> | undefined

export async function openWorld(options: OpenWorld): Promise<World> {
  const { runtime, bankRuntime = runtime, merchantRuntime = runtime, weather, troubled = () => {} } = options
  const usual = options.rates === 'usual'
  frozen ??= makeWorld()
  // Made on a time of its own: ours stands still meanwhile.
  const { cast, ...made } = await runtime.work(frozen)
  const mail = inProcessMail(runtime, weather)
  const recordKeys = recordKeysInMemory(runtime, made.recordKeys)
  const payeeRecordKeys = recordKeysInMemory(runtime, made.payeeRecordKeys)

  const openBank = async (memory: Uint8Array, runtime: Runtime) =>
    startBank(
      {
        store: openStore({ runtime, at: { memory }, migrations: bankTables }),
        keys: announcing(made.bankKeys, runtime),
        recordKeys,
      },
      { ...bankSettings, ...(usual && { signInRates: undefined }), ...bankChanged },
      runtime,
      mail,
      troubled,
    )
  const openMerchant = async (memory: Uint8Array, runtime: Runtime) =>
    startMerchant(
      {
        store: openStore({ runtime, at: { memory }, migrations: merchantTables }),
        keys: announcing(made.merchantKeys, runtime),
        recordKeys: payeeRecordKeys,
      },
      { ...merchantSettings, ...(usual && { openingRates: undefined }), ...changed },
      runtime,
      mail,
      troubled,
    )

  let changed: Partial<MerchantSettings> = {}
  let bankChanged: Partial<BankSettings> = {}
  let harbour = await openBank(made.bank, bankRuntime)
  let lantern = await openMerchant(made.merchant, merchantRuntime)
  await Promise.all([harbour.recovery.begun, lantern.recovery.begun])
  return {
    ...cast,
    runtime,
    mail,
    recordKeys,
    payeeRecordKeys,
    get harbour() {
      return harbour
    },
    get lantern() {
      return lantern
    },
    get bank() {
      return harbour.bank
    },
    get merchant() {
      return lantern.merchant
    },
    restart: async (which, next = runtime) => {
      if (which === 'bank') harbour = await openBank(await leftBy(harbour), next)
      else lantern = await openMerchant(await leftBy(lantern), next)
    },
    putBack: async (which, snapshot) => {
      await leftBy(which === 'bank' ? harbour : lantern)
      if (which === 'bank') harbour = await openBank(snapshot, runtime)
      else lantern = await openMerchant(snapshot, runtime)
    },
    changeMerchant: settings => {
      changed = { ...changed, ...settings }
    },
    reconfigureBank: async settings => {
      bankChanged = settings
      harbour = await openBank(await leftBy(harbour), bankRuntime)
    },
    reconfigureMerchant: async settings => {
      changed = { ...changed, ...settings }
      lantern = await openMerchant(await leftBy(lantern), merchantRuntime)
    },
    audited: async () => [
      ...(await audited(harbour.store, 'harbour', made.bankKeys, bankIdentities({ tenant: 'harbour', chain: 'main' }))),
      ...(await audited(
        lantern.store,
        'lantern',
        made.merchantKeys,
        merchantIdentities({ tenant: 'lantern', chain: 'main' }),
      )),
    ],
    close: async () => {
      await harbour.close()
      await lantern.close()
    },
  }
}

/** Keys that were made under another runtime announce their slow work to that one; here virtual time has to wait for it. */
function announcing(keys: KeyStore, runtime: Runtime): KeyStore {
  return { ...keys, open: (sealed, context) => runtime.work(keys.open(sealed, context)) }
}

async function audited(
  store: Store,
  signer: string,
  keys: KeyStore,
  identities: readonly Identity[],
): Promise<string[]> {
  const findings = await audit(
    { snapshot: await store.snapshot() },
    { signer, keys: keys.publicKeys(), identities, withoutLog: true },
  )
  return findings.map(({ kind, where, what }) => `${signer}, ${kind}, ${where}: ${what}`)
}

/** What was committed, as a disk would have it after the process died. */
async function leftBy({ store, close }: { store: Store; close(): Promise<void> }): Promise<Uint8Array> {
  // Its store may be halting just now, and refuse the first.
  const left = await store.snapshot().catch(() => store.snapshot())
  await close()
  return left
}

/** Everything that the cast has, through the same doors as in the field. */
function makeWorld(): Promise<Frozen> {
  // A day before the tests begin.
  const runtime = new VirtualRuntime({ seed: 20_261_121, startsAt: 1_795_312_800_000 - 86_400_000 })
  return runtime.run(async () => {
    const mail = inProcessMail(runtime)
    const bankKeys = await memoryKeys(runtime)
    const merchantKeys = await memoryKeys(runtime)
    const recordKeys: CopyableRecordKeys = recordKeysInMemory(runtime)
    const payeeRecordKeys: CopyableRecordKeys = recordKeysInMemory(runtime)
    // ¥500.00 is on the list and was never delivered.
    const delivered = bankSettings.payees.map(payee => ({ ...payee, denominations: payee.denominations.slice(0, 4) }))
    const stocked = { ...bankSettings, payees: delivered }
    const harbour = await startBank(
      {
        store: openStore({ runtime, at: { memory: 'empty' }, migrations: bankTables }),
        keys: bankKeys,
        recordKeys,
      },
      stocked,
      runtime,
      mail,
    )
    const lantern = await startMerchant(
      {
        store: openStore({ runtime, at: { memory: 'empty' }, migrations: merchantTables }),
        keys: merchantKeys,
        recordKeys: payeeRecordKeys,
      },
      merchantSettings,
      runtime,
      mail,
    )
    const staff = await appoint(harbour, runtime)
    const shopStaff = await appoint(lantern, runtime)
    await introduce(runtime, harbour, staff, lantern, shopStaff)
    await stock(harbour, lantern)
    const cast = { ...(await play(runtime, harbour, staff, lantern)), shopStaff }
    const made = {
      cast,
      bank: await harbour.store.snapshot(),
      merchant: await lantern.store.snapshot(),
      bankKeys,
      merchantKeys,
      recordKeys: recordKeys.copy(),
      payeeRecordKeys: payeeRecordKeys.copy(),
    }
    await harbour.close()
    await lantern.close()
    return made
  })
}

export async function appoint({ decisions }: RunningBank | RunningMerchant, runtime: Runtime): Promise<TwoPeople> {
  const { maker, checker } = await appointTwo(decisions, runtime, { maker: 'mei', checker: 'chen' })
  return { maker: maker.signer, checker: checker.signer }
}

export async function introduce(
  runtime: Runtime,
  harbour: RunningBank,
  ofHarbour: TwoPeople,
  lantern: RunningMerchant,
  ofLantern: TwoPeople,
): Promise<void> {
  for (const [own, other] of [
    [harbour, lantern],
    [lantern, harbour],
  ] as const) {
    const staff = own === harbour ? ofHarbour : ofLantern
    const request = { card: other.card, fingerprint: fingerprint(other.card) }
    const { done, outcome } = await bothSign(own, runtime, staff, 'pin-peer', request)
    if (!done) throw new Error(`the world could not be made: ${outcome}`)
  }
}

/** Orders what is short and waits until it is in stock. */
async function stock(harbour: RunningBank, lantern: RunningMerchant): Promise<void> {
  await harbour.teller.replenish()
  await harbour.mail.idle()
  await lantern.ordersFilled()
  await lantern.mail.idle()
}

async function play(
  runtime: Runtime,
  harbour: RunningBank,
  staff: TwoPeople,
  lantern: RunningMerchant,
): Promise<Omit<Cast, 'shopStaff'>> {
  const { bank, teller } = harbour
  const open = async (name: { en: string; zh: string }, pin: string, whole: bigint): Promise<KnownCustomer> => {
    const account = await teller.drawAccountNumber()
    await teller.openCustomer({ account, name, pin: new Secret(pin) })
    if (whole > 0n) await bothSign(harbour, runtime, staff, 'pay-in', { account, minor: yuan(whole).minor })
    return { account, pin, name }
  }
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
  await harbour.mail.idle()
  await stock(harbour, lantern)
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
    staff,
    customers,
    unknownAccount: await teller.drawAccountNumber(),
    payee: { id: institutionId('lantern'), number: '8001' },
    vouchers,
    unsoldNumber: unsold[0].number,
    unknownNumber: voucherNumber('61801029384756'),
  }
}
