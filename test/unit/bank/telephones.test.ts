/** A registered telephone: `#` is its account, there and nowhere else. */
import { expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { ofThisTelephone } from '../../../src/bank/bank.ts'
import type { Origin } from '../../../src/origin.ts'
import { Secret } from '../../../src/secret.ts'
import { firstPinOf, intentId, phoneOf } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const own = { channel: 'telephone', number: 'desk', attested: true } as const satisfies Origin
const another = { ...own, number: 'kitchen' }
/** The same number, told by whoever likes to. */
const forged = phoneOf('desk')

const wrongPin = '905318'

function inWorld(story: (world: World, runtime: VirtualRuntime) => Promise<void>): Promise<void> {
  const runtime = new VirtualRuntime({ seed: 11 })
  return runtime.run(async () => {
    const world = await openWorld({ runtime })
    await story(world, runtime)
    expect(await world.audited()).toEqual([])
    await world.close()
  })
}

const byHash = ({ bank }: World, origin: Origin, pin: string) =>
  bank.signIn({ account: ofThisTelephone, pin: new Secret(pin), origin })

const register = ({ bank, customers: { cai } }: World, origin: Origin = own) =>
  bank.registerTelephone({ session: firstPinOf(cai.account), origin })

test('# and the PIN sign in at the telephone that was registered, over a restart too', () =>
  inWorld(async world => {
    const { account, pin } = world.customers.cai
    expect(await register(world)).toEqual({ outcome: 'registered' })
    await world.restart('bank')
    expect(await world.bank.telephoneStanding({ account, origin: own })).toBe('registered')
    expect(await byHash(world, own, pin)).toMatchObject({ outcome: 'signed-in', customer: { account } })
  }))

test('elsewhere # is refused in the same words and the same time, with the right PIN and with a wrong one', () =>
  inWorld(async (world, runtime) => {
    const { pin } = world.customers.cai
    await register(world)
    const refusedAfter = async (origin: Origin, tried: string) => {
      const beganMs = runtime.monotonicMs()
      const answer = await byHash(world, origin, tried)
      return { answer, ms: runtime.monotonicMs() - beganMs }
    }
    const here = await refusedAfter(own, wrongPin)
    expect(here.answer).toEqual({ outcome: 'refused', triesLeft: 2 })
    for (const [origin, tried] of [
      [another, pin],
      [forged, pin],
      [phoneOf(undefined), pin],
      [{ channel: 'page', address: '127.0.0.1' }, pin],
    ] as const)
      expect(await refusedAfter(origin, tried)).toEqual(here)
  }))

test('the third wrong PIN ends it and closes the account to this telephone, never to others', () =>
  inWorld(async (world, runtime) => {
    const { account, pin } = world.customers.cai
    for (let round = 0; round < 4; round++) {
      await register(world)
      for (const outcome of ['refused', 'refused', 'closed'])
        expect(await byHash(world, own, wrongPin)).toMatchObject({ outcome })
      expect(await world.bank.telephoneStanding({ account, origin: own })).toBe('not-registered')
      await runtime.sleep(24 * 60 * 60_000 + 1)
    }
    await register(world)
    for (let tries = 0; tries < 3; tries++) await byHash(world, own, wrongPin)
    expect(await world.bank.signIn({ account, pin: new Secret(pin), origin: another })).toMatchObject({
      outcome: 'signed-in',
    })
  }))

test('what follows wrong PINs tells nobody whether the telephone was registered', () =>
  inWorld(async (world, runtime) => {
    await register(world)
    const answersAt = async (origin: Origin) => {
      const answers = []
      for (let tries = 0; tries < 4; tries++) answers.push(await byHash(world, origin, wrongPin))
      await runtime.sleep(31 * 60_000)
      for (let tries = 0; tries < 4; tries++) answers.push(await byHash(world, origin, wrongPin))
      return answers.map(answer =>
        'forMs' in answer ? { ...answer, forMs: Math.round(answer.forMs / 60_000) } : answer,
      )
    }
    expect(await answersAt(own)).toEqual(await answersAt(another))
  }))

test('the account’s number keyed with wrong PINs closes it here, and ends no registration', () =>
  inWorld(async (world, runtime) => {
    const { account, pin } = world.customers.cai
    await register(world)
    for (let tries = 0; tries < 3; tries++) await world.bank.signIn({ account, pin: new Secret(wrongPin), origin: own })
    expect(await byHash(world, own, pin)).toMatchObject({ outcome: 'closed' })
    await runtime.sleep(6 * 60_000)
    expect(await byHash(world, own, pin)).toMatchObject({ outcome: 'signed-in' })
  }))

test('another PIN ends what an earlier one registered, but for the telephone that changed it; a branch’s ends all', () =>
  inWorld(async world => {
    const { account } = world.customers.cai
    await register(world)
    await register(world, another)
    const next = new Secret('604812')
    const session = firstPinOf(account)
    await world.bank.changePin({ intent: intentId('another'), session, next, origin: another })
    expect(await world.bank.telephoneStanding({ account, origin: own })).toBe('not-registered')
    expect(await byHash(world, another, '604812')).toMatchObject({ outcome: 'signed-in' })
    await bothSign(world.harbour, world.runtime, world.staff, 'reset-pin', { account })
    expect(await world.bank.telephoneStanding({ account, origin: another })).toBe('not-registered')
  }))

test('an account has five telephones; with one more the first gives way', () =>
  inWorld(async (world, runtime) => {
    const { account } = world.customers.cai
    for (const number of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await register(world, { ...own, number })
      await runtime.sleep(1)
    }
    const standings = await Promise.all(
      ['a', 'b', 'f'].map(number => world.bank.telephoneStanding({ account, origin: { ...own, number } })),
    )
    expect(standings).toEqual(['not-registered', 'registered', 'registered'])
  }))

test('twelve wrong PINs in a day after # close the account to no other telephone', () =>
  inWorld(async (world, runtime) => {
    const { account, pin } = world.customers.cai
    for (const number of ['a', 'b', 'c', 'd']) {
      await register(world, { ...own, number })
      for (let tries = 0; tries < 3; tries++) await byHash(world, { ...own, number }, wrongPin)
    }
    expect((await world.harbour.teller.closings(account)).toAllOn).toBeUndefined()
    expect(await world.bank.signIn({ account, pin: new Secret(pin), origin: another })).toMatchObject({
      outcome: 'signed-in',
    })
    await runtime.sleep(1)
  }))

test('a telephone that nobody vouches for cannot be registered, nor by whoever signed in with an earlier PIN', () =>
  inWorld(async world => {
    const { account } = world.customers.cai
    expect(await register(world, forged)).toEqual({ outcome: 'not-attested' })
    expect(await world.bank.telephoneStanding({ account, origin: forged })).toBe('not-attested')
    const stale = { account, pinGeneration: 2n }
    expect(await world.bank.registerTelephone({ session: stale, origin: own })).toEqual({ outcome: 'session-ended' })
  }))

test('it stands for whoever registered it last, and until they take it back', () =>
  inWorld(async world => {
    const { cai, ada } = world.customers
    await register(world)
    await world.bank.registerTelephone({ session: firstPinOf(ada.account), origin: own })
    expect(await world.bank.telephoneStanding({ account: cai.account, origin: own })).toBe('not-registered')
    await world.bank.forgetTelephone({ account: cai.account, origin: own })
    expect(await byHash(world, own, ada.pin)).toMatchObject({ outcome: 'signed-in' })
    await world.bank.forgetTelephone({ account: ada.account, origin: own })
    expect(await byHash(world, own, ada.pin)).toMatchObject({ outcome: 'refused' })
  }))
