/**
 * A file that a bank's people declared void, and that the bank posts after all, as its books went back to before that: whatever order
 * these come in, a refund in it is given once, and both ends count the same.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { yuan } from '../../../src/money.ts'
import { payeeFiles, payWith, settleAll } from '../../support/day-end.ts'
import { intentId } from '../../support/ids.ts'
import { posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
/** The bank's own disk fails when it has the lines of a file: it finds that they are not those of its header. */
let isSpoilt = false
beforeEach(async () => {
  isSpoilt = false
  runtime = new VirtualRuntime({
    seed: 52,
    onEvent: event => {
      if (event !== 'reached day-end-lines.received' || !isSpoilt) return
      void world.harbour.store.execute(tx => tx.run("UPDATE payee_file SET state = 'refused' WHERE state = 'received'"))
    },
  })
  world = await runtime.run(() => openWorld({ runtime }))
})
afterEach(() => runtime.run(() => world.close()))

async function night(): Promise<void> {
  runtime.jumpWallClock(86_400_000)
  await world.lantern.nightly()
  await world.harbour.nightly()
  await settleAll(world)
}

const states = async () => (await payeeFiles(world.lantern.store)).map(({ state }) => state)
const refund = (name: string, whole?: bigint) =>
  world.lantern.clerk.refund({
    ...{ intent: intentId(name), of: { voucher: world.vouchers.confirmed.number }, clerk: 'mei', reason: 'torn' },
    amount: whole === undefined ? undefined : yuan(whole),
  })
const declareVoid = (number: bigint) =>
  bothSign(world.harbour, runtime, world.staff, 'void-file', {
    ...{ payee: 'lantern', number, why: 'the lines were damaged on our disk' },
  })

/** Paid 10 and settled; then 4 of it refunded and 5 more paid, in a file that is void. @returns the bank's books before that file */
async function voided(): Promise<Uint8Array> {
  await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
  await night()
  expect(await refund('back', 4n)).toMatchObject({ outcome: 'refunded' })
  await payWith(world, world.vouchers.confirmed, 'two', yuan(5n))
  const before = await world.harbour.store.snapshot()
  isSpoilt = true
  await night()
  isSpoilt = false
  const number = BigInt((await states()).length)
  expect(await declareVoid(number)).toMatchObject({ done: true, outcome: 'void' })
  await settleAll(world)
  expect((await states()).at(-1)).toBe('refused')
  return before
}

async function goBack(books: Uint8Array): Promise<void> {
  await world.putBack('bank', books)
  await world.harbour.recovery.begun
  await settleAll(world)
  await bothSign(world.harbour, runtime, world.staff, 'release-recovery', {})
  await settleAll(world)
}

/** 15 were paid and 4 given back; no more than 11 are left to give, and what is asked for is given. */
async function expectGivenOnce(): Promise<void> {
  await night()
  expect((await world.lantern.clerk.refunds(9)).map(({ standing }) => standing)).toEqual(['paid'])
  expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(1_100n)
  expect(await posted(world.lantern.store, 'settled:harbour')).toBe(1_100n)
  expect(await posted(world.lantern.store, 'returning:harbour')).toBe(0n)
  expect(await refund('too much', 12n)).toMatchObject({ outcome: 'exceeds-payments', left: yuan(11n) })
  expect(await refund('the rest')).toMatchObject({ outcome: 'refunded', amount: yuan(11n) })
  await night()
  expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(0n)
  expect(await posted(world.lantern.store, 'revenue:harbour')).toBe(0n)
  expect(await world.audited()).toEqual([])
}

test('void, books put back, posted before anything tells its dates again', () =>
  runtime.run(async () => {
    await goBack(await voided())
    expect(new Set(await states())).toEqual(new Set(['reconciled']))
    await expectGivenOnce()
  }))

test('void, told again by a file that is on its way, books put back, posted with it', () =>
  runtime.run(async () => {
    const before = await voided()
    isSpoilt = true
    await night()
    isSpoilt = false
    await goBack(before)
    await night()
    expect(new Set(await states())).toEqual(new Set(['reconciled']))
    await expectGivenOnce()
  }))

test('void, told again and settled by another file, books put back, posted before that', () =>
  runtime.run(async () => {
    const before = await voided()
    await night()
    await goBack(before)
    await night()
    expect((await states()).filter(state => state !== 'reconciled')).toEqual(['refused'])
    await expectGivenOnce()
  }))

test('the audit finds a file that counts although its bank never went back', () =>
  runtime.run(async () => {
    await goBack(await voided())
    await world.lantern.store.execute(tx => tx.run('UPDATE day_end_file SET told_in = NULL WHERE posted_after_all = 1'))
    expect(await world.audited()).toContainEqual(expect.stringContaining('it was not void before its result'))
  }))
