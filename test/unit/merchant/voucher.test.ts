import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { VoucherNumber } from '../../../src/ids.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, institutionId, intentId, voucherNumber } from '../../support/ids.ts'
import type { Weather } from '../../support/in-process-mail.ts'
import { faultsOf } from '../../support/proof.ts'
import { passwordInStock } from '../../support/stock-passwords.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { type KnownVoucher, openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
let away = false
const weather: Weather = { next: () => (away ? { lost: 'there' } : {}) }
beforeEach(async () => {
  away = false
  runtime = new VirtualRuntime({ seed: 3 })
  world = await openWorld({ runtime, weather })
})
afterEach(() => {
  away = false
  return world.close()
})

const open = (number: VoucherNumber, password: string) =>
  world.merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })

async function session({ number, password }: Pick<KnownVoucher, 'number' | 'password'>) {
  const opening = await open(number, password)
  if (opening.outcome !== 'open') throw new Error(opening.outcome)
  return opening.session
}

async function buy() {
  const { account } = world.customers.ada
  const sale = await world.bank.sellVoucher({
    intent: intentId('new'),
    buyer: account,
    payee: institutionId('lantern'),
    amount: yuan(20n),
    channel: 'telephone',
  })
  if (sale.outcome !== 'sold') throw new Error(sale.outcome)
  return { number: sale.voucher.number, password: sale.voucher.password.reveal() }
}

/** As an attacker with a printed list of numbers would have it. */
const wrong = (password: string) => (password === '73916405' ? '73916406' : '73916405')

describe('opening a voucher', () => {
  test('with its password shows what is left', () =>
    runtime.run(async () => {
      const { number, password } = world.vouchers.confirmed
      expect(await open(number, password)).toMatchObject({ outcome: 'open', remaining: yuan(50n) })
    }))

  test('a number of another payee says so; unknown, unsold, locked and wrong are one answer', () =>
    runtime.run(async () => {
      const { confirmed, locked } = world.vouchers
      expect(await open(voucherNumber('61811029384756'), confirmed.password)).toEqual({ outcome: 'bad-number' })
      const refused = { outcome: 'refused' }
      expect(await open(confirmed.number, wrong(confirmed.password))).toEqual(refused)
      expect(await open(world.unsoldNumber, confirmed.password)).toEqual(refused)
      expect(await open(world.unknownNumber, confirmed.password)).toEqual(refused)
      expect(await open(locked.number, locked.password)).toEqual(refused)
    }))

  test('three wrong passwords lock it, over restarts; who opened it before goes on', () =>
    runtime.run(async () => {
      const { confirmed } = world.vouchers
      await open(confirmed.number, wrong(confirmed.password))
      await world.restart('merchant')
      const before = await session(confirmed)
      for (let i = 0; i < 3; i++) await open(confirmed.number, wrong(confirmed.password))
      expect(await open(confirmed.number, confirmed.password)).toEqual({ outcome: 'refused' })
      const paid = await world.merchant.pay({ intent: intentId('1'), session: before, amount: yuan(1n) })
      expect(paid).toMatchObject({ outcome: 'paid', remaining: yuan(49n) })
      expect(await world.merchant.balance(before)).toMatchObject({ outcome: 'open', remaining: yuan(49n) })
      const all = await world.merchant.pay({ intent: intentId('all'), session: before, amount: yuan(49n) })
      expect(all).toMatchObject({ outcome: 'paid', remaining: yuan(0n) })
      await world.restart('merchant')
      expect(await open(confirmed.number, confirmed.password)).toEqual({ outcome: 'refused' })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('unknown and unsold numbers run out of tries too, and a sale gives all of them back', () =>
    runtime.run(async () => {
      const tries = (number: string) =>
        world.lantern.store.read(tx => tx.one<{ used: bigint }>('SELECT used FROM tries WHERE subject = ?', number))
      // The record that the next buyer gets, as only the bank's database knows.
      const [next] = await world.harbour.store.read(tx =>
        tx.all<{ number: VoucherNumber }>(
          `SELECT number FROM stock WHERE minor = 2000 AND state = 'in stock' ORDER BY shuffle LIMIT 1`,
        ),
      )
      for (const number of [world.unknownNumber, next?.number ?? world.unsoldNumber]) {
        for (let i = 0; i < 4; i++) await open(number, '73916405')
        expect((await tries(number))?.used).toBe(3n)
      }
      const bought = await buy()
      expect(bought.number).toBe(next?.number)
      await world.harbour.mail.idle()
      expect(await tries(bought.number)).toBeUndefined()
      expect(await open(bought.number, bought.password)).toMatchObject({ outcome: 'open' })
    }))

  test('a crowd that guesses at once gets three tries, not more', () =>
    runtime.run(async () => {
      const { number, password } = world.vouchers.confirmed
      const answers = await Promise.all(Array.from({ length: 4 }, () => open(number, wrong(password))))
      expect(answers.filter(({ outcome }) => outcome === 'refused')).toHaveLength(4)
      expect(await open(number, password)).toEqual({ outcome: 'refused' })
    }))
})

describe('a voucher whose activation has not come', () => {
  test('opens when its bank, asked after the password, says that it is sold', () =>
    runtime.run(async () => {
      away = true
      const bought = await buy()
      await runtime.sleep(50)
      // The letter is lost; the question gets through.
      away = false
      expect(await open(bought.number, bought.password)).toMatchObject({ outcome: 'open', remaining: yuan(20n) })
      await world.harbour.mail.idle()
      expect(await faultsOf(world)).toEqual([])
    }))

  test('is refused, and no try is counted, while its bank is out of reach', () =>
    runtime.run(async () => {
      away = true
      const bought = await buy()
      for (let i = 0; i < 4; i++) expect(await open(bought.number, bought.password)).toEqual({ outcome: 'refused' })
      away = false
      expect(await open(bought.number, bought.password)).toMatchObject({ outcome: 'open' })
    }))

  test('is refused, and the try counted, when its bank says that it is not sold', () =>
    runtime.run(async () => {
      const number = world.unsoldNumber
      const password = (await passwordInStock(world, number)) ?? ''
      expect(await open(number, password)).toEqual({ outcome: 'refused' })
      const row = await world.lantern.store.read(tx =>
        tx.one<{ used: bigint }>('SELECT used FROM tries WHERE subject = ?', number),
      )
      expect(row?.used).toBe(1n)
    }))
})

describe('paying', () => {
  test('takes value once for each intent, to the last fen', () =>
    runtime.run(async () => {
      const { confirmed } = world.vouchers
      const now = await session(confirmed)
      const pay = (name: string, whole: bigint) =>
        world.merchant.pay({ intent: intentId(name), session: now, amount: yuan(whole) })
      const first = await pay('1', 20n)
      expect(first).toMatchObject({ outcome: 'paid', amount: yuan(20n), remaining: yuan(30n) })
      expect(await pay('1', 20n)).toEqual(first)
      expect(await pay('1', 21n)).toEqual({ outcome: 'intent-reused' })
      expect(await pay('2', 31n)).toEqual({ outcome: 'insufficient-value', remaining: yuan(30n) })
      const second = await pay('3', 20n)
      expect(second).not.toMatchObject({ reference: first.outcome === 'paid' && first.reference })
      const last = await pay('4', 10n)
      expect(last).toMatchObject({ outcome: 'paid', remaining: yuan(0n), reference: expect.stringMatching(/^\d{6}$/) })
      // The answer was lost: the same question has the same answer, though nothing is left.
      expect(await pay('4', 10n)).toEqual(last)
      expect(await world.merchant.balance(now)).toMatchObject({ outcome: 'open', remaining: yuan(0n) })
      const past = await world.merchant.lastPayments(now, 2)
      expect(past).toMatchObject({ outcome: 'open', payments: [{ amount: yuan(10n) }, { amount: yuan(20n) }] })
      expect(await open(confirmed.number, confirmed.password)).toEqual({ outcome: 'exhausted' })
      expect(await world.merchant.resolve({ intent: intentId('4'), principal: confirmed.number })).toMatchObject({
        outcome: 'done',
        amount: yuan(10n),
        remaining: yuan(0n),
      })
      expect(await world.merchant.resolve({ intent: intentId('2'), principal: confirmed.number })).toEqual({
        outcome: 'not-done',
      })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('two at once cannot spend the same value', () =>
    runtime.run(async () => {
      const { confirmed } = world.vouchers
      const [one, two] = [await session(confirmed), await session(confirmed)]
      const paid = await Promise.all([
        world.merchant.pay({ intent: intentId('1'), session: one, amount: yuan(40n) }),
        world.merchant.pay({ intent: intentId('2'), session: two, amount: yuan(40n) }),
      ])
      expect(paid.map(({ outcome }) => outcome).sort()).toEqual(['insufficient-value', 'paid'])
    }))

  test('ends with a change of the password', () =>
    runtime.run(async () => {
      const now = await session(world.vouchers.confirmed)
      const other = await session(world.vouchers.confirmed)
      const next = new Secret('8264017359')
      await world.merchant.changePassword({ intent: intentId('change'), session: other, next })
      const paid = await world.merchant.pay({ intent: intentId('x'), session: now, amount: yuan(1n) })
      expect(paid).toEqual({ outcome: 'session-ended' })
    }))

  test('needs a session of that voucher, of this process, in its time', () =>
    runtime.run(async () => {
      const { confirmed, unconfirmed } = world.vouchers
      const now = await session(confirmed)
      const pay = (session: typeof now) => world.merchant.pay({ intent: intentId('x'), session, amount: yuan(1n) })
      const ended = { outcome: 'session-ended' }
      expect(await pay({ ...now, voucher: unconfirmed.number })).toEqual(ended)
      expect(await pay({ ...now, token: '0'.repeat(32) })).toEqual(ended)
      await runtime.sleep(3_600_000)
      expect(await pay(now)).toEqual(ended)
      const later = await session(confirmed)
      await world.restart('merchant')
      expect(await pay(later)).toEqual(ended)
    }))
})

test('nothing that the payee stores is, or contains, a password', () =>
  runtime.run(async () => {
    const database = Buffer.from(await world.lantern.store.snapshot())
    for (const { number, password } of Object.values(world.vouchers)) {
      expect(database.includes(password)).toBe(false)
      expect(database.includes(number)).toBe(true)
    }
  }))
