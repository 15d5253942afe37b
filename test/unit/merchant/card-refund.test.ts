/** What a card paid goes back to its account by a day end, as far as the payee's settlement account pays it, and its owner hears of it. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import type { IntentId } from '../../../src/ids.ts'
import type { CardRefund } from '../../../src/merchant/clearing/card-refund.ts'
import { money, yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { type CardPayee, openCardPayee } from '../../support/card-payee.ts'
import { payWith, settleAll } from '../../support/day-end.ts'
import { aPhone, intentId } from '../../support/ids.ts'
import { faultsOf, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import type { World } from '../../support/world.ts'

// The first to open two banks makes them.
vi.setConfig({ testTimeout: 60_000 })

let payee: CardPayee | undefined
afterEach(async () => {
  await payee?.world.close()
  payee = undefined
})

interface Told extends CardPayee {
  readonly runtime: VirtualRuntime
  night(): Promise<void>
  /** The ids of what cards paid or did not, newest first. */
  payments(): Promise<readonly IntentId[]>
  refund(payment: IntentId, whole?: bigint, name?: string): Promise<CardRefund>
  standings(): Promise<readonly string[]>
}

/** The payee has captured ¥40.00 with a voucher of the card's bank, which is on its settlement account there. */
function at(collectsAt: 'harbour' | 'garden', story: (told: Told) => Promise<void>): Promise<void> {
  const runtime = new VirtualRuntime({ seed: 461 })
  return runtime.run(async () => {
    const opened = await openCardPayee(runtime, { collectsAt })
    payee = opened
    const { world } = opened
    // Put back, they are others.
    const clerk = () => world.lantern.clerk
    const night = async () => {
      runtime.jumpWallClock(86_400_000)
      await world.lantern.nightly()
      await settleAll(world)
    }
    await payWith(world, world.vouchers.confirmed, 'by voucher', yuan(40n))
    await night()
    await story({
      ...{ ...opened, runtime, night },
      payments: async () => (await clerk().cardPayments(9)).map(({ id }) => id),
      refund: (payment, whole, name = `refund ${whole}`) =>
        clerk().refundCard({
          ...{ intent: intentId(name), payment, amount: whole === undefined ? undefined : yuan(whole) },
          ...{ clerk: 'mei', reason: 'a torn page' },
        }),
      standings: async () => (await clerk().refunds(9)).map(({ standing, refusedAs }) => refusedAs ?? standing),
    })
  })
}

const lastOf = (all: readonly IntentId[]): IntentId => all[0] ?? intentId('nothing was paid')

const signedIn = async ({ world }: CardPayee) => {
  const { account, pin } = world.customers.cai
  const answer = await world.bank.signIn({ account, pin: new Secret(pin), origin: aPhone })
  if (answer.outcome !== 'signed-in') throw new Error(answer.outcome)
  return answer
}

const faultsBut = async (expected: RegExp, world: World) =>
  (await faultsOf(world)).filter(fault => !expected.test(fault))

/** How many rows do again what was done in lost books. */
const recovered = ({ lantern }: World) =>
  lantern.store.read(async tx => {
    const row = await tx.one<{ count: bigint }>("SELECT count(*) AS count FROM journal WHERE kind = 'recovered'")
    return row?.count
  })

describe('a refund of what a card paid', () => {
  test.each(['harbour', 'garden'] as const)(
    'goes to the card’s account with the next day end, where %s collects',
    bank =>
      at(bank, async told => {
        const { world, pay, payments, refund, night, standings, balances } = told
        expect(await pay('a', yuan(30n))).toMatchObject({ outcome: 'paid' })
        const payment = lastOf(await payments())
        const [before, collected] = await balances()
        const given = await refund(payment, 12n)
        expect(given).toMatchObject({ outcome: 'refunded', amount: yuan(12n) })
        expect(await refund(payment, 12n)).toEqual(given)
        expect(await refund(payment, 13n, 'refund 12')).toEqual({ outcome: 'intent-reused' })
        expect(await refund(payment, 19n)).toEqual({ outcome: 'exceeds-payment', left: yuan(18n) })
        expect(await standings()).toEqual(['waiting'])
        expect((await signedIn(told)).returned).toEqual([])
        await night()
        expect(await standings()).toEqual(['paid'])
        expect((await balances())[0]).toEqual(yuan(before.minor / 100n + 12n))
        // It is paid out of what was cleared: what was collected stays where it is.
        expect((await balances())[1]).toEqual(collected)
        expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(2_800n)
        expect(await posted(world.lantern.store, 'card-revenue:harbour')).toBe(1_800n)
        expect((await world.lantern.clerk.cardPayments(1))[0]).toMatchObject({ refunded: yuan(12n) })
        expect((await signedIn(told)).returned).toMatchObject([
          { kind: 'refund', amount: yuan(12n), payee: { en: 'Lantern Books' } },
        ])
        const [latest] = await world.bank.recentTransactions(world.customers.cai.account, 1)
        expect(latest).toMatchObject({ kind: 'refund', amount: yuan(12n), counterparty: { en: 'Lantern Books' } })
        expect(await refund(payment)).toMatchObject({ outcome: 'refunded', amount: yuan(18n) })
        expect(await refund(payment, 1n)).toEqual({ outcome: 'exceeds-payment', left: yuan(0n) })
        await night()
        expect((await balances())[0]).toEqual(yuan(before.minor / 100n + 30n))
        expect(await faultsOf(world)).toEqual([])
      }),
  )

  test('is not promised where the card’s bank sells none of the payee’s vouchers', () =>
    at('garden', async ({ pay, payments, refund, world }) => {
      expect(await pay('a', yuan(30n))).toMatchObject({ outcome: 'paid' })
      const payment = lastOf(await payments())
      const change = (sql: string) => world.lantern.store.execute(tx => tx.run(sql))
      // The bank is known, and refuses whatever files it is sent.
      await change("UPDATE day_end_file SET state = 'refused' WHERE bank = 'harbour'")
      await change("UPDATE voucher SET bank = 'garden' WHERE bank = 'harbour'")
      expect(await refund(payment, 12n)).toEqual({ outcome: 'no-day-end' })
      expect(await posted(world.lantern.store, 'card-revenue:harbour')).toBe(3_000n)
      await change("UPDATE voucher SET bank = 'harbour' WHERE bank = 'garden' AND sale IS NOT NULL")
      expect(await refund(payment, 12n, 'later')).toMatchObject({ outcome: 'refunded' })
    }))

  test('is refused of what was not paid, of what nobody knows, and of amounts that are none', () =>
    at('harbour', async ({ pay, payments, refund, world }) => {
      expect(await pay('wrong', yuan(7n), new Secret('55667788'))).toMatchObject({ outcome: 'refused' })
      expect(await refund(lastOf(await payments()), 1n)).toEqual({ outcome: 'not-paid' })
      expect(await refund(intentId('nobody'), 1n, 'none')).toEqual({ outcome: 'unknown-payment' })
      const asked = { intent: intentId('0'), payment: intentId('nobody'), amount: money(0n) }
      const by = { clerk: 'mei', reason: 'a torn page' }
      expect(await world.lantern.clerk.refundCard({ ...asked, ...by })).toEqual({ outcome: 'refused-amount' })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('that the settlement account cannot pay is refused as short, is the payee’s again, and can be asked for again', () =>
    at('harbour', async ({ world, runtime, pay, payments, refund, night, standings }) => {
      const payout = { payee: 'lantern', account: world.customers.dora.account, minor: 3_900n }
      expect(await bothSign(world.harbour, runtime, world.staff, 'pay-out', payout)).toMatchObject({ done: true })
      await pay('a', yuan(30n))
      const payment = lastOf(await payments())
      await refund(payment, 6n)
      await night()
      expect(await standings()).toEqual(['short'])
      expect((await world.lantern.clerk.cardPayments(1))[0]).toMatchObject({ refunded: yuan(0n) })
      expect(await posted(world.lantern.store, 'card-revenue:harbour')).toBe(3_000n)
      expect(await refund(payment, 1n)).toMatchObject({ outcome: 'refunded' })
      await night()
      expect(await standings()).toEqual(['paid', 'short'])
      expect(await faultsBut(/alarm day-end-breaks: .*: 1 short$/, world)).toEqual([])
    }))

  test('whose account is closed waits in suspense, and the books know whose it is', () =>
    at('harbour', async ({ world, runtime, pay, payments, refund, night, standings }) => {
      await pay('a', yuan(30n))
      const { account } = world.customers.cai
      const payment = lastOf(await payments())
      await refund(payment, 6n)
      expect(await bothSign(world.harbour, runtime, world.staff, 'close-account', { account })).toMatchObject({
        done: true,
      })
      await night()
      expect(await standings()).toEqual(['in suspense'])
      expect(await world.harbour.teller.suspense()).toMatchObject([{ account, amount: yuan(6n) }])
      expect(await faultsBut(/alarm day-end-breaks: .*: 1 closed-account$/, world)).toEqual([])
    }))

  test('that lost books had sent comes again from the bank’s file, is not done twice, and answers its clerk', () =>
    at('harbour', async ({ world, runtime, pay, payments, refund, night }) => {
      expect(await pay('a', yuan(30n))).toMatchObject({ outcome: 'paid' })
      const payment = lastOf(await payments())
      const lost = await world.lantern.store.snapshot()
      const given = await refund(payment, 6n)
      await night()
      await world.putBack('merchant', lost)
      await settleAll(world)
      await runtime.sleep(120_000)
      await night()
      expect(await refund(payment, 6n)).toMatchObject({ outcome: 'refunded', amount: yuan(6n) })
      expect(given).toMatchObject({ outcome: 'refunded' })
      expect(await refund(payment, 25n)).toEqual({ outcome: 'exceeds-payment', left: yuan(24n) })
      expect(await posted(world.lantern.store, 'card-revenue:harbour')).toBe(2_400n)
      expect(await recovered(world)).toBe(1n)
      expect(await faultsBut(/alarm (books-went-back|peer-recovered|peer-lost-receipts)/, world)).toEqual([])
    }))

  test('of a payment that lost books had as well waits for the word of the card’s bank', () =>
    at('harbour', async ({ world, runtime, pay, payments, refund, night }) => {
      const lost = await world.lantern.store.snapshot()
      expect(await pay('a', yuan(30n))).toMatchObject({ outcome: 'paid' })
      const payment = lastOf(await payments())
      await refund(payment, 6n)
      await night()
      await world.putBack('merchant', lost)
      await settleAll(world)
      await runtime.sleep(120_000)
      await night()
      await night()
      expect(await refund(payment, 25n)).toEqual({ outcome: 'exceeds-payment', left: yuan(24n) })
      expect(await recovered(world)).toBe(1n)
      expect(await faultsBut(/alarm (books-went-back|card-unasked|peer-recovered|peer-lost-receipts)/, world)).toEqual(
        [],
      )
    }))
})

describe('the audit finds', () => {
  test.each([
    ['more refunded than paid', 'lantern', 'UPDATE card_refund SET minor = 3001', '3001 was refunded'],
    [
      'earned again',
      'lantern',
      "UPDATE day_end_line SET break = 'short' WHERE kind = 'refund'",
      'its cards paid 3000, and 2600',
    ],
    [
      'more refunded than signed',
      'harbour',
      "UPDATE payee_file_line SET minor = 3001 WHERE kind = 'refund'",
      'of 3000, 3001 was refunded',
    ],
    ['what no card paid', 'harbour', "UPDATE card_collection SET outcome = 'sent'", 'for what no card paid'],
    ['told to another account', 'harbour', "UPDATE returned_line SET account = '10002'", 'is not the card’s'],
  ] as const)('%s', (_, where, tampering, found) =>
    at('harbour', async ({ world, pay, payments, refund, night }) => {
      await pay('a', yuan(30n))
      await refund(lastOf(await payments()), 4n)
      await night()
      expect(await faultsOf(world)).toEqual([])
      await world[where].store.execute(tx => tx.run(tampering))
      expect(await faultsOf(world, { withoutLog: true })).toContainEqual(expect.stringContaining(found))
    }),
  )
})
