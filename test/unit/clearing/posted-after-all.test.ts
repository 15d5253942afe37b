/**
 * A file that a bank's people declared void, and that the bank posts after all, as its books went back to before that: whatever order
 * these come in, a refund in it is given once, and both ends count the same.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { decodeResult, encodeResult } from '../../../src/clearing/result.ts'
import type { InstitutionId } from '../../../src/ids.ts'
import { takeBreaks, takeResult } from '../../../src/merchant/clearing/result.ts'
import { noteVoid } from '../../../src/merchant/clearing/retell.ts'
import type { Shop } from '../../../src/merchant/shop.ts'
import { yuan } from '../../../src/money.ts'
import { payeeFiles, payWith, settleAll } from '../../support/day-end.ts'
import { institutionId, intentId } from '../../support/ids.ts'
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

const payOut = (minor: bigint) =>
  bothSign(world.harbour, runtime, world.staff, 'pay-out', {
    ...{ payee: 'lantern', account: world.customers.bo.account, minor },
  })

/** Paid 10 and settled; then 4 of it refunded and 5 more paid, in a file that is void. @returns the bank's books before that file */
async function voided(paidOut = 0n): Promise<Uint8Array> {
  await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
  await night()
  if (paidOut > 0n) expect(await payOut(paidOut)).toMatchObject({ done: true, outcome: 'paid-out' })
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

test('what was paid out meanwhile is told with the void file, and stays paid out', () =>
  runtime.run(async () => {
    const before = await voided(300n)
    await night()
    expect(await posted(world.lantern.store, 'paid-out:harbour')).toBe(300n)
    await goBack(before)
    await night()
    expect((await states()).filter(state => state !== 'reconciled')).toEqual(['refused'])
    expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(800n)
    expect(await posted(world.lantern.store, 'settled:harbour')).toBe(800n)
    expect(await posted(world.lantern.store, 'paid-out:harbour')).toBe(300n)
    await night()
    expect(await world.audited()).toEqual([])
  }))

describe('of a payee whose books went back before all of it', () => {
  /** Rows of its second epoch have names of their own in lines. */
  const payeeGoesBack = async () => {
    const before = await world.lantern.store.snapshot()
    await night()
    await world.putBack('merchant', before)
    await world.lantern.recovery.begun
    await settleAll(world)
    await bothSign(world.lantern, runtime, world.shopStaff, 'release-recovery', {})
    await settleAll(world)
  }

  test('void, books put back, posted before anything tells its dates again', () =>
    runtime.run(async () => {
      await payeeGoesBack()
      await goBack(await voided())
      expect(new Set(await states())).toEqual(new Set(['reconciled']))
      await expectGivenOnce()
    }))

  test('void, told again by a file that is void and posted after all as well', () =>
    runtime.run(async () => {
      await payeeGoesBack()
      const before = await voided()
      isSpoilt = true
      await night()
      isSpoilt = false
      await declareVoid(BigInt((await states()).length))
      await settleAll(world)
      await goBack(before)
      await night()
      expect(new Set(await states())).toEqual(new Set(['reconciled']))
      await expectGivenOnce()
    }))
})

test('a bank that went back before it declared a file void cannot take that word back', () =>
  runtime.run(async () => {
    const first = await world.harbour.store.snapshot()
    await night()
    await goBack(first)
    await voided()
    const [harbour, lantern] = [institutionId('harbour'), institutionId('lantern')]
    const [file] = await world.lantern.store.read(tx =>
      tx.all<{ number: bigint; date: string; hash: Uint8Array; void_in: bigint }>(
        'SELECT number, date, hash, void_in FROM day_end_file WHERE held = 0',
      ),
    )
    const [posted] = await world.harbour.store.read(tx =>
      tx.all<{ statement: Uint8Array }>('SELECT statement FROM payee_file WHERE statement IS NOT NULL'),
    )
    if (file === undefined || posted === undefined) throw new Error('there is one of each')
    const { number, date, hash, void_in: epoch } = file
    expect(epoch).toBe(2n)
    const result = { ...decodeResult(posted.statement), number, date, file: hash }
    const place = { epoch, sequence: 1n }
    const shop = asBooked(lantern)
    const { store } = world.lantern
    const take = () => store.execute(tx => takeResult(tx, shop, harbour, encodeResult(result), result, place))
    expect(await take()).toMatchObject({ outcome: 'refused', reason: 'the file is void' })
    await store.execute(tx => takeBreaks(tx, shop, harbour, { number, breaks: [[1n, 'short']] }, place))
    expect(await store.read(tx => tx.all('SELECT line FROM day_end_line WHERE break IS NOT NULL'))).toEqual([])
    // Declared void once more by books that went back since, it stays void for those.
    await store.execute(tx => noteVoid(tx, shop, harbour, { number, reason: 'again' }, { epoch: 3n, sequence: 1n }))
    expect(
      await store.execute(tx =>
        takeResult(tx, shop, harbour, encodeResult(result), result, { epoch: 3n, sequence: 2n }),
      ),
    ).toMatchObject({ outcome: 'refused', reason: 'the file is void' })
  }))

test('the audit finds a file that counts although its bank never went back', () =>
  runtime.run(async () => {
    await goBack(await voided())
    await world.lantern.store.execute(tx => tx.run('UPDATE day_end_file SET told_in = NULL WHERE posted_after_all = 1'))
    expect(await world.audited()).toContainEqual(expect.stringContaining('it was not void before its result'))
  }))

test('a bank that comes back to its first word has said so last', () =>
  runtime.run(async () => {
    await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
    await night()
    const { store } = world.lantern
    const [harbour, lantern] = [institutionId('harbour'), institutionId('lantern')]
    const shop = asBooked(lantern)
    const file = async () => {
      const [row] = await store.read(tx =>
        tx.all<{ result: Uint8Array; retold: Uint8Array | null }>(
          'SELECT result, retold FROM day_end_file ORDER BY number DESC',
        ),
      )
      if (row === undefined) throw new Error('there is one')
      return row
    }
    const { result: first } = await file()
    const { settlement, ...rest } = decodeResult(first)
    const other = encodeResult({
      ...rest,
      settlement: { ...settlement, paidOut: 100n, closing: settlement.closing - 100n },
    })
    const say = (word: Uint8Array, epoch: bigint) =>
      store.execute(tx => takeResult(tx, shop, harbour, word, decodeResult(word), { epoch, sequence: 9n }))
    expect(await say(other, 2n)).toMatchObject({ outcome: 'accepted' })
    // Its letter of before comes once more.
    expect(await say(first, 1n)).toMatchObject({ outcome: 'accepted' })
    expect((await file()).retold).toEqual(Buffer.from(other))
    expect(await say(first, 3n)).toMatchObject({ outcome: 'accepted' })
    expect((await file()).retold).toEqual(Buffer.from(first))
    expect(await say(first, 3n)).toMatchObject({ outcome: 'accepted' })
    expect(await store.read(tx => tx.all('SELECT epoch FROM day_end_word ORDER BY epoch'))).toEqual([
      { epoch: 2n },
      { epoch: 3n },
    ])
  }))

/** As much of the payee as taking a result asks for: a running one shows nobody its shop, which is its own. */
function asBooked(id: InstitutionId): Shop {
  const known: Partial<Record<keyof Shop, unknown>> = { config: { id }, house: id, runtime }
  return known as Shop
}
