import { describe, expect, test } from 'vitest'
import { accountExists, balanceOf, openAccount } from '../../../src/ledger/accounts.ts'
import { accountId, ownerOf, parseAccountId } from '../../../src/ledger/chart.ts'
import { headOf, LedgerFault } from '../../../src/ledger/journal.ts'
import { spend } from '../../../src/ledger/limits.ts'
import { credit, debit, post } from '../../../src/ledger/post.ts'
import { capture, expireDue, release, reserve } from '../../../src/ledger/reserve.ts'
import { statement } from '../../../src/ledger/statement.ts'
import { CNY, money, yuan } from '../../../src/money.ts'
import type { Store } from '../../../src/store/store.ts'
import {
  ada,
  bo,
  deposit,
  lantern,
  north,
  northCap,
  openBooks,
  sell,
  suspense,
  vault,
  when,
} from '../../support/books.ts'

const posted = (store: Store, account = ada) =>
  store.read(async tx => (await balanceOf(tx, account, when.chain)).posted.minor)
const available = (store: Store, account = ada) =>
  store.read(async tx => (await balanceOf(tx, account, when.chain)).available.minor)

describe('posting', () => {
  test('moves money from one account to another', async () => {
    const store = await openBooks()
    expect(await store.execute(tx => deposit(tx, 'd1', 10_000n))).toMatchObject({ outcome: 'posted' })
    expect(await store.execute(tx => sell(tx, 's1', 3_000n))).toMatchObject({ outcome: 'posted' })
    expect(await posted(store, vault)).toBe(10_000n)
    expect(await posted(store, ada)).toBe(7_000n)
    expect(await posted(store, lantern)).toBe(3_000n)
  })

  test('takes the last fen and not one more', async () => {
    const store = await openBooks()
    await store.execute(tx => deposit(tx, 'd1', 100n))
    const head = await store.read(tx => headOf(tx, when.chain))
    expect(await store.execute(tx => sell(tx, 's1', 101n))).toEqual({
      outcome: 'insufficient-funds',
      account: ada,
      available: money(100n),
    })
    expect(await store.read(tx => headOf(tx, when.chain))).toEqual(head)
    expect(await store.execute(tx => sell(tx, 's2', 100n))).toMatchObject({ outcome: 'posted' })
    expect(await posted(store)).toBe(0n)
  })

  test('a counterparty owes no more than its cap', async () => {
    const store = await openBooks()
    const send = (id: string, minor: bigint) =>
      store.execute(tx =>
        post(tx, { id, ...when, kind: 'interbank', entries: [debit(north, money(minor)), credit(ada, money(minor))] }),
      )
    expect(await send('a', northCap)).toMatchObject({ outcome: 'posted' })
    expect(await send('b', 1n)).toEqual({ outcome: 'cap-exceeded', account: north, room: money(0n) })
  })

  test('suspense may go either way', async () => {
    const store = await openBooks()
    const entries = [debit(suspense, yuan(1n)), credit(ada, yuan(1n))]
    expect(await store.execute(tx => post(tx, { id: 'x', ...when, kind: 'break', entries }))).toMatchObject({
      outcome: 'posted',
    })
    expect(await posted(store, suspense)).toBe(-100n)
  })

  const USD = { code: 'USD', scale: 2 }
  test.each([
    ['unbalanced', [debit(ada, yuan(1n)), credit(lantern, yuan(2n))]],
    ['one-sided', [debit(ada, yuan(1n))]],
    ['empty', []],
    ['of nothing', [debit(ada, money(0n)), credit(lantern, money(0n))]],
    ['negative', [debit(ada, money(-1n)), credit(lantern, money(-1n))]],
    ['in an asset that the accounts do not have', [debit(ada, money(1n, USD)), credit(lantern, money(1n, USD))]],
    ['to an account that is not there', [debit(ada, yuan(1n)), credit(accountId('float', 'nobody'), yuan(1n))]],
  ])('%s is a fault, and nothing is written', async (_, entries) => {
    const store = await openBooks()
    await store.execute(tx => deposit(tx, 'd1', 10_000n))
    const head = await store.read(tx => headOf(tx, when.chain))
    await expect(store.execute(tx => post(tx, { id: 'x', ...when, kind: 'x', entries }))).rejects.toThrow(LedgerFault)
    expect(await store.read(tx => headOf(tx, when.chain))).toEqual(head)
  })

  test('each asset balances by itself', async () => {
    const store = await openBooks()
    const dollars = accountId('vault', 'USD')
    await store.execute(tx => openAccount(tx, { account: dollars, asset: USD, ...when }))
    const entries = [debit(dollars, money(5n, USD)), credit(ada, money(5n))]
    await expect(store.execute(tx => post(tx, { id: 'x', ...when, kind: 'x', entries }))).rejects.toThrow(LedgerFault)
  })

  test('an id is used once', async () => {
    const store = await openBooks()
    await store.execute(tx => deposit(tx, 'd1', 1n))
    await expect(store.execute(tx => deposit(tx, 'd1', 1n))).rejects.toThrow('UNIQUE')
  })

  test('two entries on one account count together', async () => {
    const store = await openBooks()
    await store.execute(tx => deposit(tx, 'd1', 100n))
    const entries = [debit(ada, money(60n)), debit(ada, money(60n)), credit(lantern, money(120n))]
    expect(await store.execute(tx => post(tx, { id: 'x', ...when, kind: 'sale', entries }))).toMatchObject({
      outcome: 'insufficient-funds',
    })
  })

  test.each(['journal', 'entry', 'account'])('rows of %s are neither changed, deleted nor replaced', async table => {
    const store = await openBooks()
    await store.execute(tx => deposit(tx, 'd1', 1n))
    for (const sql of [
      `UPDATE ${table} SET chain = 'other'`,
      `DELETE FROM ${table}`,
      `INSERT OR REPLACE INTO ${table} SELECT * FROM ${table}`,
    ]) {
      await expect(store.execute(tx => tx.run(sql))).rejects.toThrow('only grows')
    }
  })

  test('a statement tells the newest first', async () => {
    const store = await openBooks()
    await store.execute(tx => deposit(tx, 'd1', 10_000n))
    await store.execute(tx => sell(tx, 's1', 500n))
    expect(await store.read(tx => statement(tx, ada, 10, when.chain))).toMatchObject([
      { id: 's1', kind: 'sale', reference: 'voucher s1', change: money(-500n), others: [lantern] },
      { id: 'd1', kind: 'deposit', change: money(10_000n), others: [vault] },
    ])
    expect(await store.read(tx => statement(tx, ada, 1, when.chain))).toHaveLength(1)
  })

  test('an account is opened once', async () => {
    const store = await openBooks()
    const again = store.execute(tx => openAccount(tx, { account: ada, asset: CNY, ...when }))
    expect(await again).toEqual({ outcome: 'already-open' })
    expect(await store.read(tx => accountExists(tx, ada, when.chain))).toBe(true)
    expect(await store.read(tx => accountExists(tx, accountId('deposit', '1'), when.chain))).toBe(false)
  })

  test('an account id tells its kind and owner', () => {
    expect(parseAccountId('float:lantern')).toBe(lantern)
    expect(ownerOf(lantern)).toBe('lantern')
    expect(() => parseAccountId('treasure:lantern')).toThrow(RangeError)
    expect(() => accountId('float', 'a:b')).toThrow(RangeError)
  })
})

describe('reservations', () => {
  const expiresAt = when.at + 60_000
  const hold = (store: Store, id: string, minor: bigint) =>
    store.execute(tx =>
      reserve(tx, { id, ...when, kind: 'hold', debit: ada, credit: lantern, amount: money(minor), expiresAt }),
    )
  const funded = async () => {
    const store = await openBooks()
    await store.execute(tx => deposit(tx, 'd1', 1_000n))
    return store
  }

  test('hold money that cannot be used twice', async () => {
    const store = await funded()
    expect(await hold(store, 'r1', 600n)).toEqual({ outcome: 'reserved' })
    expect([await posted(store), await available(store)]).toEqual([1_000n, 400n])
    expect(await hold(store, 'r2', 401n)).toMatchObject({ outcome: 'insufficient-funds', available: money(400n) })
    expect(await store.execute(tx => sell(tx, 's1', 401n))).toMatchObject({ outcome: 'insufficient-funds' })
    expect(await store.execute(tx => sell(tx, 's2', 400n))).toMatchObject({ outcome: 'posted' })
  })

  test('are captured in part, and the rest is free again', async () => {
    const store = await funded()
    await hold(store, 'r1', 600n)
    const part = { id: 'c1', reservation: 'r1', ...when, amount: money(250n) }
    expect(await store.execute(tx => capture(tx, part))).toMatchObject({ outcome: 'posted' })
    expect([await posted(store), await available(store), await posted(store, lantern)]).toEqual([750n, 750n, 250n])
    const again = await store.execute(tx => capture(tx, { ...part, id: 'c2' }))
    expect(again).toEqual({ outcome: 'not-open', state: 'captured' })
  })

  test('are not captured beyond what they hold', async () => {
    const store = await funded()
    await hold(store, 'r1', 600n)
    const more = { id: 'c1', reservation: 'r1', ...when, amount: money(601n) }
    expect(await store.execute(tx => capture(tx, more))).toEqual({ outcome: 'exceeds-hold', left: money(600n) })
  })

  test('are released', async () => {
    const store = await funded()
    await hold(store, 'r1', 600n)
    const end = { id: 'v1', reservation: 'r1', ...when }
    expect(await store.execute(tx => release(tx, end))).toEqual({ outcome: 'released' })
    expect(await available(store)).toBe(1_000n)
    expect(await store.execute(tx => capture(tx, { ...end, id: 'c1' }))).toEqual({
      outcome: 'not-open',
      state: 'released',
    })
  })

  test('expire by an event, once their time has come', async () => {
    const store = await funded()
    await hold(store, 'r1', 600n)
    const expire = (at: number) => store.execute(tx => expireDue(tx, { ...when, at, limit: 10 }))
    expect(await expire(expiresAt - 1)).toEqual([])
    const late = { id: 'c1', reservation: 'r1', ...when, at: expiresAt }
    expect(await store.execute(tx => capture(tx, late))).toEqual({ outcome: 'not-open', state: 'overdue' })
    expect(await expire(expiresAt)).toEqual(['r1'])
    expect(await expire(expiresAt)).toEqual([])
    expect(await available(store)).toBe(1_000n)
  })

  test('count towards a cap while they are open', async () => {
    const store = await openBooks()
    const out = { ...when, kind: 'interbank', debit: north, credit: bo, expiresAt }
    await store.execute(tx => reserve(tx, { id: 'r1', ...out, amount: money(northCap - 10n) }))
    expect(await store.execute(tx => reserve(tx, { id: 'r2', ...out, amount: money(11n) }))).toEqual({
      outcome: 'cap-exceeded',
      account: north,
      room: money(10n),
    })
  })
})

describe('limits', () => {
  const allowances = [
    { channel: 'phone', perItem: yuan(500n), perDay: yuan(800n) },
    { channel: 'any', perItem: yuan(2_000n), perDay: yuan(1_000n) },
  ]
  const take = (store: Store, minor: bigint, channel = 'phone', businessDate = when.businessDate) =>
    store.execute(tx =>
      spend(tx, { chain: when.chain, account: ada, channel, businessDate, amount: money(minor), allowances }),
    )

  test('hold per item, per channel and day, and over all channels together', async () => {
    const store = await openBooks()
    expect(await take(store, 50_001n)).toEqual({ outcome: 'limit-exceeded', limit: yuan(500n), channel: 'phone' })
    expect(await take(store, 50_000n)).toMatchObject({ outcome: 'ok' })
    expect(await take(store, 30_001n)).toEqual({ outcome: 'limit-exceeded', limit: yuan(800n), channel: 'phone' })
    expect(await take(store, 30_000n)).toMatchObject({ outcome: 'ok' })
    expect(await take(store, 20_001n, 'web')).toEqual({
      outcome: 'limit-exceeded',
      limit: yuan(1_000n),
      channel: 'any',
    })
    expect(await take(store, 20_000n, 'web')).toMatchObject({ outcome: 'ok' })
    expect(await take(store, 1n)).toMatchObject({ outcome: 'limit-exceeded' })
    expect(await take(store, 1n, 'phone', '2026-03-21')).toMatchObject({ outcome: 'ok' })
  })
})
