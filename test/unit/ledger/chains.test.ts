/** Several institutions' books in one database: each operation names its chain, and touches no other. */

import { expect, test } from 'vitest'
import { balanceOf, openAccount } from '../../../src/ledger/accounts.ts'
import { businessDateMigrations, type Calendar, closeDatesThatAreOver } from '../../../src/ledger/business-date.ts'
import { accountId } from '../../../src/ledger/chart.ts'
import { headOf } from '../../../src/ledger/journal.ts'
import { spend } from '../../../src/ledger/limits.ts'
import { credit, debit, post } from '../../../src/ledger/post.ts'
import { ledgerMigrations } from '../../../src/ledger/schema.ts'
import { statement } from '../../../src/ledger/statement.ts'
import { CNY, money } from '../../../src/money.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { openStore } from '../../../src/store/open.ts'
import { establish } from '../../../src/store/tenants.ts'
import { institutionId } from '../../support/ids.ts'

const revenue = accountId('revenue')
const due = accountId('due-from-bank', 'harbour')
const day = 86_400_000
const opened = Date.parse('2026-03-20T10:00:00+08:00')

async function openTwo() {
  const store = openStore({
    runtime: systemRuntime,
    at: { memory: 'empty' },
    migrations: [...ledgerMigrations, ...businessDateMigrations],
  })
  await store.execute(async tx => {
    for (const [chain, at, businessDate] of [
      ['anna', opened, '2026-03-20'],
      ['bert', opened + 2 * day, '2026-03-22'],
    ] as const) {
      await establish(tx, institutionId(chain))
      for (const account of [revenue, due]) await openAccount(tx, { chain, account, asset: CNY, at, businessDate })
    }
  })
  return store
}

const earn = (chain: string, minor: bigint) => ({
  chain,
  id: 'payment 1',
  at: opened + 2 * day,
  businessDate: '2026-03-22',
  kind: 'payment',
  entries: [debit(due, money(minor)), credit(revenue, money(minor))],
})

test('postings, balances, statements, limits and heads are each chain’s own', async () => {
  const store = await openTwo()
  const before = await store.read(tx => headOf(tx, 'bert'))
  await store.execute(tx => post(tx, earn('anna', 500n)))
  const found = await store.read(async tx => ({
    anna: (await balanceOf(tx, revenue, 'anna')).posted.minor,
    bert: (await balanceOf(tx, revenue, 'bert')).posted.minor,
    lines: (await statement(tx, revenue, 10, 'bert')).length,
    head: await headOf(tx, 'bert'),
  }))
  expect(found).toEqual({ anna: 500n, bert: 0n, lines: 0, head: before })
  // The same id may stand in another chain: it is another institution's.
  expect(await store.execute(tx => post(tx, earn('bert', 3n)))).toMatchObject({ outcome: 'posted' })

  const allowances = [{ channel: 'any', perItem: money(10n), perDay: money(10n) }]
  const spending = { account: revenue, channel: 'phone', businessDate: '2026-03-22', amount: money(10n), allowances }
  expect(await store.execute(tx => spend(tx, { chain: 'anna', ...spending }))).toMatchObject({ outcome: 'ok' })
  expect(await store.execute(tx => spend(tx, { chain: 'bert', ...spending }))).toMatchObject({ outcome: 'ok' })
  expect(await store.execute(tx => spend(tx, { chain: 'bert', ...spending }))).toMatchObject({
    outcome: 'limit-exceeded',
  })
})

test('dates are closed from a chain’s own first event on, with its own head', async () => {
  const store = await openTwo()
  const close = (chain: string) => {
    const calendar: Calendar = { tenant: institutionId(chain), timeZone: 'Asia/Shanghai', cutOffMinutes: 23 * 60 }
    return store.execute(tx => closeDatesThatAreOver(tx, calendar, chain, opened + 3 * day))
  }
  expect((await close('anna')).map(({ date }) => date)).toEqual(['2026-03-20', '2026-03-21', '2026-03-22'])
  const closed = await close('bert')
  expect(closed.map(({ date, head }) => [date, head.chain])).toEqual([['2026-03-22', 'bert']])
})
