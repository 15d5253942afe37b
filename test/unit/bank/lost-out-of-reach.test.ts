/** Vouchers are lost while a payee is out of reach: the bank takes its customer's word, and the payee hears of it once it can. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { yuan } from '../../../src/money.ts'
import { now } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { settleAll } from '../../support/day-end.ts'
import { aPhone, institutionId, intentId } from '../../support/ids.ts'
import { faultsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
let isCutOff = false
beforeEach(async () => {
  isCutOff = false
  runtime = new VirtualRuntime({ seed: 53 })
  const next = () => (isCutOff ? ({ lost: 'there' } as const) : {})
  world = await runtime.run(() => openWorld({ runtime, weather: { next } }))
})
afterEach(() => runtime.run(() => world.close()))

const block = (name: string) =>
  world.bank.block({ intent: intentId(name), account: world.customers.ada.account, what: 'vouchers', channel: 'page' })
const opens = async () => {
  const { number, password } = world.vouchers.confirmed
  return (await world.merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })).outcome
}
const blocked = async () => (await world.bank.vouchers(world.customers.ada.account)).map(each => each.isBlocked)
const clear = () =>
  bothSign(world.harbour, runtime, world.staff, 'clear-voucher', { voucher: world.vouchers.confirmed.number })
const startAlone = async () => {
  isCutOff = true
  await world.restart('bank')
  await world.harbour.recovery.begun
}
const startTogether = async () => {
  isCutOff = false
  await runtime.sleep(120_000)
  await settleAll(world)
}

test('they count as blocked at once, and the payee closes them when it is in reach again', () =>
  runtime.run(async () => {
    await startAlone()
    const word = { outcome: 'blocked-once-in-reach' }
    expect(await block('lost')).toEqual(word)
    expect(await block('lost'), 'asked again').toEqual(word)
    expect(await block('again')).toEqual({ outcome: 'nothing-to-block' })
    expect(await blocked()).toEqual([true, true, true])
    expect(await clear()).toMatchObject({ done: false, outcome: 'payee-out-of-reach' })
    expect(await opens(), 'nobody has told it').toBe('open')
    // Once more before it is in reach: what waits is in the books.
    await startAlone()
    await startTogether()
    expect(await opens()).toBe('refused')
    expect(await blocked()).toEqual([true, true, true])
    const told = () =>
      world.harbour.store.read(tx => tx.all("SELECT 1 FROM clearing_outbox WHERE type = 'voucher-lost'"))
    expect(await told()).toHaveLength(3)
    await world.restart('bank')
    await startTogether()
    expect(await told(), 'told once').toHaveLength(3)
    expect(await clear()).toMatchObject({ done: true, outcome: 'cleared' })
    expect(await blocked()).toContain(false)
    expect(await faultsOf(world)).toEqual([])
  }))

test('which word of a bank is the last one is told by no clock', () =>
  runtime.run(async () => {
    const lossAt = () =>
      world.harbour.store.read(tx => tx.all<{ at: bigint }>('SELECT at FROM lost_unheard ORDER BY at LIMIT 1'))
    await startAlone()
    await block('lost')
    const began = (await lossAt())[0]?.at ?? 0n
    await startTogether()
    // Set back by a day, between the loss and the word that takes it back.
    runtime.jumpWallClock(-86_400_000)
    expect(await clear()).toMatchObject({ done: true, outcome: 'cleared' })
    expect(await blocked()).toContain(false)
    await startTogether()
    // And lost once more, when the clock shows the instant of the first loss.
    await startAlone()
    runtime.jumpWallClock(Number(began) - now({ runtime }))
    expect(await block('lost again')).toEqual({ outcome: 'blocked-once-in-reach' })
    await startTogether()
    expect(await blocked()).toEqual([true, true, true])
    expect(await faultsOf(world)).toEqual([])
  }))

test.each([
  ['that was told nobody', 'UPDATE lost_unheard SET letter_epoch = 9, letter_sequence = 9', 'no notice told its payee'],
  [
    'that nobody asked for',
    `INSERT INTO lost_unheard (tenant, sale, at) SELECT tenant, id, 1 FROM sale WHERE buyer = 'CAI' LIMIT 1`,
    'its buyer did not ask for it',
  ],
])('the audit finds a loss %s', (_what, sql, found) =>
  runtime.run(async () => {
    await startAlone()
    await block('lost')
    const { account } = world.customers.cai
    const sale = { intent: intentId('sale'), buyer: account, payee: institutionId('lantern'), amount: yuan(20n) }
    await startTogether()
    await world.bank.sellVoucher({ ...sale, channel: 'page' })
    await world.harbour.store.execute(tx => tx.run(sql.replace('CAI', account)))
    expect(await faultsOf(world)).toContainEqual(expect.stringContaining(found))
  }),
)
