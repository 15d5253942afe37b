/** What a taker sees when somebody makes PostgreSQL's tables anew between two of its statements. */
import { expect, test } from 'vitest'
import { systemRuntime } from '../../../../src/runtime.ts'
import { Lease, LeaseTaker } from '../../../../src/store/keeper/lease.ts'
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

test('a keeper that cannot be asked is told of once the lease has run out, and when it is back', async () => {
  let isAway = false
  let renewals = 0
  const query = async () => {
    if (isAway) throw new Error('nobody answers')
    renewals++
    return [{ renewed: 1 }]
  }
  const told: string[] = []
  const held = { epoch: 1n, sinceMs: systemRuntime.monotonicMs() }
  const times = { ...usualTimes, leaseMs: 120, renewEveryMs: 20 }
  const link = { query, close: () => {} } as unknown as Link
  const lease = new Lease(systemRuntime, link, 'harbour', held, times)
  lease.keepUp({
    lost: () => told.push('lost'),
    away: cause => told.push(String(cause)),
    back: () => told.push('back'),
  })
  const renewed = async () => {
    const before = renewals
    await expect.poll(() => renewals).toBeGreaterThan(before + 2)
  }
  await renewed()
  expect(told).toEqual([])
  isAway = true
  await expect.poll(() => lease.isHeld).toBe(false)
  await systemRuntime.sleep(200)
  expect(told).toEqual(['Error: nobody answers'])
  isAway = false
  await renewed()
  expect(told).toEqual(['Error: nobody answers', 'back'])
  await lease.release()
})
