/** A small bank's books for tests: accounts of two customers and two payees, and short names for what is done with them. */

import { openAccount } from '../../src/ledger/accounts.ts'
import { accountId } from '../../src/ledger/chart.ts'
import { mainChain } from '../../src/ledger/journal.ts'
import { credit, debit, post } from '../../src/ledger/post.ts'
import { ledgerMigrations } from '../../src/ledger/schema.ts'
import { CNY, money } from '../../src/money.ts'
import { type Runtime, systemRuntime } from '../../src/runtime.ts'
import type { Migration } from '../../src/store/migrations.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store, Tx } from '../../src/store/store.ts'

export const when = { chain: mainChain, at: 1_774_000_000_000, businessDate: '2026-03-20' }
export const vault = accountId('vault', 'CNY')
export const ada = accountId('deposit', '6200100007')
export const bo = accountId('deposit', '6200100015')
export const lantern = accountId('float', 'lantern')
export const jobs = accountId('float', 'jobs')
export const north = accountId('due-from-bank', 'north')
export const suspense = accountId('suspense', 'CNY')

export const northCap = 100_000n

export async function openBooks(runtime: Runtime = systemRuntime, more: readonly Migration[] = []): Promise<Store> {
  const store = openStore({ runtime, at: { memory: 'empty' }, migrations: [...ledgerMigrations, ...more] })
  await store.execute(async tx => {
    for (const account of [vault, ada, bo, lantern, jobs, suspense]) {
      await openAccount(tx, { account, asset: CNY, ...when })
    }
    await openAccount(tx, { account: north, asset: CNY, ceiling: northCap, ...when })
  })
  return store
}

export const deposit = (tx: Tx, id: string, minor: bigint, to = ada) =>
  post(tx, { id, ...when, kind: 'deposit', entries: [debit(vault, money(minor)), credit(to, money(minor))] })

export const sell = (tx: Tx, id: string, minor: bigint, buyer = ada, payee = lantern) =>
  post(tx, {
    id,
    ...when,
    kind: 'sale',
    reference: `voucher ${id}`,
    entries: [debit(buyer, money(minor)), credit(payee, money(minor))],
  })
