/** A bank on a real disk with customers, money and vouchers in stock, as `src/bank` starts it; only its mail goes nowhere. */

import { appointTwo, bothSign, type TwoPeople } from '../../demo/two-people.ts'
import { contextOf, keyNameOf, type RecordSecret, type StockPlace } from '../../src/bank/record-secrets.ts'
import { type RunningBank, startIn } from '../../src/bank/start.ts'
import { bankTables } from '../../src/bank/tables.ts'
import { withCheckDigits } from '../../src/check-digits.ts'
import { type AccountNumber, accountNumberShape, institutionIdShape } from '../../src/ids.ts'
import type { Premises } from '../../src/institution/premises.ts'
import { type Transports, Undeliverable } from '../../src/mail/transport.ts'
import { money } from '../../src/money.ts'
import { type Runtime, randomDigits, systemRuntime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import type { OpenStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { type Measuring, openMeasuredBooks } from './measured-books.ts'

export const payee = institutionIdShape.parse('lantern')
export const price = money(5_000n)

export interface StockedBank extends RunningBank, Measuring {
  readonly buyers: readonly AccountNumber[]
  readonly staff: TwoPeople
}

export const nowhere: Transports = {
  outgoing: { deliver: to => Promise.reject(new Undeliverable(to, 'a benchmark has no mail')) },
  incoming: { listen: async () => ({ close: async () => {} }) },
}

const none = 10n ** 15n

/** `surroundings`: for a bank that has somebody to write to, and clocks that can be put forward. */
export async function openStockedBank(
  buyerCount: number,
  vouchers: number,
  surroundings: {
    readonly transports?: Transports
    readonly clocks?: Runtime
    readonly open?: (books: OpenStore) => Promise<Store>
  } = {},
): Promise<StockedBank> {
  const { transports = nowhere, clocks = systemRuntime, open } = surroundings
  const books = await openMeasuredBooks(bankTables, clocks, open)
  const { runtime } = books
  const running = await startIn(books, bankSettings, runtime, transports)
  const { buyers, staff } = await openBuyers(running, runtime, buyerCount)
  await putInStock(books, runtime, 0, vouchers)
  return {
    ...running,
    buyers,
    staff,
    ...books.measuring(running),
  }
}

export const bankSettings = {
  id: 'harbour',
  name: { en: 'Harbour Bank', zh: '海港银行' },
  payees: [{ id: payee, number: '1', name: { en: 'Lantern Books', zh: '灯笼书店' }, denominations: [price.minor] }],
  limits: { perItem: none, perDay: none },
  stock: { lowWater: 0, orderCount: 1 },
  hashCost: { memoryKiB: 8, passes: 1 },
}

export function buyersOf(count: number): readonly AccountNumber[] {
  return Array.from({ length: count }, (_, i) => accountNumberShape.parse(withCheckDigits(`${6_000 + i}`)))
}

/** Customers with money, and a payee whose letter says that it stands for any amount. */
export async function openBuyers(
  running: RunningBank,
  runtime: Runtime,
  count: number,
): Promise<Pick<StockedBank, 'buyers' | 'staff'>> {
  const buyers = buyersOf(count)
  const { maker, checker } = await appointTwo(running.decisions, runtime, { maker: 'ann', checker: 'ben' })
  const staff = { maker: maker.signer, checker: checker.signer }
  for (const account of buyers) {
    await running.teller.openCustomer({ account, name: { en: 'A Buyer', zh: '买家' }, pin: new Secret('604812') })
    await bothSign(running, runtime, staff, 'pay-in', { account, minor: none / 1_000n })
  }
  // As the payee's letter would: a bank owes no more than that.
  await running.store.execute(tx =>
    tx.run(
      `INSERT INTO payee_grant (tenant, payee, number, minor, asset, scale, received_at, owed)
       VALUES ('harbour', ?, 1, ?, 'CNY', 2, 0, 0)`,
      payee,
      none,
    ),
  )
  return { buyers, staff }
}

/** Records `from` to `to`, the last one not among them. */
export async function putInStock(
  { store, recordKeys }: Pick<Premises, 'store' | 'recordKeys'>,
  runtime: Runtime,
  from: number,
  to: number,
): Promise<void> {
  for (let first = from; first < to; first += 500) {
    const places = Array.from({ length: Math.min(500, to - first) }, (_, i) => placeOf(first + i))
    const seal = (secret: RecordSecret, place: StockPlace, digits: number) => ({
      record: keyNameOf(secret, place, 'bench'),
      context: contextOf(secret, place),
      plain: Buffer.from(randomDigits(runtime, digits)),
    })
    const sealed = await recordKeys.seal(
      places.flatMap(place => [seal('password', place, 8), seal('backup', place, 12)]),
    )
    await store.execute(async tx => {
      for (const [i, { batch, serial, number }] of places.entries()) {
        const [password, backup] = sealed.slice(2 * i, 2 * i + 2)
        if (password === undefined || backup === undefined) throw new Error('not sealed')
        await tx.run(
          `INSERT INTO stock (tenant, payee, batch, serial, number, minor, asset, scale, shuffle, state,
             password_key, password_sealed, backup_key, backup_sealed)
           VALUES ('harbour', ?, ?, ?, ?, ?, 'CNY', 2, ?, 'in stock', ?, ?, ?, ?)`,
          payee,
          batch,
          serial,
          number,
          price.minor,
          runtime.random(16),
          password.record,
          password.sealed,
          backup.record,
          backup.sealed,
        )
      }
    })
  }
}

export function placeOf(record: number): StockPlace {
  const number = withCheckDigits(`62${record.toString().padStart(10, '0')}`)
  return { payee, batch: 'b'.repeat(32), serial: BigInt(record), number, amount: price }
}
