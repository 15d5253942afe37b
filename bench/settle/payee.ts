/** The payee of the pair, in a thread of its own: its books are real, and its mail goes to the other thread. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { appointTwo, bothSign } from '../../demo/two-people.ts'
import { type InstitutionId, institutionIdShape, type VoucherNumber, voucherNumberShape } from '../../src/ids.ts'
import { openRecordKeys } from '../../src/keys/record-keys.ts'
import { memoryKeys } from '../../src/keys/soft-keys.ts'
import { businessDate } from '../../src/ledger/business-date.ts'
import { credit, debit, post } from '../../src/ledger/post.ts'
import { fingerprint } from '../../src/mail/peers.ts'
import type { BundleReceiver, Transports } from '../../src/mail/transport.ts'
import { promiseOf, revenueFrom } from '../../src/merchant/shop.ts'
import { merchantTables, type RunningMerchant, startIn } from '../../src/merchant/start.ts'
import { money } from '../../src/money.ts'
import { type Runtime, randomId, systemRuntime } from '../../src/runtime.ts'
import { openStore } from '../../src/store/open.ts'
import { payee, placeOf, price, type StockedBank } from '../ledger/stocked-bank.ts'
import { Line } from './line.ts'

/** What the bank's thread asks of this one. */
export interface PayeeRequests {
  open(order: { readonly bank: Card; readonly vouchers: number }): Promise<Card>
  deliver(bundle: Uint8Array): Promise<Uint8Array>
  nightly(nothing: undefined): Promise<void>
  pay(count: number): Promise<void>
  /** Its clock goes forward by so many ms first. Resolves when its files are reconciled. */
  night(aheadMs: number): Promise<void>
  /** Resolves when the night's checkpoint is taken, too, which is no part of the day's end. */
  rested(nothing: undefined): Promise<void>
  close(nothing: undefined): Promise<void>
  [name: string]: (question: never) => Promise<unknown>
}

type Card = StockedBank['card']

const harbour = institutionIdShape.parse('harbour')
const most = 10n ** 15n
const together = 500

let ahead = 0
const clocks: Runtime = { ...systemRuntime, wallNow: () => systemRuntime.wallNow() + ahead }
const folder = mkdtempSync(join(tmpdir(), 'tonebank-bench-settle-'))
let receive: BundleReceiver = async () => new Uint8Array()
let shop: RunningMerchant | undefined
let resting = Promise.resolve()
let active: readonly VoucherNumber[] | undefined

const requests: PayeeRequests = {
  open,
  deliver: bundle => receive(bundle),
  nightly: () => running().nightly(),
  pay,
  night: async aheadMs => {
    const before = await closedDates()
    ahead += aheadMs
    resting = running().nightly()
    while ((await closedDates()) === before || !(await isReconciled())) await systemRuntime.sleep(2)
  },
  rested: () => resting,
  close: async () => {
    await running().close()
    rmSync(folder, { recursive: true })
  },
}
if (parentPort === null) throw new Error('the payee runs in a thread of the benchmark')
const line = new Line<{ deliver(bundle: Uint8Array): Promise<Uint8Array> }>(parentPort, requests)

function running(): RunningMerchant {
  if (shop === undefined) throw new Error('the payee is not open')
  return shop
}

async function open({ bank, vouchers }: { readonly bank: Card; readonly vouchers: number }): Promise<Card> {
  const transports: Transports = {
    outgoing: { deliver: (_to, bytes) => line.ask('deliver', bytes) },
    incoming: {
      listen: async (_id, receiver) => {
        receive = receiver
        return { close: async () => {} }
      },
    },
  }
  shop = await startIn(
    {
      store: openStore({ runtime: clocks, at: { folder }, migrations: merchantTables }),
      keys: await memoryKeys(clocks),
      recordKeys: openRecordKeys(clocks, { folder: join(folder, 'record-keys') }),
    },
    {
      id: payee,
      name: { en: 'Lantern Books', zh: '灯笼书店' },
      numbers: { prefix: '6200', randomDigits: 8 },
      denominations: [price.minor],
      ceilings: { each: most },
    },
    clocks,
    transports,
  )
  const { maker, checker } = await appointTwo(shop.decisions, clocks, { maker: 'cy', checker: 'dee' })
  const staff = { maker: maker.signer, checker: checker.signer }
  await bothSign(shop, clocks, staff, 'pin-peer', { card: bank, fingerprint: fingerprint(bank) })
  await register(shop, vouchers)
  return shop.card
}

/** The payee's register of what the bank has in stock. */
async function register({ store }: RunningMerchant, count: number): Promise<void> {
  for (let from = 0; from < count; from += together) {
    await store.execute(async tx => {
      for (let i = from; i < Math.min(count, from + together); i++) {
        const { batch, serial, number } = placeOf(i)
        await tx.run(
          `INSERT INTO voucher (tenant, number, bank, batch, serial, minor, asset, scale, state, password, backup, reveal, revealable)
           VALUES (?, ?, ?, ?, ?, ?, 'CNY', 2, 'issued', '-', '-', '-', '-')`,
          ...[payee, voucherNumberShape.parse(number), harbour, batch, serial, price.minor],
        )
      }
    })
  }
}

async function pay(count: number): Promise<void> {
  const { store } = running()
  const at = Math.trunc(clocks.wallNow())
  const calendar = { tenant: payee, timeZone: 'Asia/Shanghai', cutOffMinutes: 23 * 60 }
  const part = money(1n)
  active ??= await activeNumbers()
  const numbers = active
  for (let from = 0; from < count; from += together) {
    await store.execute(async tx => {
      const date = await businessDate(tx, calendar, at)
      for (let i = from; i < Math.min(count, from + together); i++) {
        const number = numbers[i % numbers.length]
        if (number === undefined) throw new Error('no voucher was sold')
        const posted = await post(tx, {
          ...{ chain: 'main', id: `payment ${randomId(clocks)}`, at, businessDate: date, kind: 'payment' },
          entries: [debit(promiseOf(number), part), credit(revenueFrom(harbour as InstitutionId), part)],
        })
        if (posted.outcome !== 'posted') throw new Error(`a payment was ${posted.outcome}`)
      }
    })
  }
}

/** Those that were sold before the first payment. */
async function activeNumbers(): Promise<readonly VoucherNumber[]> {
  const rows = await running().store.read(tx =>
    tx.all<{ number: VoucherNumber }>(`SELECT number FROM voucher WHERE state = 'active' ORDER BY number`),
  )
  return rows.map(({ number }) => number)
}

async function closedDates(): Promise<bigint | undefined> {
  const row = await running().store.read(tx => tx.one<{ count: bigint }>('SELECT count(*) AS count FROM business_date'))
  return row?.count
}

async function isReconciled(): Promise<boolean> {
  const open = await running().store.read(tx =>
    tx.one(`SELECT 1 AS found FROM business_date WHERE NOT EXISTS (SELECT 1 FROM day_end_file
      WHERE day_end_file.date = business_date.date AND state = 'reconciled') LIMIT 1`),
  )
  return open === undefined
}
