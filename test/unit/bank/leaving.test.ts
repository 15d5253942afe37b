/** A bank leaves a payee: what it has not sold is withdrawn for ever, what it sold stays money. And how a payee splits its register. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { alarms } from '../../../src/alarm.ts'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, institutionId, intentId } from '../../support/ids.ts'
import { faultsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 76 })
  world = await runtime.run(() => openWorld({ runtime }))
})
afterEach(() => runtime.run(() => world.close()))

const lantern = institutionId('lantern')
const harbour = institutionId('harbour')

async function leave() {
  const left = await bothSign(world.harbour, runtime, world.staff, 'leave-payee', { payee: 'lantern' })
  await world.harbour.mail.idle()
  await world.lantern.mail.idle()
  return left
}

const count = async (where: 'harbour' | 'lantern', sql: string) =>
  (await world[where].store.read(tx => tx.one<{ n: bigint }>(`SELECT count(*) AS n FROM ${sql}`)))?.n

const buying = (name: string) => {
  const { account: buyer } = world.customers.ada
  return { intent: intentId(name), buyer, payee: lantern, amount: yuan(50n), channel: 'telephone' } as const
}

const listed = (body: { batch: string; serials: bigint[] }) =>
  world.harbour.store.execute(tx =>
    writeLetter(tx, { from: harbour, to: lantern, type: 'records-unsold', body: { leaving: 'f'.repeat(64), ...body } }),
  )

test('a bank that leaves sells nothing more, its unsold records are withdrawn, and what it sold can be paid with', () =>
  runtime.run(async () => {
    const unsold = await count('harbour', `stock WHERE state = 'in stock'`)
    expect(unsold).toBeGreaterThan(0n)
    expect(await leave()).toMatchObject({ done: true, outcome: 'left' })
    expect(await count('harbour', `stock WHERE state = 'in stock'`)).toBe(0n)
    expect(await count('lantern', 'withdrawn_record')).toBe(unsold)
    expect(await world.bank.sellVoucher(buying('late'))).toMatchObject({ outcome: 'out-of-stock', nearest: [] })
    await world.harbour.teller.replenish()
    expect(await count('harbour', 'stock_order WHERE batch IS NULL AND refused_at IS NULL')).toBe(0n)
    const { number, password } = world.vouchers.confirmed
    const opening = await world.merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })
    expect(opening.outcome).toBe('open')
    expect(await leave()).toMatchObject({ done: false, outcome: 'has-left' })
    expect((await faultsOf(world)).filter(fault => !fault.includes('order-refused'))).toEqual([])
  }))

test('a withdrawn record is never sold again: its activation is refused', () =>
  runtime.run(async () => {
    await leave()
    await world.harbour.store.execute(tx =>
      tx.run(
        `UPDATE stock SET state = 'in stock' WHERE number = (SELECT number FROM stock WHERE state = 'unsellable' AND minor = 5000 LIMIT 1)`,
      ),
    )
    expect(await world.bank.sellVoucher(buying('again'))).toMatchObject({ outcome: 'sold' })
    await world.harbour.mail.idle()
    const [refusal] = await world.harbour.store.read(tx =>
      tx.all<{ reason: string }>('SELECT reason FROM refused_activation'),
    )
    expect(refusal?.reason).toBe('a record that this bank listed as unsold')
  }))

test('a batch that was on its way when the bank left is refused', () =>
  runtime.run(async () => {
    await world.harbour.store.execute(tx => tx.run(`UPDATE stock SET state = 'unsellable' WHERE state = 'in stock'`))
    await world.harbour.teller.replenish()
    expect(await count('harbour', 'stock_order WHERE batch IS NULL AND refused_at IS NULL')).toBeGreaterThan(0n)
    await bothSign(world.harbour, runtime, world.staff, 'leave-payee', { payee: 'lantern' })
    await world.harbour.mail.idle()
    await world.lantern.ordersFilled()
    await world.lantern.mail.idle()
    expect(await count('harbour', `stock WHERE state = 'in stock'`)).toBe(0n)
    const found = await world.lantern.store.read(tx => alarms(tx, lantern))
    expect(found.map(({ detail }) => detail).join()).toContain('this bank has left')
  }))

test.each([
  ['a sold record', 'a record that was sold', `sale IS NOT NULL`],
  ['a record of no batch of this bank', 'not a record of this bank', undefined],
] as const)('a list with %s is refused as a whole, and both ends are told', (_, why, where) =>
  runtime.run(async () => {
    const [unsold] = await world.lantern.store.read(tx =>
      tx.all<{ batch: string; serial: bigint }>(`SELECT batch, serial FROM voucher WHERE state = 'issued' LIMIT 1`),
    )
    const [other] = await world.lantern.store.read(tx =>
      tx.all<{ batch: string; serial: bigint }>(`SELECT batch, serial FROM voucher WHERE ${where ?? '1'} LIMIT 1`),
    )
    const batch = other?.batch ?? ''
    await listed({
      batch,
      serials: [...(unsold?.batch === batch ? [unsold.serial] : []), where ? (other?.serial ?? 0n) : 499n],
    })
    await world.harbour.mail.idle()
    world.harbour.mail.wake()
    await world.harbour.mail.idle()
    expect(await count('lantern', 'withdrawn_record')).toBe(0n)
    const found = await world.harbour.store.read(tx => alarms(tx, harbour))
    expect(found.map(({ detail }) => detail)).toContainEqual(expect.stringContaining(why))
  }),
)

test.each([
  [
    'a withdrawn voucher that lives',
    'lantern',
    `UPDATE voucher SET state = 'active', sale = 'x' WHERE number = (SELECT number FROM withdrawn_record LIMIT 1)`,
    'it was withdrawn',
  ],
  [
    'a withdrawn voucher that nobody listed',
    'lantern',
    `INSERT INTO withdrawn_record SELECT tenant, number, '${'a'.repeat(64)}', 0 FROM voucher WHERE sale IS NOT NULL LIMIT 1`,
    'no letter of its bank lists it',
  ],
  [
    'a record in stock of a payee that the bank left',
    'harbour',
    `UPDATE stock SET state = 'in stock' WHERE state = 'unsellable'`,
    'has a record of it in stock',
  ],
  [
    'a leaving that nobody decided',
    'harbour',
    `INSERT INTO payee_left VALUES ('harbour', 'quill', 'x', 0, 0)`,
    'two people did not decide that this bank leaves it',
  ],
] as const)('the audit finds %s', (_, where, tampering, found) =>
  runtime.run(async () => {
    await leave()
    await world[where].store.execute(tx => tx.run(tampering))
    expect(await faultsOf(world)).toContainEqual(expect.stringContaining(found))
  }),
)

test('a payee that splits by share fills orders up to a bank’s share, and refuses what is above it', () =>
  runtime.run(async () => {
    const had = await count('lantern', `voucher WHERE bank = 'harbour' AND minor = 5000 AND state = 'issued'`)
    const order = (id: string, count: number) => {
      const body = { order: id.repeat(32), payee: lantern, amount: yuan(50n), count }
      return world.harbour.store.execute(tx =>
        writeLetter(tx, { from: harbour, to: lantern, type: 'stock-order', body }),
      )
    }
    // Half of it is this bank's: two records more than it has.
    await world.reconfigureMerchant({
      register: { perAmount: (Number(had) + 2) * 2, shares: { harbour: 1, garden: 1 } },
    })
    await order('a', 3)
    await order('b', 2)
    await order('c', 1)
    world.harbour.mail.wake()
    await world.harbour.mail.idle()
    const taken = await world.lantern.store.read(tx =>
      tx.all<{ id: string }>(
        `SELECT id FROM batch_order WHERE id IN (?, ?, ?)`,
        'a'.repeat(32),
        'b'.repeat(32),
        'c'.repeat(32),
      ),
    )
    expect(taken.map(({ id }) => id[0])).toEqual(['b'])
  }))
