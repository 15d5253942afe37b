/** Wrong PINs close an account to whoever keyed them, and never for good: knowing a number must not shut its owner out. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import type { AccountNumber } from '../../../src/ids.ts'
import { Secret } from '../../../src/secret.ts'
import { firstPinOf, intentId, phoneOf } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const minute = 60_000
const day = 1_440 * minute
const wrongPin = '555501'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 22 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

const signIn = (account: AccountNumber, pin: string, number?: string) =>
  world.bank.signIn({ account, pin: new Secret(pin), origin: phoneOf(number) })

/** The last answer. */
async function guess(account: AccountNumber, times: number, number?: string) {
  const answers = []
  for (let time = 0; time < times; time++) answers.push(await signIn(account, wrongPin, number))
  return answers.at(-1)
}

async function passTime(ms: number): Promise<void> {
  runtime.jumpWallClock(ms)
  await runtime.sleep(1)
}

describe('three wrong PINs', () => {
  test('close an account to their origin, and to no other', () =>
    runtime.run(async () => {
      const { account, pin } = world.customers.ada
      expect(await guess(account, 3, '1')).toEqual({ outcome: 'closed', forMs: 5 * minute })
      expect(await signIn(account, pin, '1')).toMatchObject({ outcome: 'closed' })
      expect(await signIn(account, pin, '2')).toMatchObject({ outcome: 'signed-in' })
      expect(await signIn(account, pin)).toMatchObject({ outcome: 'signed-in' })
    }))

  test('are seen at the counter: to how many, and until when', () =>
    runtime.run(async () => {
      const { account } = world.customers.ada
      const seen = () => world.harbour.teller.closings(account)
      expect(await seen()).toEqual({ origins: 0, until: undefined, toAllOn: undefined })
      await guess(account, 3, '1')
      const until = runtime.wallNow() + 5 * minute
      expect(await seen()).toMatchObject({ origins: 1, toAllOn: undefined })
      expect(Math.abs(((await seen()).until ?? 0) - until)).toBeLessThan(minute)
      for (const number of ['2', '3']) await guess(account, 3, number)
      await guess(account, 1, '4')
      expect(await seen()).toMatchObject({ origins: 3, toAllOn: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) })
      await passTime(day)
      expect(await seen()).toEqual({ origins: 0, until: undefined, toAllOn: undefined })
    }))

  test('of callers who withhold their number close it to all of those', () =>
    runtime.run(async () => {
      const { account, pin } = world.customers.ada
      await guess(account, 3)
      expect(await signIn(account, pin)).toMatchObject({ outcome: 'closed' })
      expect(await signIn(account, pin, '2')).toMatchObject({ outcome: 'signed-in' })
    }))

  test.each(['ada', 'nobody'] as const)('close the account of %s longer each time', whose =>
    runtime.run(async () => {
      const account = whose === 'ada' ? world.customers.ada.account : world.unknownAccount
      for (const minutes of [5, 30, 240]) {
        expect(await guess(account, 3, '1')).toEqual({ outcome: 'closed', forMs: minutes * minute })
        await passTime(minutes * minute)
      }
      await passTime(day)
      for (let i = 0; i < 2; i++) {
        expect(await guess(account, 3, '1')).toEqual({ outcome: 'closed', forMs: day })
        await passTime(day)
      }
    }),
  )

  test('count from the beginning after a right one', () =>
    runtime.run(async () => {
      const { account, pin } = world.customers.ada
      await guess(account, 3, '1')
      await passTime(5 * minute)
      expect(await signIn(account, pin, '1')).toMatchObject({ outcome: 'signed-in' })
      expect(await guess(account, 1, '1')).toEqual({ outcome: 'refused', triesLeft: 2 })
      expect(await guess(account, 2, '1')).toEqual({ outcome: 'closed', forMs: 5 * minute })
    }))

  test('keep it closed when the PIN is changed in a call that had signed in before', () =>
    runtime.run(async () => {
      const { account, pin } = world.customers.ada
      expect(await signIn(account, pin, '1')).toMatchObject({ outcome: 'signed-in' })
      await guess(account, 3, '1')
      const next = new Secret('918273')
      const change = { intent: intentId('1'), session: firstPinOf(account), next, origin: phoneOf('1') }
      expect(await world.bank.changePin(change)).toMatchObject({ outcome: 'changed' })
      expect(await signIn(account, '918273', '1')).toMatchObject({ outcome: 'closed' })
    }))
})

describe('ten wrong PINs in a day', () => {
  /** From telephones that the bank has never heard of. */
  const shutOut = async (account: AccountNumber) => {
    for (let i = 0; i < 4; i++) await guess(account, 2, `9${i}`)
    return guess(account, 2, '99')
  }

  test.each(['ada', 'nobody'] as const)('close the account of %s to every stranger until the next date', whose =>
    runtime.run(async () => {
      const account = whose === 'ada' ? world.customers.ada.account : world.unknownAccount
      expect(await shutOut(account)).toEqual({ outcome: 'closed-today' })
      expect(await guess(account, 1, '7')).toEqual({ outcome: 'closed-today' })
      await passTime(day)
      expect(await guess(account, 1, '7')).toEqual({ outcome: 'refused', triesLeft: 2 })
    }),
  )

  test('say that one try is left before the last of them', () =>
    runtime.run(async () => {
      const { account } = world.customers.ada
      for (let i = 0; i < 4; i++) await guess(account, 2, `9${i}`)
      expect(await guess(account, 1, '99')).toEqual({ outcome: 'refused', triesLeft: 1 })
    }))

  test('do not shut out who signed in lately, from where they did', () =>
    runtime.run(async () => {
      const { account, pin } = world.customers.ada
      await signIn(account, pin, 'home')
      await passTime(89 * day)
      await shutOut(account)
      expect(await signIn(account, pin, 'elsewhere')).toEqual({ outcome: 'closed-today' })
      // Three wrong ones of their own close it to them as ever.
      expect(await guess(account, 1, 'home')).toEqual({ outcome: 'refused', triesLeft: 2 })
      expect(await signIn(account, pin, 'home')).toMatchObject({ outcome: 'signed-in' })
    }))

  test('shut out who signed in long ago, or with a PIN that was changed since from elsewhere', () =>
    runtime.run(async () => {
      const { account, pin } = world.customers.ada
      await signIn(account, pin, 'long ago')
      await passTime(91 * day)
      await signIn(account, pin, 'the thief')
      await signIn(account, pin, 'home')
      const next = new Secret('918273')
      await world.bank.changePin({ intent: intentId('1'), session: firstPinOf(account), next, origin: phoneOf('home') })
      await shutOut(account)
      expect(await signIn(account, '918273', 'long ago')).toEqual({ outcome: 'closed-today' })
      expect(await signIn(account, '918273', 'the thief')).toEqual({ outcome: 'closed-today' })
      expect(await signIn(account, '918273', 'home')).toMatchObject({ outcome: 'signed-in' })
    }))

  test('are forgiven at a branch', () =>
    runtime.run(async () => {
      const { account, pin } = world.customers.ada
      await guess(account, 3, 'home')
      await shutOut(account)
      const unblock = (whose: AccountNumber) =>
        bothSign(world.harbour, runtime, world.staff, 'unblock', { account: whose })
      expect(await unblock(account)).toMatchObject({ outcome: 'unblocked' })
      expect(await signIn(account, pin, 'home')).toMatchObject({ outcome: 'signed-in' })
      expect(await unblock(world.unknownAccount)).toMatchObject({ outcome: 'unknown-account' })
    }))
})

test('the books do not tell who called', () =>
  runtime.run(async () => {
    const { ada, bo } = world.customers
    const number = '+8613912345678'
    for (const { account, pin } of [ada, bo]) await signIn(account, pin, number)
    expect(Buffer.from(await world.harbour.store.snapshot()).includes(number)).toBe(false)
    const rows = await world.harbour.store.read(tx =>
      tx.all<{ origin: string }>('SELECT DISTINCT origin FROM origin_tries WHERE known_at IS NOT NULL'),
    )
    expect(rows).toHaveLength(2)
  }))

test('the night forgets tries that decide nothing any more', () =>
  runtime.run(async () => {
    const { account, pin } = world.customers.ada
    await guess(account, 1, '1')
    await signIn(account, pin, '2')
    const rows = () => world.harbour.store.read(tx => tx.all('SELECT subject FROM origin_tries'))
    await passTime(89 * day)
    await world.harbour.nightly()
    expect(await rows()).toHaveLength(2)
    await passTime(2 * day)
    await world.harbour.nightly()
    expect(await rows()).toHaveLength(0)
  }))

test('every refusal leaves one second after it came, whatever it is, and a success at once', () =>
  runtime.run(async () => {
    const { ada } = world.customers
    const took = async (answer: () => Promise<unknown>) => {
      const before = runtime.monotonicMs()
      await answer()
      return runtime.monotonicMs() - before
    }
    for (const account of [ada.account, world.unknownAccount]) {
      for (let time = 0; time < 4; time++) expect(await took(() => signIn(account, wrongPin, '1'))).toBe(1_000)
    }
    expect(await took(() => signIn(ada.account, ada.pin, '2'))).toBeLessThan(1_000)
  }))
