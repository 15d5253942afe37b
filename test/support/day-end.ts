/** A payee's day, and its end: what happens to vouchers, and the exchange with the bank until nothing is left to do. */
import { BankDayEnd } from '../../src/bank/clearing/day-end.ts'
import type { RunningBank } from '../../src/bank/start.ts'
import type { VoucherNumber } from '../../src/ids.ts'
import { openAccount } from '../../src/ledger/accounts.ts'
import { businessDate, type Calendar } from '../../src/ledger/business-date.ts'
import { mainChain } from '../../src/ledger/journal.ts'
import { credit, debit, post } from '../../src/ledger/post.ts'
import { promiseOf, returningBy, revenueFrom } from '../../src/merchant/shop.ts'
import { CNY, type Money, money } from '../../src/money.ts'
import { now } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import type { ReadTx, Store, Tx } from '../../src/store/store.ts'
import { aPhone, institutionId, intentId } from './ids.ts'
import type { KnownVoucher, World } from './world.ts'

const lanternCalendar: Calendar = {
  tenant: institutionId('lantern'),
  timeZone: 'Asia/Shanghai',
  cutOffMinutes: 23 * 60,
}
const harbour = institutionId('harbour')

/** Buys a voucher and lets its activation arrive. */
export async function buy(world: World, name: string, amount: Money): Promise<KnownVoucher> {
  const { account } = world.customers.cai
  const sale = await world.bank.sellVoucher({
    intent: intentId(name),
    buyer: account,
    payee: institutionId('lantern'),
    amount,
    channel: 'telephone',
  })
  if (sale.outcome !== 'sold') throw new Error(sale.outcome)
  await world.harbour.mail.idle()
  const { id, number, password } = sale.voucher
  return { sale: id, buyer: account, number, password: password.reveal() }
}

export async function payWith(world: World, voucher: KnownVoucher, name: string, amount: Money): Promise<void> {
  const { merchant } = world
  const { number, password } = voucher
  const opening = await merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })
  if (opening.outcome !== 'open') throw new Error(opening.outcome)
  const paid = await merchant.pay({ intent: intentId(name), session: opening.session, amount })
  if (paid.outcome !== 'paid') throw new Error(paid.outcome)
}

/** Given back to the voucher, of today's payments, the first ones first. What no payment covers is a posting that nobody makes. */
export function reverse({ runtime, lantern }: World, number: VoucherNumber, minor: bigint, name = `${minor}`) {
  const at = now({ runtime })
  return lantern.store.execute(async tx => {
    const date = await businessDate(tx, lanternCalendar, at)
    const payments = await tx.all<{ seq: bigint; left: bigint }>(
      `SELECT journal.seq, entry.minor - coalesce((SELECT sum(back.minor) FROM reversal
         JOIN entry AS back ON back.chain = 'main' AND back.seq = reversal.posting AND back.side = 'credit'
         WHERE payment = journal.seq), 0) AS left
       FROM journal JOIN entry USING (chain, seq)
       WHERE account = ? AND side = 'debit' AND kind = 'payment' AND business_date = ? ORDER BY journal.seq`,
      promiseOf(number),
      date,
    )
    let left = minor
    for (const payment of [...payments, undefined]) {
      const part = payment === undefined || payment.left > left ? left : payment.left
      if (part === 0n) continue
      left -= part
      const posted = await post(tx, {
        ...{ chain: mainChain, id: `reversal ${number} ${name} ${payment?.seq ?? 'none'}`, at, kind: 'reversal' },
        businessDate: date,
        entries: [debit(revenueFrom(harbour), money(part)), credit(promiseOf(number), money(part))],
      })
      if (payment === undefined || posted.outcome !== 'posted') continue
      await tx.run(
        `INSERT INTO reversal (tenant, posting, payment, voucher, clerk, reason) VALUES ('lantern', ?, ?, ?, 'lin', 'torn')`,
        ...[posted.seq, payment.seq, number],
      )
    }
  })
}

/** Payments of one fen each, as the line makes them, in one commit. */
export function manyPayments({ runtime, lantern }: World, number: VoucherNumber, count: number) {
  const at = now({ runtime })
  return lantern.store.execute(async tx => {
    const date = await businessDate(tx, lanternCalendar, at)
    for (let i = 0; i < count; i++) {
      await post(tx, {
        ...{ chain: mainChain, id: `payment ${number} ${i}`, at, kind: 'payment', businessDate: date },
        entries: [debit(promiseOf(number), money(1n)), credit(revenueFrom(harbour), money(1n))],
      })
    }
  })
}

/** One posting that takes value from two vouchers, which a payee never makes. */
export function payFromBoth(
  { runtime, lantern }: World,
  [one, other]: readonly [VoucherNumber, VoucherNumber],
  minor: bigint,
) {
  const at = now({ runtime })
  return lantern.store.execute(async tx => {
    await post(tx, {
      ...{ chain: mainChain, id: `payment ${one} ${other}`, at, kind: 'payment' },
      businessDate: await businessDate(tx, lanternCalendar, at),
      entries: [
        debit(promiseOf(one), money(minor)),
        debit(promiseOf(other), money(minor)),
        credit(revenueFrom(harbour), money(2n * minor)),
      ],
    })
  })
}

/** The sale is a customer's who has no account any more. */
export async function forgetBuyer(tx: Tx, sale: string): Promise<void> {
  await tx.run(
    `INSERT INTO bank_customer (tenant, account, name_en, name_zh, language, pin, opened_at)
     VALUES ('harbour', '999999', 'Eve Gone', '夏走', NULL, 'none', 0)`,
  )
  await tx.run(`UPDATE sale SET buyer = '999999' WHERE id = ?`, sale)
}

/** The voucher is ended: `minor`, all that is left, is to go back to its buyer. */
export function terminate({ runtime, lantern }: World, number: VoucherNumber, minor: bigint) {
  const at = now({ runtime })
  return lantern.store.execute(async tx => {
    const date = await businessDate(tx, lanternCalendar, at)
    await openAccount(tx, { chain: mainChain, account: returningBy(harbour), asset: CNY, at, businessDate: date })
    await post(tx, {
      ...{ chain: mainChain, id: `termination ${number}`, at, kind: 'termination', businessDate: date },
      entries: [debit(promiseOf(number), money(minor)), credit(returningBy(harbour), money(minor))],
    })
    await tx.run(`UPDATE voucher SET state = 'terminated' WHERE number = ?`, number)
  })
}

/** Goes on until neither end has anything left to do and no letter is under way. */
export async function settleAll({ lantern, harbour }: Pick<World, 'lantern' | 'harbour'>): Promise<void> {
  for (let round = 0; round < 4; round++) {
    await lantern.recovery.begun
    await harbour.recovery.begun
    await lantern.dayEnd.idle()
    await lantern.mail.idle()
    await harbour.dayEnd.idle()
    await harbour.mail.idle()
  }
}

export interface FileStates {
  readonly date: string
  readonly state: string
}

export const payeeFiles = (store: Store): Promise<FileStates[]> =>
  store.read(tx => tx.all<FileStates & Record<string, string>>('SELECT date, state FROM day_end_file ORDER BY number'))
export const bankFiles = (store: Store): Promise<FileStates[]> =>
  store.read(tx => tx.all<FileStates & Record<string, string>>('SELECT date, state FROM payee_file ORDER BY number'))

/** What is sealed to somebody is never sealed twice alike. */
const sealed = new Set([
  ...['password', 'backup', 'reveal', 'revealable', 'password_key', 'password_sealed', 'backup_key', 'backup_sealed'],
])

/** Every row of every table that is not left out, as one text each. Vouchers are without their secrets. */
export async function rowsOf(tx: ReadTx, leftOut: ReadonlySet<string>): Promise<readonly string[]> {
  const tables = await tx.all<{ name: string }>(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
  )
  const rows: string[] = []
  for (const { name } of tables) {
    if (leftOut.has(name)) continue
    for (const row of await tx.all(`SELECT * FROM ${name}`)) {
      if (row['type'] === 'voucher-batch') continue
      const kept = Object.entries(row).filter(([column]) => !sealed.has(column))
      const values = kept.map(([column, value]) =>
        value instanceof Uint8Array ? `${column}=x${Buffer.from(value).toString('hex')}` : `${column}=${value}`,
      )
      rows.push(`${name} ${values.join(' ')}`)
    }
  }
  return rows.sort()
}

/** From now on the bank runs a program of its own. */
export async function closeDayEnd({ dayEnd }: Pick<RunningBank, 'dayEnd'>): Promise<void> {
  if (!(dayEnd instanceof BankDayEnd)) throw new Error('it has another day end')
  await dayEnd.close()
}
