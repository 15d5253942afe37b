import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { UnconfirmedVoucher } from '../../../src/bank/bank.ts'
import type { AccountNumber } from '../../../src/ids.ts'
import { yuan } from '../../../src/money.ts'
import { aPhone, institutionId, intentId } from '../../support/ids.ts'
import { MortalRuntime } from '../../support/mortal-runtime.ts'
import { faultsOf } from '../../support/proof.ts'
import { passwordInStock } from '../../support/stock-passwords.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
let life: MortalRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 1 })
  life = new MortalRuntime(runtime)
  world = await openWorld({ runtime, bankRuntime: life })
})
afterEach(() => world.close())

const order = (buyer: AccountNumber, whole: bigint, name: string) =>
  ({
    intent: intentId(name),
    buyer,
    payee: institutionId('lantern'),
    amount: yuan(whole),
    channel: 'telephone',
  }) as const

async function buy(buyer: AccountNumber, whole: bigint, intent: string): Promise<UnconfirmedVoucher> {
  const sale = await world.bank.sellVoucher(order(buyer, whole, intent))
  if (sale.outcome !== 'sold') throw new Error(sale.outcome)
  return sale.voucher
}

describe('a sale', () => {
  test('moves the money, tells number and password, and its voucher pays at the payee', () =>
    runtime.run(async () => {
      const { ada } = world.customers
      const before = await world.bank.balance(ada.account)
      const voucher = await buy(ada.account, 50n, 'one')
      expect((await world.bank.balance(ada.account)).minor).toBe(before.minor - 5_000n)
      expect(voucher).toMatchObject({ amount: yuan(50n), payee: { id: 'lantern' }, state: 'unconfirmed' })
      expect(voucher.password.reveal()).toMatch(/^\d{8}$/)
      await world.harbour.mail.idle()
      const opening = await world.merchant.openVoucher({ ...voucher, origin: aPhone })
      expect(opening).toMatchObject({ outcome: 'open', remaining: yuan(50n) })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('is one sale however often its intent is asked, and two intents are two sales', () =>
    runtime.run(async () => {
      const { ada } = world.customers
      const [first, again] = await Promise.all([buy(ada.account, 50n, 'one'), buy(ada.account, 50n, 'one')])
      expect(again.id).toBe(first.id)
      expect(again.password.reveal()).toBe(first.password.reveal())
      expect((await buy(ada.account, 50n, 'two')).number).not.toBe(first.number)
      expect(await world.bank.sellVoucher(order(ada.account, 20n, 'one'))).toEqual({ outcome: 'intent-reused' })
      // Ids belong to their principal: another's is another request.
      expect(await world.bank.sellVoucher(order(world.customers.cai.account, 20n, 'one'))).toMatchObject({
        outcome: 'sold',
      })
    }))

  test('is refused with what helps: the balance, the nearest amounts, the limit', () =>
    runtime.run(async () => {
      const { ada, bo, cai } = world.customers
      expect(await world.bank.sellVoucher(order(bo.account, 50n, '1'))).toEqual({
        outcome: 'insufficient-funds',
        balance: yuan(30n),
      })
      expect(await world.bank.sellVoucher(order(ada.account, 500n, '2'))).toEqual({
        outcome: 'out-of-stock',
        nearest: [yuan(200n)],
      })
      expect(await world.bank.sellVoucher(order(ada.account, 70n, '3'))).toEqual({
        outcome: 'out-of-stock',
        nearest: [yuan(50n), yuan(100n)],
      })
      expect(
        await world.bank.transfer({
          intent: intentId('4'),
          from: cai.account,
          to: bo.account,
          amount: yuan(1_000n),
          channel: 'telephone',
        }),
      ).toMatchObject({
        outcome: 'transferred',
      })
      for (const intent of ['5', '6']) await buy(cai.account, 200n, intent)
      // ¥1,400 of ¥1,500 a day, vouchers and transfers together.
      expect(await world.bank.sellVoucher(order(cai.account, 200n, '7'))).toEqual({
        outcome: 'limit-exceeded',
        limit: yuan(1_500n),
      })
      expect(await world.bank.sellVoucher(order(cai.account, 100n, '8'))).toMatchObject({ outcome: 'sold' })
      // A refusal stands for its intent, and cost nothing.
      expect(await world.bank.sellVoucher(order(bo.account, 50n, '1'))).toMatchObject({ outcome: 'insufficient-funds' })
      runtime.jumpWallClock(86_400_000)
      expect(await world.bank.sellVoucher(order(cai.account, 200n, '9'))).toMatchObject({ outcome: 'sold' })
      expect(await faultsOf({ ...world, lantern: world.lantern })).not.toContainEqual(
        expect.stringContaining('identity'),
      )
    }))

  test('picks records in an order that says nothing about the batch', () =>
    runtime.run(async () => {
      const rows = await world.harbour.store.read(tx =>
        tx.all<{ serial: bigint }>(`SELECT serial FROM stock WHERE minor = 2000 ORDER BY shuffle`),
      )
      const serials = rows.map(({ serial }) => Number(serial))
      expect(serials).toHaveLength(6)
      expect(serials).not.toEqual([...serials].sort((a, b) => a - b))
    }))

  test('at the low-water mark orders more, which arrive over the clearing path', () =>
    runtime.run(async () => {
      const left = async () => {
        const row = await world.harbour.store.read(tx =>
          tx.one<{ count: bigint }>(`SELECT count(*) AS count FROM stock WHERE minor = 2000 AND state = 'in stock'`),
        )
        return row?.count
      }
      for (const intent of ['1', '2', '3']) await buy(world.customers.ada.account, 20n, intent)
      await world.harbour.mail.idle()
      expect(await left()).toBe(3n)
      await buy(world.customers.ada.account, 20n, '4')
      await world.harbour.mail.idle()
      await world.lantern.ordersFilled()
      await world.lantern.mail.idle()
      expect(await left()).toBe(8n)
      expect(await faultsOf(world)).toEqual([])
    }))
})

describe('a voucher', () => {
  test('is told until it was heard, then without its password for ever', () =>
    runtime.run(async () => {
      const { confirmed, unconfirmed } = world.vouchers
      const [, second, third] = await world.bank.vouchers(unconfirmed.buyer)
      expect(second).toMatchObject({ id: unconfirmed.sale, number: unconfirmed.number, state: 'unconfirmed' })
      expect(second?.state === 'unconfirmed' && second.password.reveal()).toBe(unconfirmed.password)
      expect(third).toMatchObject({ id: confirmed.sale, state: 'confirmed' })
      expect(third).not.toHaveProperty('password')

      const heard = { buyer: unconfirmed.buyer, voucher: unconfirmed.sale }
      expect(await world.bank.confirmHeard(heard)).toEqual({ outcome: 'confirmed' })
      expect(await world.bank.confirmHeard(heard)).toEqual({ outcome: 'confirmed' })
      expect((await world.bank.vouchers(unconfirmed.buyer)).map(({ state }) => state)).toEqual(
        Array(3).fill('confirmed'),
      )
      expect(await world.bank.confirmHeard({ ...heard, buyer: world.customers.bo.account })).toEqual({
        outcome: 'unknown-voucher',
      })
    }))

  test.each(['confirm.committed', 'confirm.key-destroyed'])('that was heard stays heard after a death at %s', step =>
    runtime.run(async () => {
      const { unconfirmed } = world.vouchers
      life.dieAt(step)
      const heard = { buyer: unconfirmed.buyer, voucher: unconfirmed.sale }
      await expect(world.bank.confirmHeard(heard)).rejects.toThrow(`killed at ${step}`)
      await world.restart('bank', runtime)
      const row = await world.harbour.store.read(tx =>
        tx.one<{ password_destroyed: bigint }>('SELECT password_destroyed FROM sale WHERE id = ?', unconfirmed.sale),
      )
      expect(row?.password_destroyed).toBe(1n)
      expect(await passwordInStock(world, unconfirmed.number)).toBeUndefined()
    }),
  )
})

test('what became of a request is told by its intent', () =>
  runtime.run(async () => {
    const { ada, bo } = world.customers
    await buy(ada.account, 20n, 'bought')
    const moved = await world.bank.transfer({
      intent: intentId('moved'),
      from: ada.account,
      to: bo.account,
      amount: yuan(5n),
      channel: 'telephone',
    })
    await world.bank.sellVoucher(order(bo.account, 200n, 'refused'))
    expect(await world.bank.resolve({ intent: intentId('bought'), principal: ada.account })).toEqual({
      outcome: 'done',
      kind: 'sale',
      amount: yuan(20n),
      payee: { en: 'Lantern Books', zh: '灯笼书店' },
    })
    expect(await world.bank.resolve({ intent: intentId('moved'), principal: ada.account })).toEqual({
      outcome: 'done',
      kind: 'transfer',
      amount: yuan(5n),
      to: bo.name,
      reference: moved.outcome === 'transferred' ? moved.reference : '',
    })
    expect(await world.bank.resolve({ intent: intentId('refused'), principal: bo.account })).toEqual({
      outcome: 'not-done',
    })
    expect(await world.bank.resolve({ intent: intentId('never asked'), principal: ada.account })).toEqual({
      outcome: 'not-done',
    })
  }))
