/**
 * What was captured, given back, ended or paid for an order in lost books, and came again from a bank's file, answers whoever asks for it
 * under its id, and is not done twice.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import type { PresentedOrder } from '../../../src/merchant/merchant.ts'
import { signOrder } from '../../../src/merchant/till/orders.ts'
import type { ApiKey, TillPayment } from '../../../src/merchant/till/till.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { addKey } from '../../support/api-client.ts'
import { buy, payeeFiles, payWith, settleAll } from '../../support/day-end.ts'
import { aPhone, intentId } from '../../support/ids.ts'
import { owedBetween, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { type KnownVoucher, openWorld, type World } from '../../support/world.ts'

const day = 86_400_000
let runtime: VirtualRuntime
let world: World
let key: ApiKey
let signing: Secret
let isAway = false

beforeEach(async () => {
  isAway = false
  runtime = new VirtualRuntime({ seed: 45 })
  const weather = { next: () => (isAway ? { lost: 'there' as const } : {}) }
  await runtime.run(async () => {
    world = await openWorld({ runtime, weather })
    const added = await addKey(world)
    key = added.key
    signing = added.signing
  })
})
afterEach(() => runtime.run(() => world.close()))

async function night(): Promise<void> {
  runtime.jumpWallClock(day)
  await world.lantern.nightly()
  await world.harbour.nightly()
  await settleAll(world)
}

/** Of what is done there is a file at the bank, and nothing in the books. `away`: the bank cannot be asked yet. */
async function lost(what: () => Promise<unknown>, away = false): Promise<void> {
  const books = await world.lantern.store.snapshot()
  await what()
  await night()
  isAway = away
  await world.putBack('merchant', books)
}

async function lostAndTakenAgain(what: () => Promise<unknown>): Promise<void> {
  await lost(what)
  expect(await world.lantern.recovery.begun).toBe('closed')
  await settleAll(world)
  await bothSign(world.lantern, runtime, world.shopStaff, 'release-recovery', {})
}

async function expectSettled(minor: bigint): Promise<void> {
  await night()
  expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(minor)
  const states = (await payeeFiles(world.lantern.store)).map(({ state }) => state)
  expect(new Set(states)).toEqual(new Set(['reconciled']))
  const { float, due } = await owedBetween(world.harbour, world.lantern)
  expect(due).toBe(float)
  expect(await world.audited()).toEqual([])
}

const proved = ({ number, password }: KnownVoucher) => ({ number, password: new Secret(password) })
const redemption = (name: string, whole: bigint, voucher = world.vouchers.confirmed) => ({
  ...{ key, intent: intentId(name), ...proved(voucher), amount: yuan(whole) },
})
async function authorised(whole: bigint, order?: string): Promise<string> {
  const request = { ...redemption('held', whole), holdMs: 30 * day, ...(order !== undefined && { order }) }
  const held = await world.lantern.till.authorise(request)
  if (held.outcome !== 'authorised') throw new Error(held.outcome)
  return held.id
}
async function paid(name: string, whole: bigint): Promise<Extract<TillPayment, { outcome: 'paid' }>> {
  const made = await world.lantern.till.pay(redemption(name, whole))
  if (made.outcome !== 'paid') throw new Error(made.outcome)
  return made
}
const capture = (id: string, whole: bigint, isLast = false) =>
  world.lantern.till.capture({ key, intent: intentId('capture'), id, amount: yuan(whole), isLast })
const giveBack = (name: string, event: string, whole: bigint) =>
  world.lantern.till.giveBack({ key, intent: intentId(name), event, amount: yuan(whole), reason: 'torn' })

describe('asked for again under its id, after its bank has told of it', () => {
  test('a capture is the one that was made', () =>
    runtime.run(async () => {
      const id = await authorised(30n)
      await lostAndTakenAgain(() => capture(id, 10n, true))
      const again = await capture(id, 10n, true)
      expect(again).toMatchObject({ outcome: 'captured', amount: yuan(10n), left: yuan(0n) })
      expect(await capture(id, 10n, true), 'as often as it is asked').toEqual(again)
      expect(await capture(id, 11n, true)).toEqual({ outcome: 'intent-reused' })
      const standing = await world.lantern.till.authorisation({ key, id })
      expect(standing, 'it was the last part').toMatchObject({ state: 'released' })
      await expectSettled(1_000n)
    }))

  test('what was given back, to the voucher and to the account, is given back once', () =>
    runtime.run(async () => {
      const { event: old } = await paid('old', 20n)
      await night()
      const { event: fresh } = await paid('fresh', 10n)
      await lostAndTakenAgain(async () => {
        await giveBack('to the voucher', fresh, 4n)
        await giveBack('to the account', old, 5n)
      })
      const [voucher, account] = [
        await giveBack('to the voucher', fresh, 4n),
        await giveBack('to the account', old, 5n),
      ]
      expect(voucher).toMatchObject({ outcome: 'given-back', to: 'voucher', amount: yuan(4n) })
      expect(account).toMatchObject({ outcome: 'given-back', to: 'account', amount: yuan(5n) })
      expect(await giveBack('to the voucher', fresh, 3n)).toEqual({ outcome: 'intent-reused' })
      await expectSettled(2_000n + 600n - 500n)
    }))

  test('what a clerk gave back is given back once', () =>
    runtime.run(async () => {
      await paid('old', 20n)
      await night()
      const { reference } = await paid('fresh', 10n)
      const by = { clerk: 'lin', reason: 'torn' }
      const reverse = () =>
        world.lantern.clerk.reverse({ ...by, intent: intentId('reverse'), reference, amount: yuan(4n) })
      const refund = () =>
        world.lantern.clerk.refund({
          ...{ ...by, intent: intentId('refund'), amount: yuan(5n) },
          of: { voucher: world.vouchers.confirmed.number },
        })
      await lostAndTakenAgain(async () => {
        await reverse()
        await refund()
      })
      const { number: voucher } = world.vouchers.confirmed
      expect(await reverse()).toMatchObject({ outcome: 'reversed', amount: yuan(4n), voucher })
      expect(await refund()).toMatchObject({ outcome: 'refunded', amount: yuan(5n), voucher })
      await expectSettled(2_000n + 600n - 500n)
    }))

  test('a voucher was ended by whoever ended it', () =>
    runtime.run(async () => {
      const { merchant } = world
      const other = await buy(world, 'another', yuan(20n))
      const end = (name: string) =>
        world.lantern.till.end({ key, intent: intentId(name), ...proved(world.vouchers.confirmed) })
      const byPhone = { intent: intentId('by phone'), principal: other.number }
      await lostAndTakenAgain(async () => {
        await end('end')
        const opening = await merchant.openVoucher({ ...proved(other), origin: aPhone })
        if (opening.outcome !== 'open') throw new Error(opening.outcome)
        await merchant.endVoucher({ intent: byPhone.intent, session: opening.session })
      })
      expect(await end('end')).toMatchObject({ outcome: 'ended', amount: yuan(50n) })
      expect(await end('under another id')).toEqual({ outcome: 'terminated' })
      expect(await world.merchant.resolve(byPhone)).toMatchObject({
        ...{ outcome: 'done', kind: 'termination', amount: yuan(20n) },
      })
      await expectSettled(0n)
    }))

  test('an order that its customer brought is paid', () =>
    runtime.run(async () => {
      const order = presented('A-17')
      const pay = async () => {
        const { merchant } = world
        const opening = await merchant.openVoucher({ ...proved(world.vouchers.confirmed), origin: aPhone })
        return opening.outcome === 'open' ? merchant.payOrder({ session: opening.session, order }) : opening
      }
      await lostAndTakenAgain(pay)
      expect(await world.merchant.findOrder(order)).toMatchObject({ order: { paid: expect.stringMatching(/^\d{6}$/) } })
      expect(await pay()).toMatchObject({ outcome: 'order-paid' })
      expect(await world.lantern.till.pay({ ...redemption('by the shop', 5n), order: 'A-17' })).toMatchObject({
        outcome: 'order-paid',
      })
      await expectSettled(1_000n)
    }))
})

test('asked for again before its bank could be asked, it is the one that is in the bank’s file', () =>
  runtime.run(async () => {
    const { event } = await paid('old', 20n)
    await night()
    const id = await authorised(30n)
    await lost(async () => {
      await capture(id, 30n)
      await giveBack('to the account', event, 5n)
    }, true)
    await world.lantern.recovery.open
    await capture(id, 30n)
    await giveBack('to the account', event, 5n)
    isAway = false
    await runtime.sleep(60_000)
    await settleAll(world)
    await night()
    await expectSettled(2_000n + 3_000n - 500n)
  }))

describe('in books that nothing befell', () => {
  test('a voucher that is ended by many at once under one id is ended for all of them', () =>
    runtime.run(async () => {
      const request = { key, intent: intentId('end'), ...proved(world.vouchers.confirmed) }
      const answers = await Promise.all(Array.from({ length: 12 }, () => world.lantern.till.end(request)))
      for (const answer of answers) expect(answer).toEqual(answers[0])
      expect(answers[0]).toMatchObject({ outcome: 'ended' })
    }))

  test('an order that is held, or was captured, is paid by nothing else, and by anything when it was freed', () =>
    runtime.run(async () => {
      const id = await authorised(10n, 'A-17')
      const { till } = world.lantern
      const pay = (name: string) => till.pay({ ...redemption(name, 10n), order: 'A-17' })
      expect(await pay('while it is held')).toMatchObject({ outcome: 'order-paid' })
      expect(await till.authorise({ ...redemption('twice', 10n), order: 'A-17', holdMs: day })).toMatchObject({
        outcome: 'order-paid',
      })
      await till.release({ key, intent: intentId('free'), id })
      expect(await pay('freed')).toMatchObject({ outcome: 'paid' })
    }))
})

function presented(id: string): PresentedOrder {
  const order = {
    ...{ key: key.id, order: id, minor: '1000', currency: 'CNY', returnTo: 'https://shop.example/' },
    expires: `${Math.trunc(runtime.wallNow() / 1_000) + 864_000}`,
  }
  return { ...order, signature: signOrder(signing, order) }
}

test('what a clerk gave back in lost books is given back by no other clerk under the same id', () =>
  runtime.run(async () => {
    const { confirmed } = world.vouchers
    await payWith(world, confirmed, 'paid', yuan(10n))
    await night()
    const asked = { intent: intentId('back'), of: { voucher: confirmed.number }, amount: yuan(2n), reason: 'torn' }
    await lostAndTakenAgain(() => world.lantern.clerk.refund({ ...asked, clerk: 'lin' }))
    for (const clerk of ['mei', 'lin'])
      expect(await world.lantern.clerk.refund({ ...asked, clerk })).toMatchObject({ outcome: 'refunded' })
    expect(await posted(world.lantern.store, 'revenue:harbour')).toBe(800n)
  }))
