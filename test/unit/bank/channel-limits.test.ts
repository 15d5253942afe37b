/** What may leave an account by each channel, of what may leave it at all. */
import { expect, test } from 'vitest'
import { spendBy } from '../../../src/bank/allowances.ts'
import type { Branch } from '../../../src/bank/branch.ts'
import { bankConfig } from '../../../src/bank/config.ts'
import { bankTables } from '../../../src/bank/tables.ts'
import { yuan } from '../../../src/money.ts'
import type { Channel } from '../../../src/origin.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { openStore } from '../../../src/store/open.ts'
import { when } from '../../support/books.ts'
import { accountNumber } from '../../support/ids.ts'

test('a channel has its own limit, and all share one', async () => {
  const store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations: bankTables })
  const limits = { perItem: 100_000, perDay: 150_000, page: { perItem: 10_000, perDay: 15_000 } }
  const config = bankConfig.parse({ id: 'harbour', name: { en: 'Harbour', zh: '海港' }, payees: [], limits })
  const branch = { config, chain: when.chain } as Branch
  const spend = (channel: Channel, amount: bigint) =>
    store.execute(tx => spendBy(tx, branch, channel, accountNumber('6200100007'), yuan(amount), when.businessDate))
  const over = (limit: bigint) => ({ outcome: 'limit-exceeded', limit: yuan(limit) })
  const ok = expect.objectContaining({ outcome: 'ok' })
  expect(await spend('page', 101n)).toEqual(over(100n))
  expect(await spend('page', 100n)).toEqual(ok)
  expect(await spend('page', 51n)).toEqual(over(150n))
  // What leaves by another channel is counted with all, and not with the page.
  expect(await spend('telephone', 1_000n)).toEqual(ok)
  expect(await spend('page', 50n)).toEqual(ok)
  expect(await spend('page', 1n)).toEqual(over(150n))
  expect(await spend('terminal', 351n)).toEqual(over(1_500n))
  expect(await spend('terminal', 350n)).toEqual(ok)
})
