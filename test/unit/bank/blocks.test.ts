/** What is lost is blocked at once at its owner's word, and opened again by two people at a branch. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { alarms } from '../../../src/alarm.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, institutionId, intentId } from '../../support/ids.ts'
import { faultsOf } from '../../support/proof.ts'
import { backupInStock } from '../../support/stock-passwords.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 75 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

const block = (what: 'account' | 'telephone' | 'vouchers', name = what as string) =>
  world.bank.block({ intent: intentId(name), account: world.customers.ada.account, what, channel: 'telephone' })
const decide = (kind: string, request: unknown) => bothSign(world.harbour, runtime, world.staff, kind, request)
const arrived = async () => {
  await world.harbour.mail.idle()
  await world.lantern.mail.idle()
}
const signIn = (origin: Parameters<typeof world.bank.signIn>[0]['origin'] = aPhone) => {
  const { account, pin } = world.customers.ada
  return world.bank.signIn({ account, pin: new Secret(pin), origin })
}
const open = () => {
  const { number, password } = world.vouchers.confirmed
  return world.merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })
}
const backupRequest = async () => {
  const { number } = world.vouchers.confirmed
  return { number, backup: new Secret((await backupInStock(world, number)) ?? ''), origin: aPhone }
}
const clear = (voucher: string) => decide('clear-voucher', { voucher })

describe('a blocked account', () => {
  test('lets nothing out, and everything in, until two people lift the block', () =>
    runtime.run(async () => {
      const { ada, bo } = world.customers
      expect(await block('account')).toEqual({ outcome: 'blocked' })
      expect(await block('account')).toEqual({ outcome: 'blocked' })
      expect(await block('account', 'again')).toEqual({ outcome: 'already-blocked' })
      const buying = {
        buyer: ada.account,
        payee: institutionId('lantern'),
        amount: yuan(20n),
        channel: 'telephone',
      } as const
      const sending = (name: string, from: typeof ada.account, to: typeof ada.account) =>
        world.bank.transfer({ intent: intentId(name), from, to, amount: yuan(5n), channel: 'telephone' })
      expect(await world.bank.sellVoucher({ intent: intentId('s'), ...buying })).toEqual({ outcome: 'account-blocked' })
      expect(await sending('t1', ada.account, bo.account)).toEqual({ outcome: 'account-blocked' })
      expect(await sending('t2', bo.account, ada.account)).toMatchObject({ outcome: 'transferred' })
      expect((await signIn()).outcome).toBe('signed-in')

      const lift = { account: ada.account, what: 'account' }
      expect(await decide('lift-block', { ...lift, what: 'telephone' })).toMatchObject({ done: false })
      expect(await decide('lift-block', lift)).toMatchObject({ done: true, outcome: 'lifted' })
      expect(await sending('t3', ada.account, bo.account)).toMatchObject({ outcome: 'transferred' })
      expect(await block('account', 'later')).toEqual({ outcome: 'blocked' })
      expect(await faultsOf(world)).toEqual([])
    }))
})

describe('a blocked telephone', () => {
  test('signs nobody in by telephone, with the right PIN as well; other ways in stay open', () =>
    runtime.run(async () => {
      await block('telephone')
      expect(await signIn()).toEqual({ outcome: 'blocked' })
      expect((await signIn({ channel: 'page', address: '127.0.0.1' })).outcome).toBe('signed-in')
      const { account } = world.customers.ada
      const wrong = await world.bank.signIn({ account, pin: new Secret('905318'), origin: aPhone })
      expect(wrong.outcome).toBe('refused')
      await decide('lift-block', { account, what: 'telephone' })
      expect((await signIn()).outcome).toBe('signed-in')
      expect(await faultsOf(world)).toEqual([])
    }))
})

describe('lost vouchers', () => {
  test('open to nobody, at once, in open calls too; cleared at the branch, the backup password unlocks them', () =>
    runtime.run(async () => {
      const thief = await open()
      if (thief.outcome !== 'open') throw new Error(thief.outcome)
      expect(await block('vouchers')).toEqual({ outcome: 'blocked' })
      expect(await block('vouchers', 'again')).toEqual({ outcome: 'nothing-to-block' })
      await arrived()
      const pay = { intent: intentId('p'), session: thief.session, amount: yuan(1n) }
      expect(await world.merchant.pay(pay)).toEqual({ outcome: 'session-ended' })
      expect(await open()).toEqual({ outcome: 'refused' })
      expect(await world.merchant.unlock(await backupRequest())).toEqual({ outcome: 'refused' })
      expect((await world.bank.vouchers(world.customers.ada.account)).map(each => each.isBlocked)).toEqual([
        true,
        true,
        true,
      ])

      expect(await clear(world.vouchers.confirmed.number)).toMatchObject({ done: true, outcome: 'cleared' })
      await arrived()
      expect(await open()).toEqual({ outcome: 'refused' })
      expect(await world.merchant.unlock(await backupRequest())).toEqual({ outcome: 'unlocked' })
      expect(await open()).toMatchObject({ outcome: 'open', remaining: yuan(50n) })
      const listed = await world.bank.vouchers(world.customers.ada.account)
      expect(listed.filter(each => each.isBlocked)).toHaveLength(2)
      expect(await block('vouchers', 'third')).toEqual({ outcome: 'blocked' })
      await arrived()
      expect(await open()).toEqual({ outcome: 'refused' })
      expect(await faultsOf(world)).toEqual([])
    }))
})

describe('a voucher cleared at the branch', () => {
  const guess = async () => {
    for (let i = 0; i < 3; i++)
      await world.merchant.unlock({ ...(await backupRequest()), backup: new Secret('905318472605') })
  }

  test('returns from identity required to locked, with three backup tries', () =>
    runtime.run(async () => {
      const { number } = world.vouchers.locked
      const request = {
        ...(await backupRequest()),
        number,
        backup: new Secret((await backupInStock(world, number)) ?? ''),
      }
      for (let i = 0; i < 3; i++) await world.merchant.unlock({ ...request, backup: new Secret('905318472605') })
      expect(await world.merchant.unlock(request)).toEqual({ outcome: 'refused' })
      await clear(number)
      await arrived()
      expect(await world.merchant.unlock(request)).toEqual({ outcome: 'unlocked' })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('gets its backup tries back if it still opens; one that was not sold here is none of the bank’s', () =>
    runtime.run(async () => {
      await guess()
      expect(await world.merchant.revealPassword(await backupRequest())).toEqual({ outcome: 'refused' })
      await clear(world.vouchers.confirmed.number)
      await arrived()
      expect(await world.merchant.revealPassword(await backupRequest())).toMatchObject({ isLocked: false })
      expect(await clear(world.unsoldNumber)).toMatchObject({ done: false, outcome: 'not-sold-here' })
      await world.harbour.store.execute(tx => tx.run('UPDATE clearing_peer SET closed = 1'))
      const { number } = world.vouchers.confirmed
      expect(await clear(number)).toMatchObject({ done: false, outcome: 'payee-out-of-reach' })
      await world.harbour.store.execute(tx => tx.run('UPDATE clearing_peer SET closed = 0'))
      expect(await faultsOf(world)).toEqual([])
    }))

  test('by another bank’s word, or for another sale, it is not; an alarm tells the bank that was refused', () =>
    runtime.run(async () => {
      const { number } = world.vouchers.confirmed
      await world.lantern.store.execute(tx => tx.run(`UPDATE voucher SET sale = 'x' WHERE number = ?`, number))
      await clear(number)
      await arrived()
      const raised = await world.harbour.store.read(tx => alarms(tx, institutionId('harbour')))
      expect(raised.map(({ kind, detail }) => [kind, detail.replace(/\d+\/\d+/, '…')])).toEqual([
        ['letter-refused', 'letter … (voucher-cleared): not its sale'],
      ])
    }))
})

test.each([
  [
    'a lift that nobody decided',
    `UPDATE customer_block SET lifted_at = 1, lifted_by = 'x'`,
    'did not decide to lift it',
  ],
  ['a block for another account', `UPDATE customer_block SET id = 'x'`, 'its customer did not ask for it'],
])('the audit finds %s', (_, tampering, found) =>
  runtime.run(async () => {
    await block('account')
    expect(await faultsOf(world)).toEqual([])
    await world.harbour.store.execute(tx => tx.run(tampering))
    expect(await faultsOf(world)).toContainEqual(expect.stringContaining(found))
  }),
)

test('the audit finds a lost voucher that opens', () =>
  runtime.run(async () => {
    await block('vouchers')
    await arrived()
    expect(await faultsOf(world)).toEqual([])
    await world.lantern.store.execute(tx => tx.run(`UPDATE voucher SET state = 'active' WHERE state <> 'issued'`))
    expect(await faultsOf(world)).toContainEqual(expect.stringContaining('says that it is lost, and it is active'))
  }))
