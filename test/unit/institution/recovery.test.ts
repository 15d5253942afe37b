/**
 * Books that were put back, by whatever way: the institution finds out by itself, writes nothing under old numbers, gets from
 * its counterparties what they have, and keeps closed what was alive before two people have looked at it; new ones work.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { alarms } from '../../../src/alarm.ts'
import type { Sale } from '../../../src/bank/bank.ts'
import type { VoucherNumber } from '../../../src/ids.ts'
import { losses } from '../../../src/institution/gap.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, institutionId, intentId } from '../../support/ids.ts'
import { posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const harbour = institutionId('harbour')
const lantern = institutionId('lantern')
let world: World
let runtime: VirtualRuntime
let isCutOff = false
let onReached: (point: string) => void
beforeEach(async () => {
  isCutOff = false
  onReached = () => {}
  runtime = new VirtualRuntime({ seed: 11, onReached: point => onReached(point) })
  world = await openWorld({ runtime, weather: { next: () => (isCutOff ? { lost: 'there' } : {}) } })
})
afterEach(() => world.close())

async function buy(name: string) {
  const sale = await world.bank.sellVoucher({
    intent: intentId(name),
    buyer: world.customers.ada.account,
    payee: lantern,
    amount: yuan(50n),
    channel: 'telephone',
  })
  if (sale.outcome !== 'sold') throw new Error(sale.outcome)
  return sale.voucher
}
const letters = async () => {
  await world.harbour.mail.idle()
  await world.lantern.mail.idle()
}
const raised = (who: 'bank' | 'merchant') => {
  const { store } = who === 'bank' ? world.harbour : world.lantern
  return store.read(async tx => (await alarms(tx, who === 'bank' ? harbour : lantern)).map(({ kind }) => kind))
}
const open = (voucher: { number: VoucherNumber; password: Secret }) =>
  world.merchant.openVoucher({ number: voucher.number, password: voucher.password, origin: aPhone })
const release = (who: 'bank' | 'merchant', request: unknown = {}) =>
  who === 'bank'
    ? bothSign(world.harbour, runtime, world.staff, 'release-recovery', request)
    : bothSign(world.lantern, runtime, world.shopStaff, 'release-recovery', request)
const worth = (account: string) => posted(world.lantern.store, account)

describe("a payee's books that were put back", () => {
  test('keep closed what was alive, which comes again, and sell and take new vouchers at once', () =>
    runtime.run(async () => {
      const old = { ...world.vouchers.confirmed, password: new Secret(world.vouchers.confirmed.password) }
      const before = await world.lantern.store.snapshot()
      const voucher = await buy('after the backup')
      await letters()
      const opened = await open(voucher)
      if (opened.outcome !== 'open') throw new Error(opened.outcome)
      const spent = { intent: intentId('lost'), session: opened.session, amount: yuan(50n) }
      expect(await world.merchant.pay(spent)).toMatchObject({ outcome: 'paid' })

      await world.putBack('merchant', before)
      expect(await world.lantern.recovery.begun).toBe('closed')
      await world.lantern.recovery.open
      expect(await raised('merchant')).toContain('books-went-back')
      const [loss] = await world.lantern.store.read(tx => losses(tx, lantern))
      expect(loss).toMatchObject({ epoch: 2n, heldBy: 'harbour', releasedAt: undefined })
      await letters()
      await letters()
      expect(await raised('bank')).toContain('peer-recovered')
      expect(await raised('bank')).not.toContain('forked-log')

      expect(await worth(`voucher-liability:${voucher.number}`), 'its activation was sent again').toBe(5_000n)
      expect(await open(voucher), 'it was spent in the lost books').toEqual({ outcome: 'under-review' })
      expect(await open(old)).toEqual({ outcome: 'under-review' })
      expect(await open({ ...old, password: new Secret('19283746') }), 'the word is for its owner').toEqual({
        outcome: 'refused',
      })
      const later = await buy('sold since')
      await letters()
      expect(await open(later), 'a record that was sold since').toMatchObject({ outcome: 'open' })

      // The payment that is lost is known from its slip, and the rest of the vouchers were not touched.
      const taken = { of: { voucher: voucher.number }, way: 'take', minor: 5_000n, why: 'paid on slip 104' }
      expect(await bothSign(world.lantern, runtime, world.shopStaff, 'book-loss', taken)).toMatchObject({ done: true })
      expect(await release('merchant', { voucher: voucher.number })).toMatchObject({ done: true })
      expect(await open(voucher)).toEqual({ outcome: 'exhausted' })
      expect(await open(old), 'one is released, not the others').toEqual({ outcome: 'under-review' })
      expect(await release('merchant')).toMatchObject({ done: true })
      expect(await open(old)).toMatchObject({ outcome: 'open' })
      expect(await worth('recovery-loss')).toBe(-5_000n)
      expect(await world.audited()).toEqual([])
    }))

  test('lose a batch that the bank has: from the announcement on it sells none of it, before the new one is there', () =>
    runtime.run(async () => {
      const before = await world.lantern.store.snapshot()
      await world.harbour.teller.replenish()
      await letters()
      await world.lantern.ordersFilled()
      await letters()
      const wanted = {
        intent: intentId('of the lost batch'),
        buyer: world.customers.cai.account,
        payee: lantern,
      } as const
      let sale: Promise<Sale> | undefined
      onReached = point => {
        if (point === 'new-epoch.received')
          sale ??= world.bank.sellVoucher({ ...wanted, amount: yuan(500n), channel: 'telephone' })
      }
      await world.putBack('merchant', before)
      await world.lantern.recovery.open
      await letters()
      expect(await sale).toMatchObject({ outcome: 'out-of-stock' })
      expect(await buy('of a batch that both have')).toBeDefined()
      expect(await world.audited()).toEqual([])
    }))

  test('stay closed over another start, until they are released', () =>
    runtime.run(async () => {
      const before = await world.lantern.store.snapshot()
      await buy('after the backup')
      await letters()
      await world.putBack('merchant', before)
      await world.lantern.recovery.begun
      await letters()
      await world.restart('merchant')
      expect(await world.lantern.recovery.begun).toBe('closed')
      expect(await world.lantern.store.read(tx => losses(tx, lantern))).toHaveLength(1)
      const released = await bothSign(world.lantern, runtime, world.shopStaff, 'release-recovery', {})
      expect(released.outcome).toBe('released')
      await letters()
      await world.restart('merchant')
      expect(await world.lantern.recovery.begun).toBe('open')
    }))

  test('lose a batch that the bank has: it sells no more of it, and stocks the one that is made anew', () =>
    runtime.run(async () => {
      const stock = () =>
        world.harbour.store.read(tx =>
          tx.all<{ state: string; n: bigint }>(
            `SELECT state, count(*) AS n FROM stock WHERE minor = 50000 GROUP BY state ORDER BY state`,
          ),
        )
      const before = await world.lantern.store.snapshot()
      await world.harbour.teller.replenish()
      await letters()
      await world.lantern.ordersFilled()
      await letters()
      const [{ n = 0n } = {}] = await stock()
      expect(n).toBeGreaterThan(0n)
      await world.putBack('merchant', before)
      await world.lantern.recovery.open
      for (let i = 0; i < 3; i++) {
        await letters()
        await world.lantern.ordersFilled()
      }
      await letters()
      expect(await stock()).toEqual([
        { state: 'in stock', n },
        { state: 'unsellable', n },
      ])
      expect(await raised('merchant')).not.toContain('letter-refused')
      const { customers, bank } = world
      const asked = { intent: intentId('of the new batch'), buyer: customers.cai.account, payee: lantern } as const
      const sale = await bank.sellVoucher({ ...asked, amount: yuan(500n), channel: 'telephone' })
      if (sale.outcome !== 'sold') throw new Error(sale.outcome)
      await letters()
      expect(await open(sale.voucher)).toMatchObject({ outcome: 'open' })
      expect(await world.audited()).toEqual([])
    }))
})

describe("a bank's books that were put back", () => {
  test('number their letters anew, so that the payee takes the next activation', () =>
    runtime.run(async () => {
      const before = await world.harbour.store.snapshot()
      await buy('lost')
      await letters()
      await world.putBack('bank', before)
      expect(await world.harbour.recovery.begun).toBe('closed')
      await release('bank')
      await world.harbour.teller.replenish()
      await letters()
      await world.lantern.ordersFilled()
      await letters()
      await buy('after it')
      await letters()
      expect(await raised('merchant')).toContain('peer-recovered')
      expect(await raised('merchant')).not.toContain('other-content')
      expect(await raised('bank')).not.toContain('accused-of-other-content')
    }))

  test('keep their accounts closed, sell no record that may be sold, and open new accounts at once', () =>
    runtime.run(async () => {
      const before = await world.harbour.store.snapshot()
      const lost = await buy('lost')
      await letters()
      await world.putBack('bank', before)
      expect(await world.harbour.recovery.begun).toBe('closed')
      expect(await world.bank.signIn(asAda())).toEqual({ outcome: 'under-review' })
      expect(await world.bank.signIn({ ...asAda(), pin: new Secret('918273') })).toMatchObject({ outcome: 'refused' })
      const account = await world.harbour.teller.drawAccountNumber()
      const pin = new Secret('482917')
      await world.harbour.teller.openCustomer({ account, name: { en: 'New', zh: '新' }, pin })
      expect(await world.bank.signIn({ account, pin, origin: aPhone })).toMatchObject({ outcome: 'signed-in' })
      await bothSign(world.harbour, runtime, world.staff, 'pay-in', { account, minor: 20_000n })
      const order = { buyer: account, payee: lantern, amount: yuan(50n), channel: 'telephone' } as const
      expect(await world.bank.sellVoucher({ intent: intentId('early'), ...order })).toMatchObject({
        outcome: 'out-of-stock',
      })
      await letters()
      await world.lantern.ordersFilled()
      await letters()
      const sale = await world.bank.sellVoucher({ intent: intentId('new'), ...order })
      expect(sale).toMatchObject({ outcome: 'sold' })
      expect(sale.outcome === 'sold' && sale.voucher.number).not.toBe(lost.number)

      // Ada shows what she bought: her money goes where the voucher is owed.
      const ada = { account: world.customers.ada.account }
      const book = (of: object, way: string) =>
        bothSign(world.harbour, runtime, world.staff, 'book-loss', {
          of,
          way,
          minor: 5_000n,
          why: `voucher ${lost.number}`,
        })
      expect(await book(ada, 'take')).toMatchObject({ outcome: 'booked' })
      expect(await book({ payee: lantern }, 'give')).toMatchObject({ outcome: 'booked' })
      expect(await book({ account: world.unknownAccount }, 'give')).toMatchObject({ done: false })
      expect(await release('bank', ada)).toMatchObject({ outcome: 'released' })
      expect(await world.bank.signIn(asAda())).toMatchObject({ outcome: 'signed-in' })
      expect((await world.bank.recentTransactions(ada.account, 1))[0]).toMatchObject({ kind: 'recovery-loss' })
      expect(await posted(world.harbour.store, 'recovery-loss')).toBe(0n)
      expect(await world.audited()).toEqual([])
      await world.harbour.store.execute(tx => tx.run("UPDATE recovery SET released_at = 1, proposal = 'nobody'"))
      expect(await world.audited()).toEqual([expect.stringContaining('two people did not decide to release it')])
    }))

  test('close an order whose batch is lost with them, so that the amount is ordered anew the same day', () =>
    runtime.run(async () => {
      await world.harbour.teller.replenish()
      const before = await world.harbour.store.snapshot()
      await letters()
      await world.lantern.ordersFilled()
      await letters()
      await world.putBack('bank', before)
      await world.harbour.recovery.begun
      await letters()
      await letters()
      await runtime.sleep(20 * 60_000)
      await world.harbour.teller.replenish()
      await letters()
      await world.lantern.ordersFilled()
      await letters()
      const inStock = await world.harbour.store.read(tx =>
        tx.all<{ minor: bigint }>(`SELECT DISTINCT minor FROM stock WHERE state = 'in stock' ORDER BY minor`),
      )
      expect(inStock.map(({ minor }) => minor)).toEqual([2_000n, 5_000n, 10_000n, 20_000n, 50_000n])
    }))

  test('are found out late when the payee was away: whoever is signed in can do nothing more', () =>
    runtime.run(async () => {
      const before = await world.harbour.store.snapshot()
      await buy('lost')
      await letters()
      isCutOff = true
      await world.putBack('bank', before)
      expect(await world.harbour.recovery.begun, 'one dead peer never closes a bank').toBe('open')
      expect(await world.bank.signIn(asAda())).toMatchObject({ outcome: 'signed-in' })
      isCutOff = false
      await world.harbour.recovery.closedAgain
      expect(await raised('bank')).toContain('books-went-back')
      const { ada, bo } = world.customers
      const order = { from: ada.account, to: bo.account, amount: yuan(1n), channel: 'telephone' } as const
      const sent = await world.bank.transfer({ intent: intentId('late'), ...order })
      expect(sent).toEqual({ outcome: 'under-review' })
    }))
})

test('books that end where the backup ends, or went on, are opened without a word', () =>
  runtime.run(async () => {
    await buy('one')
    await letters()
    await world.restart('bank')
    await world.restart('merchant')
    expect(await world.harbour.recovery.begun).toBe('open')
    expect(await world.lantern.recovery.begun).toBe('open')
    expect(await raised('bank')).toEqual([])
    expect(await bothSign(world.harbour, runtime, world.staff, 'release-recovery', {})).toMatchObject({
      done: false,
      outcome: 'nothing-closed',
    })
    expect(await world.bank.signIn(asAda())).toMatchObject({ outcome: 'signed-in' })
  }))

const asAda = () => {
  const { account, pin } = world.customers.ada
  return { account, pin: new Secret(pin), origin: aPhone }
}
