/** A bank and a payee on a real disk that write to each other in one process, with sold vouchers and as many payments as wanted. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { appointTwo, bothSign } from '../../demo/two-people.ts'
import {
  drawIntentId,
  type InstitutionId,
  institutionIdShape,
  type VoucherNumber,
  voucherNumberShape,
} from '../../src/ids.ts'
import { openRecordKeys } from '../../src/keys/record-keys.ts'
import { memoryKeys } from '../../src/keys/soft-keys.ts'
import { businessDate } from '../../src/ledger/business-date.ts'
import { credit, debit, post } from '../../src/ledger/post.ts'
import { fingerprint } from '../../src/mail/peers.ts'
import { type BundleReceiver, type Transports, Undeliverable } from '../../src/mail/transport.ts'
import { promiseOf, revenueFrom } from '../../src/merchant/shop.ts'
import { merchantTables, type RunningMerchant, startIn } from '../../src/merchant/start.ts'
import { money } from '../../src/money.ts'
import { type Runtime, randomId, systemRuntime } from '../../src/runtime.ts'
import { openStore } from '../../src/store/open.ts'
import { openStockedBank, payee, placeOf, price, type StockedBank } from '../ledger/stocked-bank.ts'

const harbour = institutionIdShape.parse('harbour')
const day = 86_400_000
const most = 10n ** 15n
const together = 500

export interface Pair {
  readonly bank: StockedBank
  readonly payee: RunningMerchant
  /** Sells one more voucher, as a caller's purchase does. @returns how long it took, in ms */
  sell(): Promise<number>
  /** Payments of one fen each with the vouchers that were sold first, on the business date of now. */
  pay(count: number): Promise<void>
  /** A day goes by, and the payee's night begins. Resolves when its last file is reconciled. */
  night(): Promise<void>
  close(): Promise<void>
}

/** `sold` vouchers are sold and active, `stocked` more are in stock. */
export async function openPair(sold: number, stocked: number): Promise<Pair> {
  let ahead = 0
  const clocks: Runtime = { ...systemRuntime, wallNow: () => systemRuntime.wallNow() + ahead }
  const transports = wires()
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-bench-settle-'))
  const bank = await openStockedBank(16, sold + stocked, { transports, clocks })
  const shop = await startIn(
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
  await introduce(clocks, bank, shop)
  await register(shop, sold + stocked)
  // Grants what the bank may owe.
  await shop.nightly()
  let next = 0
  const sell = async () => {
    const buyer = bank.buyers[next++ % bank.buyers.length]
    if (buyer === undefined) throw new Error('nobody buys')
    const order = { intent: drawIntentId(clocks), buyer, payee, amount: price, channel: 'telephone' } as const
    const from = performance.now()
    const { outcome } = await bank.bank.sellVoucher(order)
    if (outcome !== 'sold') throw new Error(`a sale was ${outcome}`)
    return performance.now() - from
  }
  for (let i = 0; i < sold; i += 64) await Promise.all(Array.from({ length: Math.min(64, sold - i) }, sell))
  await bank.mail.idle()
  const active = await shop.store.read(tx =>
    tx.all<{ number: VoucherNumber }>(`SELECT number FROM voucher WHERE state = 'active' ORDER BY number`),
  )
  const numbers = active.map(({ number }) => number)
  return {
    bank,
    payee: shop,
    sell,
    pay: count => pay(shop, clocks, numbers, count),
    night: async () => {
      ahead += day
      await shop.nightly()
      while (!(await isReconciled(shop))) await systemRuntime.sleep(2)
    },
    close: async () => {
      await shop.close()
      await bank.dispose()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Deliveries within the process, signed and sealed like any. */
function wires(): Transports {
  const receivers = new Map<string, BundleReceiver>()
  return {
    outgoing: {
      deliver: async (to, bytes) => {
        const receive = receivers.get(to)
        if (receive === undefined) throw new Undeliverable(to, 'nobody listens')
        return receive(bytes)
      },
    },
    incoming: {
      listen: async (id, receive) => {
        receivers.set(id, receive)
        return { close: async () => void receivers.delete(id) }
      },
    },
  }
}

async function introduce(runtime: Runtime, bank: StockedBank, shop: RunningMerchant): Promise<void> {
  const { maker, checker } = await appointTwo(shop.decisions, runtime, { maker: 'cy', checker: 'dee' })
  const pin = (card: StockedBank['card']) => ({ card, fingerprint: fingerprint(card) })
  await bothSign(bank, runtime, bank.staff, 'pin-peer', pin(shop.card))
  await bothSign(shop, runtime, { maker: maker.signer, checker: checker.signer }, 'pin-peer', pin(bank.card))
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

async function pay({ store }: RunningMerchant, runtime: Runtime, numbers: readonly VoucherNumber[], count: number) {
  const at = Math.trunc(runtime.wallNow())
  const calendar = { tenant: payee, timeZone: 'Asia/Shanghai', cutOffMinutes: 23 * 60 }
  const part = money(1n)
  for (let from = 0; from < count; from += together) {
    await store.execute(async tx => {
      const date = await businessDate(tx, calendar, at)
      for (let i = from; i < Math.min(count, from + together); i++) {
        const number = numbers[i % numbers.length]
        if (number === undefined) throw new Error('no voucher was sold')
        const posted = await post(tx, {
          ...{ chain: 'main', id: `payment ${randomId(runtime)}`, at, businessDate: date, kind: 'payment' },
          entries: [debit(promiseOf(number), part), credit(revenueFrom(harbour as InstitutionId), part)],
        })
        if (posted.outcome !== 'posted') throw new Error(`a payment was ${posted.outcome}`)
      }
    })
  }
}

async function isReconciled({ store }: RunningMerchant): Promise<boolean> {
  const open = await store.read(tx =>
    tx.one(`SELECT 1 AS found FROM business_date WHERE NOT EXISTS (SELECT 1 FROM day_end_file
      WHERE day_end_file.date = business_date.date AND state = 'reconciled') LIMIT 1`),
  )
  return open === undefined
}
