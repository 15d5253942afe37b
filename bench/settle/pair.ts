/**
 * A bank and a payee on a real disk that write to each other, with sold vouchers and as many payments as wanted. The payee runs
 * in a thread of its own (`payee.ts`), as in the field it runs in a process of its own: what it does for its day end is
 * nothing that a buyer at the bank waits for.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { bothSign } from '../../demo/two-people.ts'
import { drawIntentId } from '../../src/ids.ts'
import { fingerprint } from '../../src/mail/peers.ts'
import { type BundleReceiver, type Transports, Undeliverable } from '../../src/mail/transport.ts'
import { type Runtime, systemRuntime } from '../../src/runtime.ts'
import { openStockedBank, payee, price, type StockedBank } from '../ledger/stocked-bank.ts'
import { Line } from './line.ts'
import type { PayeeRequests } from './payee.ts'

const day = 86_400_000

export interface Pair {
  readonly bank: StockedBank
  /** Sells one more voucher, as a caller's purchase does. @returns how long it took, in ms */
  sell(): Promise<number>
  /** Payments of one fen each with the vouchers that were sold first, on the business date of now. */
  pay(count: number): Promise<void>
  /** A day goes by, and the payee's night begins. Resolves when its last file is reconciled. */
  night(): Promise<void>
  /** Resolves when the payee's checkpoint of the night is taken. */
  rested(): Promise<void>
  close(): Promise<void>
}

/** `sold` vouchers are sold and active, `stocked` more are in stock. */
export async function openPair(sold: number, stocked: number): Promise<Pair> {
  let ahead = 0
  const clocks: Runtime = { ...systemRuntime, wallNow: () => systemRuntime.wallNow() + ahead }
  const thread = new Worker(new URL('./payee-thread.mjs', import.meta.url))
  let receive: BundleReceiver = async () => new Uint8Array()
  const line = new Line<PayeeRequests>(thread, { deliver: bytes => receive(bytes as Uint8Array) })
  const transports: Transports = {
    outgoing: {
      deliver: async (to, bytes) => {
        if (to !== payee) throw new Undeliverable(to, 'nobody listens')
        return line.ask('deliver', bytes)
      },
    },
    incoming: {
      listen: async (_id, receiver) => {
        receive = receiver
        return { close: async () => {} }
      },
    },
  }
  const bank = await openStockedBank(16, sold + stocked, { transports, clocks })
  const card = await line.ask('open', { bank: bank.card, vouchers: sold + stocked })
  await bothSign(bank, clocks, bank.staff, 'pin-peer', { card, fingerprint: fingerprint(card) })
  // Grants what the bank may owe.
  await line.ask('nightly', undefined)
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
  return {
    bank,
    sell,
    pay: count => line.ask('pay', count),
    night: () => {
      ahead += day
      return line.ask('night', day)
    },
    rested: () => line.ask('rested', undefined),
    close: async () => {
      await line.ask('close', undefined)
      await Promise.all([once(thread, 'exit'), thread.terminate()])
      await bank.dispose()
    },
  }
}
