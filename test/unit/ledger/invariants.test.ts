/** What is a fault and leaves nothing behind, whoever asks for it: no path of the product reaches these. */
import { expect, test } from 'vitest'
import { InvariantBroken } from '../../../src/invariant.ts'
import { accountStanding, balanceOf, keepStanding } from '../../../src/ledger/accounts.ts'
import { end, find, progress } from '../../../src/ledger/hold-rows.ts'
import { append } from '../../../src/ledger/journal.ts'
import { credit, debit } from '../../../src/ledger/post.ts'
import { capture, reserve } from '../../../src/ledger/reserve.ts'
import { money } from '../../../src/money.ts'
import type { Store, Tx } from '../../../src/store/store.ts'
import { ada, deposit, lantern, openBooks, when } from '../../support/books.ts'

const { chain } = when

async function breaks(store: Store, what: string, command: (tx: Tx) => Promise<unknown>): Promise<void> {
  const before = await store.read(tx => balanceOf(tx, ada, chain))
  const failure = await store.execute(command).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(InvariantBroken)
  expect(String(failure)).toContain(what)
  expect(await store.read(tx => balanceOf(tx, ada, chain))).toEqual(before)
}

test('an event whose entries do not balance, whatever writes it', async () => {
  const store = await openBooks()
  const event = { ...when, id: 'e1', event: 'post', kind: 'sale', reference: '' } as const
  for (const entries of [
    [debit(ada, money(3n)), credit(lantern, money(2n))],
    [debit(ada, money(3n))],
    [debit(ada, money(0n)), credit(lantern, money(0n))],
    [debit(ada, money(3n)), credit(lantern, { minor: 3n, asset: { code: 'USD', scale: 2 } })],
  ]) {
    await breaks(store, 'do not balance: e1', tx => append(tx, { ...event, entries }))
  }
})

test('an account below its floor, or with less than nothing pending', async () => {
  const store = await openBooks()
  await store.execute(tx => deposit(tx, 'd1', 100n))
  const keep = (change: object) => async (tx: Tx) =>
    keepStanding(tx, { ...(await accountStanding(tx, ada, chain)), ...change }, chain)
  await breaks(store, 'falls below its floor', keep({ posted: -1n }))
  await breaks(store, 'falls below its floor', keep({ held: 101n }))
  await breaks(store, 'less than nothing is pending', keep({ held: -1n }))
  await breaks(store, 'less than nothing is pending', keep({ incoming: -1n }))
  await breaks(store, 'exceeds its ceiling', keep({ ceiling: 99n }))
})

test('a step of a hold that has ended since it was read', async () => {
  const store = await openBooks()
  await store.execute(tx => deposit(tx, 'd1', 100n))
  const hold = { id: 'r1', ...when, kind: 'hold', debit: ada, credit: lantern, amount: money(60n) }
  await store.execute(tx => reserve(tx, { ...hold, expiresAt: when.at + 60_000 }))
  const stale = await store.read(tx => find(tx, chain, 'r1'))
  await store.execute(tx => capture(tx, { id: 'c1', reservation: 'r1', ...when, amount: money(60n) }))
  await breaks(store, 'not open was used: r1', tx => progress(tx, stale, { accrued: 10n }))
  await breaks(store, 'not open was ended: r1', tx => end(tx, stale, 'released'))
})
