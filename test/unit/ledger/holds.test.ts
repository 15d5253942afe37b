/** Holds: used bit by bit, captured in parts, ended on time, and each step once. */
import { describe, expect, test } from 'vitest'
import { balanceOf } from '../../../src/ledger/accounts.ts'
import { audit } from '../../../src/ledger/audit/audit.ts'
import { businessDateMigrations } from '../../../src/ledger/business-date.ts'
import { HoldExpiry } from '../../../src/ledger/expiry.ts'
import { LedgerFault } from '../../../src/ledger/journal.ts'
import { accrue, capture, capturePart, expireDue, release, reserve, start } from '../../../src/ledger/reserve.ts'
import { money } from '../../../src/money.ts'
import type { Store } from '../../../src/store/store.ts'
import { establish } from '../../../src/store/tenants.ts'
import { ada, deposit, lantern, openBooks, when } from '../../support/books.ts'
import { institutionId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const expiresAt = when.at + 60_000
const step = (id: string, minor: bigint, reservation = 'r1') => ({ id, reservation, ...when, amount: money(minor) })

async function held(minor = 600n, runtime?: VirtualRuntime): Promise<Store> {
  const store = await openBooks(runtime)
  await store.execute(tx => deposit(tx, 'd1', 1_000n))
  const hold = { id: 'r1', ...when, kind: 'hold', debit: ada, credit: lantern, amount: money(minor), expiresAt }
  expect(await store.execute(tx => reserve(tx, hold))).toEqual({ outcome: 'reserved' })
  return store
}
const standing = (store: Store) =>
  store.read(async tx => {
    const [from, to] = [await balanceOf(tx, ada, when.chain), await balanceOf(tx, lantern, when.chain)]
    return [from.posted.minor, from.available.minor, to.posted.minor]
  })
const findings = async (store: Store) => audit({ snapshot: await store.snapshot() }, { signer: 'harbour', keys: [] })

describe('a hold', () => {
  test('is captured in parts, of which none makes the sum more than the amount', async () => {
    const store = await held()
    expect(await store.execute(tx => capturePart(tx, step('c1', 250n)))).toMatchObject({ outcome: 'posted' })
    expect(await standing(store)).toEqual([750n, 400n, 250n])
    expect(await store.execute(tx => capturePart(tx, step('c2', 351n)))).toEqual({
      outcome: 'exceeds-hold',
      left: money(350n),
    })
    expect(await store.execute(tx => capturePart(tx, step('c3', 350n)))).toMatchObject({ outcome: 'posted' })
    expect(await standing(store)).toEqual([400n, 400n, 600n])
    expect(await store.execute(tx => capturePart(tx, step('c4', 1n)))).toEqual({
      outcome: 'not-open',
      state: 'captured',
    })
    expect(await findings(store)).toEqual([])
  })

  test('posts what was started when it expires, and frees the rest: also what had accrued and was never started', async () => {
    const store = await held()
    expect(await store.execute(tx => accrue(tx, step('a1', 100n)))).toEqual({ outcome: 'accrued', left: money(500n) })
    expect(await store.execute(tx => start(tx, step('s1', 100n)))).toEqual({ outcome: 'started', started: money(100n) })
    expect(await store.execute(tx => accrue(tx, step('a2', 150n)))).toEqual({ outcome: 'accrued', left: money(350n) })
    expect(await store.execute(tx => start(tx, step('s2', 120n)))).toEqual({ outcome: 'started', started: money(220n) })
    // Nothing moves until it is captured.
    expect(await standing(store)).toEqual([1_000n, 400n, 0n])
    expect(await store.execute(tx => expireDue(tx, { ...when, at: expiresAt, limit: 9 }))).toEqual(['r1'])
    expect(await standing(store)).toEqual([780n, 780n, 220n])
    expect(await findings(store)).toEqual([])
  })

  test('starts nothing that has not accrued, and nothing after its time', async () => {
    const store = await held()
    await store.execute(tx => accrue(tx, step('a1', 100n)))
    await expect(store.execute(tx => start(tx, step('s1', 101n)))).rejects.toThrow(LedgerFault)
    const late = { ...step('s1', 100n), at: expiresAt }
    expect(await store.execute(tx => start(tx, late))).toEqual({ outcome: 'not-open', state: 'overdue' })
    expect(await findings(store)).toEqual([])
  })

  test('that never started costs nothing', async () => {
    const store = await held()
    await store.execute(tx => accrue(tx, step('a1', 600n)))
    await store.execute(tx => expireDue(tx, { ...when, at: expiresAt, limit: 9 }))
    expect(await standing(store)).toEqual([1_000n, 1_000n, 0n])
    expect(await findings(store)).toEqual([])
  })

  test('posts what was started when it is released, too', async () => {
    const store = await held()
    await store.execute(tx => accrue(tx, step('a1', 100n)))
    await store.execute(tx => start(tx, step('s1', 100n)))
    await store.execute(tx => capturePart(tx, step('c1', 30n)))
    const end = { id: 'v1', reservation: 'r1', ...when }
    expect(await store.execute(tx => release(tx, end))).toEqual({ outcome: 'released' })
    expect(await standing(store)).toEqual([900n, 900n, 100n])
    expect(await findings(store)).toEqual([])
  })

  test('never accrues more than it holds, and ends with no less than was started', async () => {
    const store = await held()
    await store.execute(tx => accrue(tx, step('a1', 600n)))
    await store.execute(tx => start(tx, step('s1', 600n)))
    expect(await store.execute(tx => accrue(tx, step('a2', 1n)))).toEqual({ outcome: 'exceeds-hold', left: money(0n) })
    await expect(store.execute(tx => capture(tx, step('c1', 599n)))).rejects.toThrow(LedgerFault)
    expect(await store.execute(tx => capture(tx, step('c2', 600n)))).toMatchObject({ outcome: 'posted' })
    expect(await findings(store)).toEqual([])
  })

  test('takes each step once, and an id for one step only', async () => {
    const store = await held()
    const first = await store.execute(tx => capturePart(tx, step('c1', 100n)))
    await store.execute(tx => accrue(tx, step('a1', 200n)))
    expect(await store.execute(tx => capturePart(tx, step('c1', 100n)))).toEqual(first)
    expect(await store.execute(tx => accrue(tx, step('a1', 200n)))).toEqual({ outcome: 'accrued', left: money(300n) })
    const started = { outcome: 'started', started: money(300n) }
    for (const _ of [1, 2]) expect(await store.execute(tx => start(tx, step('s1', 200n)))).toEqual(started)
    expect(await standing(store)).toEqual([900n, 400n, 100n])
    await expect(store.execute(tx => capturePart(tx, step('c1', 101n)))).rejects.toThrow(LedgerFault)
    await expect(store.execute(tx => accrue(tx, step('c1', 100n)))).rejects.toThrow(LedgerFault)
    await store.execute(tx => release(tx, { id: 'v1', reservation: 'r1', ...when }))
    expect(await store.execute(tx => release(tx, { id: 'v1', reservation: 'r1', ...when }))).toEqual({
      outcome: 'released',
    })
  })

  test('is captured whole once, however often it is asked', async () => {
    const store = await held()
    await store.execute(tx => capturePart(tx, step('c1', 100n)))
    const rest = { id: 'c2', reservation: 'r1', ...when }
    const first = await store.execute(tx => capture(tx, rest))
    expect(first).toMatchObject({ outcome: 'posted' })
    expect(await store.execute(tx => capture(tx, rest))).toEqual(first)
    expect(await standing(store)).toEqual([400n, 400n, 600n])
  })

  test('is ended on time by a worker that sleeps without a timer while none is open', () => {
    const runtime = new VirtualRuntime({ seed: 8, startsAt: when.at })
    return runtime.run(async () => {
      const store = await openBooks(runtime, businessDateMigrations)
      await store.execute(tx => establish(tx, institutionId('harbour')))
      const calendar = { tenant: institutionId('harbour'), timeZone: 'Asia/Shanghai', cutOffMinutes: 23 * 60 }
      const troubles: unknown[] = []
      const expiry = new HoldExpiry({ store, runtime, calendar, chain: when.chain, troubled: e => troubles.push(e) })
      expiry.wake()
      await store.execute(tx => deposit(tx, 'd1', 1_000n))
      const hold = { id: 'r1', ...when, kind: 'hold', debit: ada, credit: lantern, amount: money(600n) }
      await store.execute(tx => reserve(tx, { ...hold, expiresAt: when.at + 150_000 }))
      await store.execute(tx => accrue(tx, step('a1', 40n)))
      await store.execute(tx => start(tx, step('s1', 40n)))
      expiry.wake()
      await runtime.sleep(149_000)
      expect(await standing(store)).toEqual([1_000n, 400n, 0n])
      await runtime.sleep(1_500)
      expect(await standing(store)).toEqual([960n, 960n, 40n])
      expect(troubles).toEqual([])
      await expiry.close()
    })
  })
})
