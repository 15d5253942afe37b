/** The end of a payee's day, from its payments to the reconciled result, with every kind of line and every kind of break. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { alarms } from '../../../src/alarm.ts'
import { feeOn } from '../../../src/bank/clearing/post.ts'
import { decodeResult, encodeResult } from '../../../src/clearing/result.ts'
import { money, yuan } from '../../../src/money.ts'
import {
  buy,
  forgetBuyer,
  payeeFiles,
  payFromBoth,
  payWith,
  reverse,
  settleAll,
  terminate,
} from '../../support/day-end.ts'
import { institutionId, intentId } from '../../support/ids.ts'
import { faultsOf, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let runtime: VirtualRuntime
let world: World
const troubles: unknown[] = []

beforeEach(async () => {
  troubles.length = 0
  runtime = new VirtualRuntime({ seed: 7 })
  world = await runtime.run(() => openWorld({ runtime, troubled: error => troubles.push(error) }))
})
afterEach(() => runtime.run(() => world.close()))

const day = 86_400_000

async function endOfDay(): Promise<void> {
  runtime.jumpWallClock(day)
  await world.lantern.nightly()
  await world.harbour.nightly()
  await settleAll(world)
}

const results = () =>
  world.lantern.store.read(async tx =>
    (await tx.all<{ result: Uint8Array }>('SELECT result FROM day_end_file ORDER BY number')).map(({ result }) =>
      decodeResult(result),
    ),
  )

test('a day with payments, a reversal and an ended voucher is reconciled, and the next one goes on from it', () =>
  runtime.run(async () => {
    const { confirmed } = world.vouchers
    await payWith(world, confirmed, 'first', yuan(10n))
    await payWith(world, confirmed, 'second', yuan(5n))
    await reverse(world, confirmed.number, 300n)
    const other = await buy(world, 'other', yuan(20n))
    await payWith(world, other, 'third', yuan(1n))
    await terminate(world, other.number, 1_900n)
    const before = await world.bank.balance(other.buyer)
    await endOfDay()
    await payWith(world, confirmed, 'fourth', yuan(2n))
    await endOfDay()
    expect(await payeeFiles(world.lantern.store)).toEqual(
      ['2026-11-21', '2026-11-22', '2026-11-23'].map(date => ({ date, state: 'reconciled' })),
    )
    const [, second, third] = await results()
    expect(second?.accepted).toMatchObject({
      capture: { count: 3n, minor: 1_600n },
      reversal: { count: 1n, minor: 300n },
      termination: { count: 1n, minor: 1_900n },
    })
    // Both dates were closed in one night: what was sold until then is in the first statement.
    expect(second?.float).toEqual({
      ...{ opening: 17_000n, sales: 0n, captures: 1_300n, terminations: 1_900n, closing: 13_800n },
    })
    expect(third?.float).toMatchObject({ opening: 13_800n, captures: 200n, closing: 13_600n })
    expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(1_500n)
    expect((await world.bank.balance(other.buyer)).minor).toBe(before.minor + 1_900n)
    const [latest] = await world.bank.recentTransactions(other.buyer, 1)
    expect(latest).toMatchObject({ kind: 'refund', amount: yuan(19n), counterparty: { en: 'Lantern Books' } })
    expect(await faultsOf(world)).toEqual([])
    expect(troubles).toEqual([])
  }))

test('a day without anything is told, too', () =>
  runtime.run(async () => {
    await endOfDay()
    expect(await payeeFiles(world.lantern.store)).toEqual([
      { date: '2026-11-21', state: 'reconciled' },
      { date: '2026-11-22', state: 'reconciled' },
    ])
    expect(await faultsOf(world)).toEqual([])
  }))

test('what is cleared makes room under the ceiling of the bank', () =>
  runtime.run(async () => {
    await payWith(world, world.vouchers.confirmed, 'all', yuan(50n))
    await world.reconfigureMerchant({ ceilings: { each: 15_000n } })
    await settleAll(world)
    const { account } = world.customers.cai
    const order = { buyer: account, payee: institutionId('lantern'), amount: yuan(20n), channel: 'telephone' } as const
    expect((await world.bank.sellVoucher({ ...order, intent: intentId('full') })).outcome).toBe('payee-ceiling')
    await endOfDay()
    expect((await world.bank.sellVoucher({ ...order, intent: intentId('room') })).outcome).toBe('sold')
    await settleAll(world)
    expect(await faultsOf(world)).toEqual([])
  }))

const breaks = async () =>
  (
    await world.lantern.store.read(tx =>
      tx.all<{ kind: string }>('SELECT break AS kind FROM day_end_line WHERE break IS NOT NULL ORDER BY number, line'),
    )
  ).map(({ kind }) => kind)

const alarmsOf = async (which: 'lantern' | 'harbour') =>
  (await world[which].store.read(tx => alarms(tx, institutionId(which)))).map(each => each.kind)

describe('a line that does not fit is a break of its kind, and the rest is posted', () => {
  test.each([
    ['missing-here', (sold: string) => [`UPDATE stock SET number = number || '0' WHERE number = '${sold}'`]],
    ['amount', (sold: string) => [`UPDATE stock SET minor = 500 WHERE number = '${sold}'`]],
    [
      'not-sold',
      (sold: string, unsold: string) => [
        `UPDATE stock SET number = 'x' WHERE number = '${sold}'`,
        `UPDATE stock SET number = '${sold}' WHERE number = '${unsold}'`,
        `UPDATE stock SET number = '${unsold}' WHERE number = 'x'`,
      ],
    ],
  ])('%s: the bank’s books are others', (kind, change) =>
    runtime.run(async () => {
      const { confirmed, unconfirmed } = world.vouchers
      await payWith(world, confirmed, 'fits not', yuan(10n))
      await payWith(world, unconfirmed, 'fits', yuan(4n))
      await world.harbour.store.execute(async tx => {
        for (const sql of change(confirmed.number, world.unsoldNumber)) await tx.run(sql)
      })
      await endOfDay()
      expect(await breaks()).toEqual([kind])
      expect(await posted(world.lantern.store, 'settled:harbour')).toBe(400n)
      expect([await alarmsOf('lantern'), await alarmsOf('harbour')]).toEqual([['day-end-breaks'], ['day-end-breaks']])
    }),
  )

  test('state and late: something comes after the end of a voucher, on the same day and on the next', () =>
    runtime.run(async () => {
      const { number } = world.vouchers.confirmed
      await terminate(world, number, 5_000n)
      await reverse(world, number, 100n, 'one').catch(() => {})
      await payWith(world, world.vouchers.unconfirmed, 'so that there is revenue', yuan(4n))
      await reverse(world, number, 100n, 'two')
      await endOfDay()
      await reverse(world, number, 100n, 'three')
      await endOfDay()
      expect(await breaks()).toEqual(['state', 'late'])
      expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(400n)
    }))

  test('duplicate: two lines of one row of the journal', () =>
    runtime.run(async () => {
      const { confirmed, unconfirmed } = world.vouchers
      await payFromBoth(world, [confirmed.number, unconfirmed.number], 100n)
      await endOfDay()
      expect(await breaks()).toEqual(['duplicate'])
      expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(100n)
    }))
})

describe('a refund', () => {
  const refundOf = (name: string, minor: bigint) => ({
    intent: intentId(name),
    of: { voucher: world.vouchers.confirmed.number },
    amount: money(minor),
    clerk: 'lin',
    reason: 'a page was missing',
  })

  test('goes to the buyer after the next day end, never more than was paid, once for each intent', () =>
    runtime.run(async () => {
      await payWith(world, world.vouchers.confirmed, 'paid', yuan(10n))
      expect(await world.lantern.clerk.refund(refundOf('early', 100n))).toMatchObject({ outcome: 'exceeds-payments' })
      await endOfDay()
      const before = await world.bank.balance(world.customers.ada.account)
      const given = await world.lantern.clerk.refund(refundOf('one', 600n))
      expect(given).toMatchObject({ outcome: 'refunded' })
      expect(await world.lantern.clerk.refund(refundOf('one', 600n))).toEqual(given)
      expect(await world.lantern.clerk.refund(refundOf('one', 601n))).toEqual({ outcome: 'intent-reused' })
      expect(await world.lantern.clerk.refund(refundOf('two', 401n))).toEqual({
        outcome: 'exceeds-payments',
        left: money(400n),
      })
      await endOfDay()
      expect((await world.bank.balance(world.customers.ada.account)).minor).toBe(before.minor + 600n)
      expect(await posted(world.lantern.store, 'settled:harbour')).toBe(400n)
      expect(await faultsOf(world)).toEqual([])
    }))

  test('that the settlement account does not hold is refused as short, and may be asked for again', () =>
    runtime.run(async () => {
      await payWith(world, world.vouchers.confirmed, 'paid', yuan(10n))
      await endOfDay()
      const { account } = world.customers.dora
      const request = { payee: 'lantern', account, minor: 700n }
      expect(await bothSign(world.harbour, runtime, world.staff, 'pay-out', request)).toMatchObject({ done: true })
      expect(await world.bank.balance(account)).toEqual(money(10_700n))
      await world.lantern.clerk.refund(refundOf('too much', 600n))
      await world.lantern.clerk.refund(refundOf('enough', 300n))
      await endOfDay()
      expect(await breaks()).toEqual(['short'])
      expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(0n)
      expect(await posted(world.lantern.store, 'paid-out:harbour')).toBe(700n)
      expect(await posted(world.lantern.store, 'returning:harbour')).toBe(0n)
      expect(await world.lantern.clerk.refund(refundOf('again', 600n))).toMatchObject({ outcome: 'refunded' })
      const faults = await faultsOf(world)
      expect(faults.filter(fault => !fault.includes('alarm day-end-breaks'))).toEqual([])
    }))

  test('of a voucher whose buyer’s account is gone waits in suspense', () =>
    runtime.run(async () => {
      await terminate(world, world.vouchers.confirmed.number, 5_000n)
      await world.harbour.store.execute(tx => forgetBuyer(tx, world.vouchers.confirmed.sale))
      await endOfDay()
      expect(await posted(world.harbour.store, 'suspense')).toBe(5_000n)
      expect(await breaks()).toEqual(['closed-account'])
      expect(await posted(world.lantern.store, 'returning:harbour')).toBe(0n)
    }))
})

test('a payout needs money that was cleared, and two officers', () =>
  runtime.run(async () => {
    const request = { payee: 'lantern', account: world.customers.dora.account, minor: 1n }
    const sign = () => bothSign(world.harbour, runtime, world.staff, 'pay-out', request)
    expect(await sign()).toMatchObject({ done: false, outcome: 'insufficient-funds' })
    await payWith(world, world.vouchers.confirmed, 'paid', yuan(10n))
    await endOfDay()
    expect(await sign()).toMatchObject({ done: true, outcome: 'paid-out' })
    await endOfDay()
    expect(await posted(world.lantern.store, 'settled:harbour')).toBe(999n)
    expect(await faultsOf(world)).toEqual([])
  }))

test('of a float no more is taken back than was sold since the last statement: nothing below zero is told', () =>
  runtime.run(async () => {
    const take = (minor: bigint) =>
      bothSign(world.harbour, runtime, world.staff, 'book-loss', {
        ...{ of: { payee: 'lantern' }, way: 'take', minor, why: 'it was booked twice' },
      })
    await endOfDay()
    expect(await take(1n)).toMatchObject({ done: false, outcome: 'more-than-sold-since' })
    await buy(world, 'since', yuan(20n))
    expect(await take(2_001n)).toMatchObject({ done: false, outcome: 'more-than-sold-since' })
    expect(await take(2_000n)).toMatchObject({ done: true, outcome: 'booked' })
    await endOfDay()
    expect(new Set((await payeeFiles(world.lantern.store)).map(({ state }) => state))).toEqual(new Set(['reconciled']))
    const [file] = await world.harbour.store.read(tx =>
      tx.all<{ statement: Uint8Array }>('SELECT statement FROM payee_file ORDER BY number DESC'),
    )
    const told = decodeResult(file?.statement ?? new Uint8Array())
    expect(told.float.sales).toBe(0n)
    expect(Buffer.from(encodeResult(told))).toEqual(file?.statement)
    expect(() => encodeResult({ ...told, float: { ...told.float, sales: -1n } })).toThrow()
  }))

test('a fee is hundredths of a percent of the captures, rounded down', () => {
  expect([0n, 133n, 134n, 10_000n].map(minor => feeOn(75, minor))).toEqual([0n, 0n, 1n, 75n])
})
