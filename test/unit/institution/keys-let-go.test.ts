/**
 * A counterparty that does not answer keeps an older receiving key for ever, until two people let it go. When it comes back, what it
 * had sealed to that key is refused, and made anew.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { alarms } from '../../../src/alarm.ts'
import type { InstitutionId } from '../../../src/ids.ts'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { pinnedPeers } from '../../../src/mail/peers.ts'
import { yuan } from '../../../src/money.ts'
import { institutionId } from '../../support/ids.ts'
import { letLettersArrive } from '../../support/network/network.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const [harbour, lantern] = [institutionId('harbour'), institutionId('lantern')]
const day = 86_400_000
let runtime: VirtualRuntime
let world: World
let isLost: (from: InstitutionId) => boolean
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 46 })
  isLost = () => false
  const weather = { next: ({ from }: { from: InstitutionId }) => (isLost(from) ? { lost: 'there' as const } : {}) }
  world = await runtime.run(() => openWorld({ runtime, weather }))
})
afterEach(() => runtime.run(() => world.close()))

const letters = () => letLettersArrive({ banks: [{ running: world.harbour }], payees: [{ running: world.lantern }] })
const decide = (who: 'bank' | 'merchant', kind: string, request: Record<string, string>) =>
  who === 'bank'
    ? bothSign(world.harbour, runtime, world.staff, kind, request)
    : bothSign(world.lantern, runtime, world.shopStaff, kind, request)
const receiving = async ({ ownKeys }: World['harbour'] | World['lantern']) =>
  (await ownKeys.list()).filter(({ purpose }) => purpose === 'receive')
const states = async (at: World['harbour'] | World['lantern']) =>
  (await receiving(at)).map(({ state, peers }) => [state, ...peers].join(' for '))
const oldest = async (at: World['harbour'] | World['lantern']) => (await receiving(at))[0]?.keyId ?? ''
const kinds = async ({ store }: World['harbour'] | World['lantern'], who: InstitutionId) =>
  (await store.read(tx => alarms(tx, who))).map(({ kind }) => kind)

/** A week and a day, of which the couriers see a minute, and the night's look at keys. */
async function week(at: World['harbour'] | World['lantern']): Promise<void> {
  await runtime.sleep(30_000)
  runtime.jumpWallClock(8 * day)
  await runtime.sleep(30_000)
  await at.ownKeys.look()
}

test('a batch that was sealed to a key that was let go is refused, and ordered anew', () =>
  runtime.run(async () => {
    isLost = from => from === lantern
    await world.harbour.teller.replenish()
    await world.harbour.mail.idle()
    await world.lantern.ordersFilled()
    isLost = () => true
    await decide('bank', 'rotate-key', { purpose: 'receive' })
    await week(world.harbour)
    expect(await kinds(world.harbour, harbour)).toEqual(['key-not-taken'])
    expect(await states(world.harbour)).toEqual(['kept for lantern', 'in use for lantern'])
    const keyId = await oldest(world.harbour)
    expect(await decide('bank', 'let-key-go', { keyId: 'receive-9-x' })).toMatchObject({ outcome: 'unknown-key' })
    expect(await decide('bank', 'let-key-go', { keyId })).toMatchObject({ done: true, outcome: 'let-go' })
    expect(await states(world.harbour)).toEqual(['destroyed', 'in use for lantern'])
    expect(await decide('bank', 'let-key-go', { keyId })).toMatchObject({ done: false, outcome: 'gone-before' })

    isLost = () => false
    await letters()
    expect(await states(world.harbour)).toEqual(['destroyed', 'in use'])
    const refused = () =>
      world.lantern.store.read(tx =>
        tx.all(`SELECT type FROM clearing_outbox WHERE type = 'voucher-batch' AND outcome = 'refused'`),
      )
    expect(await refused()).toHaveLength(1)
    // What was refused is ordered anew on the next day.
    runtime.jumpWallClock(day)
    await world.harbour.teller.replenish()
    await letters()
    expect(await refused()).toHaveLength(1)
    const stock = await world.harbour.store.read(tx =>
      tx.one<{ there: bigint }>(`SELECT count(*) AS there FROM stock WHERE minor = 50000 AND state = 'in stock'`),
    )
    expect(stock?.there).toBeGreaterThan(0n)
    expect(await world.audited()).toEqual([])
  }))

test('whoever comes back, and starts anew, hears of the key in use, however much waits for it', () =>
  runtime.run(async () => {
    isLost = () => true
    // More than a bundle holds stands before the letter that tells of the key.
    for (let i = 0; i < 70; i++)
      await world.lantern.store.execute(tx =>
        writeLetter(tx, { from: lantern, to: harbour, type: 'grant', body: { ceiling: yuan(10_000n) } }),
      )
    await decide('merchant', 'rotate-key', { purpose: 'receive' })
    await week(world.lantern)
    const keyId = await oldest(world.lantern)
    expect(await decide('merchant', 'let-key-go', { keyId })).toMatchObject({ done: true })
    for (const who of ['merchant', 'bank'] as const) await world.restart(who)
    await runtime.sleep(30_000)
    isLost = () => false
    await runtime.sleep(120_000)
    await letters()
    expect(await states(world.lantern)).toEqual(['destroyed', 'in use'])
    const known = await world.harbour.store.read(tx => pinnedPeers(tx, harbour))
    const [key] = (await receiving(world.lantern)).slice(-1)
    expect(known.find(({ institution }) => institution === lantern)?.receiving.keyId).toBe(key?.keyId)
    expect(await world.audited()).toEqual([])
  }))

test('the key in use is not let go', () =>
  runtime.run(async () => {
    await decide('bank', 'rotate-key', { purpose: 'receive' })
    await letters()
    const [, inUse] = await receiving(world.harbour)
    expect(await decide('bank', 'let-key-go', { keyId: inUse?.keyId ?? '' })).toMatchObject({ outcome: 'in-use' })
    expect(await world.audited()).toEqual([])
  }))
