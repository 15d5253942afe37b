/**
 * Keys that are changed while everything runs: counterparties are told by letter, take the new key in its place, and the old one
 * is destroyed when nothing can come any more that was made for it. Whoever dies in between goes on where it was.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { alarms } from '../../../src/alarm.ts'
import type { InstitutionId } from '../../../src/ids.ts'
import type { ListedKey } from '../../../src/institution/key-watch.ts'
import { type PublicPurpose, publicPurposes } from '../../../src/keys/keys.ts'
import { keysOf, pinnedPeers } from '../../../src/mail/peers.ts'
import { yuan } from '../../../src/money.ts'
import { institutionId, intentId } from '../../support/ids.ts'
import { MortalRuntime } from '../../support/mortal-runtime.ts'
import { letLettersArrive } from '../../support/network/network.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const harbour = institutionId('harbour')
const lantern = institutionId('lantern')
const day = 86_400_000

let runtime: VirtualRuntime
let bankRuntime: MortalRuntime
let shopRuntime: MortalRuntime
let world: World
let weather: (from: InstitutionId) => { lost?: 'there' | 'back'; repeated?: boolean }
let sold = 0
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 30 })
  bankRuntime = new MortalRuntime(runtime)
  shopRuntime = new MortalRuntime(runtime)
  weather = () => ({})
  world = await openWorld({
    ...{ runtime, bankRuntime, merchantRuntime: shopRuntime },
    weather: { next: ({ from }) => weather(from) },
  })
})
afterEach(() => world.close())

const rotate = (purpose: PublicPurpose, who: 'bank' | 'merchant' = 'bank') =>
  who === 'bank'
    ? bothSign(world.harbour, runtime, world.staff, 'rotate-key', { purpose })
    : bothSign(world.lantern, runtime, world.shopStaff, 'rotate-key', { purpose })
const letters = () => letLettersArrive({ banks: [{ running: world.harbour }], payees: [{ running: world.lantern }] })
const listed = async (purpose: PublicPurpose, who: 'bank' | 'merchant' = 'bank'): Promise<readonly ListedKey[]> => {
  const running = who === 'bank' ? world.harbour : world.lantern
  return (await running.ownKeys.list()).filter(key => key.purpose === purpose)
}
const states = async (purpose: PublicPurpose, who: 'bank' | 'merchant' = 'bank') =>
  (await listed(purpose, who)).map(({ state, peers }) => [state, ...peers].join(' for '))
const done = (purpose: PublicPurpose) => [purpose === 'ledger' ? 'kept' : 'destroyed', 'in use']

/** The keys by which one knows the other, newest first. */
const known = async (by: 'bank' | 'merchant', purpose: PublicPurpose) => {
  const [self, id, other] = by === 'bank' ? [world.harbour, harbour, lantern] : [world.lantern, lantern, harbour]
  const peers = await self.store.read(tx => pinnedPeers(tx, id))
  const peer = peers.find(({ institution }) => institution === other)
  return peer === undefined ? [] : keysOf(peer, purpose).map(({ keyId }) => keyId.split('-')[1])
}
const raised = (who: 'bank' | 'merchant') => {
  const { store } = who === 'bank' ? world.harbour : world.lantern
  return store.read(async tx =>
    (await alarms(tx, who === 'bank' ? harbour : lantern)).map(({ kind, detail }) => `${kind}: ${detail}`),
  )
}

/** Days, of which the couriers see a minute. */
async function pass(days: number): Promise<void> {
  await runtime.sleep(30_000)
  runtime.jumpWallClock(days * day)
  await runtime.sleep(30_000)
}

/** Letters both ways, one of them with something that is sealed to the bank's receiving key. */
async function business(): Promise<void> {
  const sale = await world.bank.sellVoucher({
    intent: intentId(`after ${sold++}`),
    buyer: world.customers.ada.account,
    payee: lantern,
    amount: yuan(20n),
    channel: 'telephone',
  })
  expect(sale.outcome).toBe('sold')
  await world.harbour.teller.replenish()
  await letters()
  const stock = await world.harbour.store.read(tx =>
    tx.one<{ open: bigint }>('SELECT count(*) AS open FROM stock_order WHERE batch IS NULL'),
  )
  expect(stock?.open).toBe(0n)
  const waiting = await Promise.all(
    [world.harbour, world.lantern].map(({ store }) =>
      store.read(tx => tx.all('SELECT type FROM clearing_outbox WHERE outcome IS NULL OR outcome = ?', 'refused')),
    ),
  )
  expect(waiting).toEqual([[], []])
}

describe.each(publicPurposes)('a %s key', purpose => {
  test('is changed at a bank and at a payee, again and again, and letters go on', () =>
    runtime.run(async () => {
      for (const generation of ['2', '3']) {
        for (const who of ['bank', 'merchant'] as const) {
          expect(await rotate(purpose, who)).toMatchObject({ done: true, outcome: 'rotated' })
          await letters()
          expect((await states(purpose, who)).slice(-2)).toEqual(done(purpose))
          expect(await known(who === 'bank' ? 'merchant' : 'bank', purpose)).toEqual([generation])
          await business()
        }
      }
      expect([...(await raised('bank')), ...(await raised('merchant'))]).toEqual([])
      expect(await world.audited()).toEqual([])
    }))

  test('is changed though letters are lost and repeated', () =>
    runtime.run(async () => {
      let n = 0
      weather = () => [{ lost: 'there' as const }, { lost: 'back' as const }, { repeated: true }, {}][n++ % 4] ?? {}
      await rotate(purpose)
      await letters()
      expect(await states(purpose)).toEqual(done(purpose))
      weather = () => ({})
      await business()
      expect(await world.audited()).toEqual([])
    }))

  test('is kept for a counterparty that is away for days, over another change and a restart', () =>
    runtime.run(async () => {
      weather = () => ({ lost: 'there' })
      await rotate(purpose)
      await pass(3)
      expect(await states(purpose)).toEqual(['kept for lantern', 'in use for lantern'])
      await rotate(purpose)
      await pass(2)
      await world.restart('bank', bankRuntime)
      expect(await states(purpose)).toEqual(['kept for lantern', 'kept for lantern', 'in use for lantern'])
      weather = () => ({})
      await letters()
      expect(await states(purpose)).toEqual(
        purpose === 'ledger' ? ['kept', 'kept', 'in use'] : ['destroyed', 'destroyed', 'in use'],
      )
      expect(await known('merchant', purpose)).toEqual(['3'])
      await business()
      expect(await world.audited()).toEqual([])
    }))

  const steps = [
    ...['key.made', 'key.told', 'new-key.sending', 'new-key.sent', 'new-key.receipted'].map(each => ['bank', each]),
    ...['new-key.received', 'key-taken.sending', 'key-taken.sent', 'key-taken.receipted'].map(each => [
      'merchant',
      each,
    ]),
    ...['key-taken.received', 'key.destroyed'].map(each => ['bank', each]),
  ] as ['bank' | 'merchant', string][]
  // Two purposes at every step, the others at some.
  const isTried = (step: string) =>
    purpose === 'receive' || purpose === 'envelope' || ['key.told', 'key-taken.received'].includes(step)
  test.each(steps.filter(([, step]) => isTried(step)))('is changed though the %s dies at %s', (who, point) =>
    runtime.run(async () => {
      const mortal = who === 'bank' ? bankRuntime : shopRuntime
      mortal.dieAt(point)
      const first = await rotate(purpose).catch(() => ({ done: false }))
      await runtime.sleep(60_000)
      expect(mortal.deadAt, 'it got there').toBe(point)
      await world.restart(who, runtime)
      if (point === 'key.made') {
        // Nobody's approval was noted: the key that was made for it is taken by the next.
        expect([first.done, await states(purpose)]).toEqual([false, ['in use', 'unused']])
        await rotate(purpose)
      }
      await letters()
      expect(await states(purpose)).toEqual(done(purpose))
      expect(await known('merchant', purpose)).toEqual(['2'])
      await business()
      expect(await world.audited()).toEqual([])
    }),
  )

  test('that books do not know which were put back is found beside them, and told again', () =>
    runtime.run(async () => {
      const before = await world.harbour.store.snapshot()
      await rotate(purpose)
      await letters()
      await world.putBack('bank', before)
      await world.harbour.recovery.open
      await letters()
      expect(await known('merchant', purpose)).toEqual(['2'])
      expect((await listed(purpose)).at(-1)).toMatchObject({ state: 'in use' })
      expect((await raised('bank')).some(alarm => alarm.startsWith('books-went-back'))).toBe(true)
      await bothSign(world.harbour, runtime, world.staff, 'release-recovery', {})
      await letters()
      expect(await world.audited()).toEqual([])
    }))
})

test('a batch that was sealed to the old receiving key and waits for days is opened before that is destroyed', () =>
  runtime.run(async () => {
    weather = from => (from === lantern ? { lost: 'there' } : {})
    await world.harbour.teller.replenish()
    await world.harbour.mail.idle()
    await world.lantern.ordersFilled()
    const batches = () =>
      world.lantern.store.read(tx =>
        tx.all("SELECT sequence FROM clearing_outbox WHERE type = 'voucher-batch' AND outcome IS NULL"),
      )
    expect(await batches()).toHaveLength(1)
    await rotate('receive')
    await pass(2)
    expect(await states('receive')).toEqual(['kept for lantern', 'in use for lantern'])
    weather = () => ({})
    await letters()
    expect(await states('receive')).toEqual(done('receive'))
    await business()
    expect([...(await raised('bank')), ...(await raised('merchant'))]).toEqual([])
  }))

test('whoever proposes alone changes nothing, and a teller may not', () =>
  runtime.run(async () => {
    const alone = { maker: world.staff.maker, checker: world.staff.maker }
    await expect(bothSign(world.harbour, runtime, alone, 'rotate-key', { purpose: 'receive' })).rejects.toThrow()
    expect(await states('receive')).toEqual(['in use'])
  }))

describe('the certificate of a connection', () => {
  test('is renewed a month before its end, by the night', () =>
    runtime.run(async () => {
      const [{ expiresAt = 0 } = {}] = await listed('transport')
      runtime.jumpWallClock(expiresAt - runtime.wallNow() - 31 * day)
      await world.harbour.ownKeys.look()
      expect(await states('transport')).toEqual(['in use'])
      runtime.jumpWallClock(2 * day)
      await world.harbour.ownKeys.look()
      await letters()
      expect(await states('transport')).toEqual(done('transport'))
      expect((await listed('transport')).at(-1)?.expiresAt).toBeGreaterThan(expiresAt + 300 * day)
      expect(await known('merchant', 'transport')).toEqual(['2'])
      expect(await raised('bank')).toEqual([])
      expect(await world.audited()).toEqual([])
    }))

  test('raises an alarm two weeks before its end where a counterparty still needs it', () =>
    runtime.run(async () => {
      weather = () => ({ lost: 'there' })
      const [{ expiresAt = 0, keyId } = { keyId: '' }] = await listed('transport')
      runtime.jumpWallClock(expiresAt - runtime.wallNow() - 15 * day)
      await world.harbour.ownKeys.look()
      expect(await raised('bank')).toEqual([])
      runtime.jumpWallClock(1 * day)
      await world.harbour.ownKeys.look()
      await world.harbour.ownKeys.look()
      expect(await raised('bank')).toEqual([
        expect.stringContaining(`certificate-expires: the certificate of ${keyId} ends`),
      ])
      runtime.jumpWallClock(8 * day)
      await world.harbour.ownKeys.look()
      expect((await raised('bank')).slice(1)).toEqual([expect.stringContaining('key-not-taken')])
    }))
})
