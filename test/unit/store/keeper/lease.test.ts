/** What a taker sees when somebody makes PostgreSQL's tables anew between two of its statements. */
import { expect, test } from 'vitest'
import { systemRuntime } from '../../../../src/runtime.ts'
import { LeaseTaker } from '../../../../src/store/keeper/lease.ts'
import type { Link } from '../../../../src/store/keeper/link.ts'
import { usualTimes } from '../../../../src/store/keeper/place.ts'

type Row = { epoch: string; renewals: string; free: boolean }

/** One row, as PostgreSQL answers of it; `gone`: until then each look finds none, whatever it inserted. */
function leaseOf(row: Row, gone: { times: number }): Link {
  const query = async (sql: string) => {
    if (sql.startsWith('SELECT')) return gone.times-- > 0 ? [] : [row]
    return sql.startsWith('UPDATE') ? [{ epoch: String(BigInt(row.epoch) + 1n) }] : []
  }
  return { query } as unknown as Link
}

test('a lease whose row was deleted meanwhile is looked for again, and is not taken before it is there', async () => {
  const taker = new LeaseTaker(systemRuntime, 'harbour', usualTimes)
  const link = leaseOf({ epoch: '0', renewals: '0', free: true }, { times: 2 })
  expect(await taker.tryToTake(link)).toBeUndefined()
  expect(await taker.tryToTake(link)).toBeUndefined()
  expect(await taker.tryToTake(link)).toMatchObject({ epoch: 1n })
})
