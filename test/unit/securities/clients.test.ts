/**
 * A customer of a bank at the firm: signs in by card, brings money, buys, sells, takes back, and takes money home. Each refusal moves
 * nothing, what is sent again is done once, and what was signed for somebody else is nobody's.
 */
import { describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { bankIdentities } from '../../../src/bank/audit.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { securitiesIdentities } from '../../../src/securities/audit/audit.ts'
import { type BrokersCustomer, customerOf } from '../../support/brokers-customer.ts'
import { issuedTo } from '../../support/cards.ts'
import { intentId } from '../../support/ids.ts'
import { faultsIn, posted } from '../../support/proof.ts'
import { type Broker, openBroker, tea } from '../../support/securities.ts'
import { usualStart, VirtualRuntime } from '../../support/virtual-runtime.ts'

const hour = 3_600_000
/** A Monday, 10:00 in Shanghai: tea costs ¥10.00. */
const monday = usualStart + 24 * hour

const atBroker = (story: (customer: BrokersCustomer, broker: Broker, runtime: VirtualRuntime) => Promise<void>) => {
  const runtime = new VirtualRuntime({ seed: 361, startsAt: monday })
  return runtime.run(async () => {
    const broker = await openBroker(runtime)
    const customer = customerOf(broker, runtime)
    await story(customer, broker, runtime)
    const { house, world } = broker
    await house.running.mail.idle()
    await world.harbour.mail.idle()
    await house.running.mail.idle()
    expect(
      await faultsIn(house.running, securitiesIdentities({ tenant: 'pine', chain: 'main' }), [world.harbour]),
    ).toEqual([])
    expect(
      await faultsIn(world.harbour, bankIdentities({ tenant: 'harbour', chain: 'main' }), [house.running]),
    ).toEqual([])
    // What the firm knows of its account is what stands on it.
    const atBank = await world.bank.balance(broker.own)
    expect(await posted(house.running.store, 'cash-at-bank:harbour')).toBe(atBank.minor)
    await house.close()
    await world.close()
  })
}

test('a customer brings money, buys, sells what is settled, and takes money home', () =>
  atBroker(async (customer, { world }, runtime) => {
    const { account, securities } = customer
    expect(await customer.signIn('a')).toMatchObject({ outcome: 'signed-in', client: { account } })
    expect(await customer.payIn('b', yuan(3_000n))).toMatchObject({ outcome: 'paid', amount: yuan(3_000n) })
    expect(await customer.cash()).toEqual(yuan(3_000n))
    const asked = await customer.askTrade('c', 'buy', 20n)
    expect(await securities().trade(await customer.answered('c', asked))).toMatchObject({
      outcome: 'executed',
      price: yuan(10n),
    })
    expect(await customer.cash()).toEqual(yuan(2_800n))
    await runtime.sleep(24 * hour)
    expect(await customer.signIn('d')).toMatchObject({ outcome: 'signed-in' })
    const sold = await customer.askTrade('e', 'sell', 5n)
    expect(await securities().trade(await customer.answered('e', sold))).toMatchObject({ outcome: 'executed' })
    expect(await customer.payOut('f', yuan(2_000n))).toEqual({ outcome: 'sent', amount: yuan(2_000n) })
    await runtime.sleep(5_000)
    expect(await customer.cash()).toEqual(yuan(800n))
    expect(await world.bank.balance(account)).toEqual(yuan(4_000n))
    expect(await securities().standing(account)).toMatchObject({
      cash: { toCome: yuan(50n) },
      positions: [{ isin: tea, available: { minor: 15n } }],
    })
    expect((await securities().trades(account, 5)).map(({ state }) => state)).toEqual(['executed', 'settled'])
  }))

test('an order with a limit is taken back by card, once, and a trade that was executed is not', () =>
  atBroker(async (customer, _, runtime) => {
    const { securities } = customer
    await customer.signIn('a')
    await customer.payIn('b', yuan(1_000n))
    const asked = await customer.askTrade('c', 'buy', 10n, { ...yuan(0n), minor: 950n })
    const taken = await securities().trade(await customer.answered('c', asked))
    if (taken.outcome !== 'taken') throw new Error(taken.outcome)
    expect(await customer.cash()).toEqual(yuan(905n))
    const back = await customer.answered('d', await customer.askCancel('d', taken.number))
    const cancelled = await securities().cancel(back)
    expect(cancelled).toEqual({ outcome: 'cancelled', number: taken.number })
    expect(await securities().cancel(back)).toEqual(cancelled)
    expect(await customer.cash()).toEqual(yuan(1_000n))
    const again = await customer.answered('e', await customer.askCancel('e', taken.number))
    expect(await securities().cancel(again)).toEqual({ outcome: 'too-late', state: 'cancelled' })
    await runtime.sleep(2 * hour)
    expect(await customer.cash()).toEqual(yuan(1_000n))
  }))

describe('what is signed', () => {
  test('is done once, however often it is sent, and under no other intent', () =>
    atBroker(async customer => {
      const { securities } = customer
      await customer.signIn('a')
      await customer.payIn('b', yuan(1_000n))
      const answer = await customer.answered('c', await customer.askTrade('c', 'buy', 10n))
      const bought = await securities().trade(answer)
      expect(bought).toMatchObject({ outcome: 'executed' })
      expect(await securities().trade(answer)).toEqual(bought)
      expect(await securities().trade({ ...answer, intent: intentId('x') })).toMatchObject({ reason: 'foreign-nonce' })
      // For a cancellation it is no answer either: the order that it answers is over.
      expect(await securities().cancel({ ...answer, intent: intentId('y') })).toMatchObject({ reason: 'foreign-nonce' })
      expect(await customer.cash()).toEqual(yuan(900n))
    }))

  test('with an old counter is refused', () =>
    atBroker(async customer => {
      const { securities } = customer
      await customer.signIn('a')
      await customer.payIn('b', yuan(1_000n))
      const first = await customer.askTrade('c', 'buy', 1n)
      const second = await customer.askTrade('d', 'buy', 1n)
      const early = await customer.answered('c', first)
      expect(await securities().trade(await customer.answered('d', second))).toMatchObject({ outcome: 'executed' })
      expect(await securities().trade(early)).toEqual({ outcome: 'refused', reason: 'old-counter' })
      expect(await customer.cash()).toEqual(yuan(990n))
    }))

  test('too late is refused', () =>
    atBroker(async (customer, _, runtime) => {
      const { securities } = customer
      await customer.signIn('a')
      await customer.payIn('b', yuan(1_000n))
      const answer = await customer.answered('c', await customer.askTrade('c', 'buy', 1n))
      await runtime.sleep(301_000)
      expect(await securities().trade(answer)).toEqual({ outcome: 'refused', reason: 'late' })
    }))

  test('by a card that is blocked is refused, as soon as the bank has said so', () =>
    atBroker(async (customer, { world }, runtime) => {
      const { securities, account } = customer
      await customer.signIn('a')
      await customer.payIn('b', yuan(1_000n))
      const answer = await customer.answered('c', await customer.askTrade('c', 'buy', 1n))
      await world.bank.block({ intent: intentId('block'), account, what: 'card', channel: 'telephone' })
      await runtime.sleep(5_000)
      expect(await securities().trade(answer)).toEqual({ outcome: 'refused', reason: 'blocked' })
      expect(await customer.signIn('d')).toEqual({ outcome: 'refused', reason: 'blocked' })
      expect(await customer.cash()).toEqual(yuan(1_000n))
    }))

  test('by a card of another account is refused, and so is a wrong password, at whichever sign-in', () =>
    atBroker(async (customer, { world }, runtime) => {
      const { securities } = customer
      const other = await issuedTo(world.harbour, runtime, world.staff, { account: world.customers.ada.account })
      expect(await customer.signIn('a', undefined, new Secret('55667788'))).toEqual({
        ...{ outcome: 'refused', reason: 'wrong-password', triesLeft: 2 },
      })
      await customer.signIn('b')
      await customer.payIn('c', yuan(1_000n))
      for (const triesLeft of [2, 1])
        expect(await customer.signIn(`wrong-${triesLeft}`, undefined, new Secret('55667788'))).toEqual({
          ...{ outcome: 'refused', reason: 'wrong-password', triesLeft },
        })
      expect(await customer.signIn('again')).toMatchObject({ outcome: 'signed-in' })
      await customer.signIn('d', other)
      const answer = await customer.answered('e', await customer.askTrade('e', 'buy', 1n), other)
      expect(await securities().trade(answer)).toEqual({ outcome: 'refused', reason: 'unknown-card' })
      expect(await customer.cash()).toEqual(yuan(1_000n))
    }))

  test('with too little money is decided for good, and moves nothing', () =>
    atBroker(async customer => {
      const { securities } = customer
      await customer.signIn('a')
      await customer.payIn('b', yuan(100n))
      const answer = await customer.answered('c', await customer.askTrade('c', 'buy', 11n))
      const refused = { outcome: 'insufficient-funds', available: yuan(100n) }
      expect(await securities().trade(answer)).toEqual(refused)
      expect(await securities().trade(answer)).toEqual(refused)
      expect(await customer.payOut('d', yuan(101n))).toEqual(refused)
      expect(await customer.cash()).toEqual(yuan(100n))
    }))
})

test('what the bank cannot pay out is the customer’s cash again', () =>
  atBroker(async (customer, { world, own }, runtime) => {
    await customer.signIn('a')
    await customer.payIn('b', yuan(1_000n))
    await world.bank.block({ intent: intentId('block'), account: own, what: 'account', channel: 'telephone' })
    expect(await customer.payOut('c', yuan(400n))).toMatchObject({ outcome: 'sent' })
    await runtime.sleep(5_000)
    expect(await customer.cash()).toEqual(yuan(1_000n))
    const request = { account: own }
    expect(await bothSign(world.harbour, runtime, world.staff, 'unblock', request)).toBeDefined()
  }))

test('what was on its way when the firm came to have its account at another bank arrives', () => {
  const runtime = new VirtualRuntime({ seed: 362, startsAt: monday })
  return runtime.run(async () => {
    const { house, world, ...broker } = await openBroker(runtime)
    const customer = customerOf({ house, world, ...broker }, runtime)
    await customer.signIn('a')
    await customer.payIn('b', yuan(1_000n))
    const before = await world.bank.balance(customer.account)
    expect(await customer.payOut('c', yuan(400n))).toMatchObject({ outcome: 'sent' })
    house.change({ cards: { number: 7001, collectsAt: 'garden' } })
    await house.restart(runtime)
    const onItsWay = await posted(house.running.store, 'paying-out')
    await runtime.sleep(60_000)
    expect([onItsWay, await posted(house.running.store, 'paying-out')]).toEqual([40_000n, 0n])
    expect((await world.bank.balance(customer.account)).minor - before.minor).toBe(40_000n)
    expect(await house.audited()).toEqual([])
    await house.close()
    await world.close()
  })
})

test('what was signed before the firm came to have its account at another bank goes to the bank that it names', () => {
  const runtime = new VirtualRuntime({ seed: 362, startsAt: monday })
  return runtime.run(async () => {
    const { house, world, ...broker } = await openBroker(runtime)
    const customer = customerOf({ house, world, ...broker }, runtime)
    await customer.signIn('a')
    await customer.payIn('b', yuan(1_000n))
    const wanted = { account: customer.account, intent: intentId('c'), amount: yuan(400n) }
    const asked = await customer.securities().askPayOut(wanted)
    if (asked.outcome !== 'asked') throw new Error(asked.outcome)
    const answer = await customer.answered('c', asked)
    house.change({ cards: { number: 7001, collectsAt: 'garden' } })
    await house.restart(runtime)
    await house.running.recovery.begun
    expect(await customer.securities().payOut(answer)).toMatchObject({ outcome: 'sent' })
    const letters = await house.running.store.read(tx =>
      tx.all<{ peer: string }>(`SELECT peer FROM clearing_outbox WHERE type = 'pay-out'`),
    )
    expect(letters).toEqual([{ peer: 'harbour' }])
    await runtime.sleep(60_000)
    expect(await posted(house.running.store, 'paying-out')).toBe(0n)
    expect(await house.audited()).toEqual([])
    await house.close()
    await world.close()
  })
})

test('nobody signs in while their bank is away, and what was signed is not used up', () => {
  const runtime = new VirtualRuntime({ seed: 362, startsAt: monday })
  return runtime.run(async () => {
    const broker = await openBroker(runtime)
    const customer = customerOf(broker, runtime)
    // A card that the firm knows is no exception.
    expect(await customer.signIn('a')).toMatchObject({ outcome: 'signed-in' })
    const answer = await customer.answered('b', await customer.askSignIn('b'))
    await broker.world.close()
    expect(await customer.securities().signIn(answer)).toEqual({ outcome: 'bank-out-of-reach' })
    const acts = await broker.house.running.store.read(tx => tx.all('SELECT counter FROM card_act'))
    expect(acts).toHaveLength(1)
    await broker.house.close()
  })
})

test('what answers another nonce than was asked signs nobody in', () =>
  atBroker(async customer => {
    const answer = await customer.answered('a', await customer.askSignIn('a'))
    expect(await customer.securities().signIn({ ...answer, nonce: new Uint8Array(8) })).toEqual({
      ...{ outcome: 'refused', reason: 'foreign-nonce' },
    })
  }))
