/** What a bank does about orders that are refused: it knows why, tells people, and orders anew, at pauses that grow. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { alarms } from '../../../src/alarm.ts'
import { bankTables } from '../../../src/bank/tables.ts'
import { openStore } from '../../../src/store/open.ts'
import { institutionId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 37 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

const minute = 60_000

type Order = { readonly refusal: string | null; readonly batch: string | null }

/** Of ¥500, of which the bank has none in stock. */
const orders = () =>
  world.harbour.store.read(tx =>
    tx.all<Order>('SELECT refusal, batch FROM stock_order WHERE minor = 50000 ORDER BY ordered_at'),
  )

/** The bank looks at its stock, and whatever it orders is answered. */
async function replenish(): Promise<number> {
  await world.harbour.teller.replenish()
  await world.harbour.mail.idle()
  await world.lantern.ordersFilled()
  await world.lantern.mail.idle()
  return (await orders()).length
}

const only = (denominations: readonly bigint[]) => world.reconfigureMerchant({ denominations: [...denominations] })

test('a refused order is closed with its reason, raises an alarm, and is ordered anew at pauses that grow', () =>
  runtime.run(async () => {
    await only([2_000n])
    expect(await replenish()).toBe(1)
    expect(await orders()).toEqual([{ refusal: 'there are no vouchers of this amount', batch: null }])
    const raised = await world.harbour.store.read(tx => alarms(tx, institutionId('harbour')))
    expect(raised.map(({ kind }) => kind)).toContain('order-refused')
    expect(raised.find(({ kind }) => kind === 'order-refused')?.detail).toMatch(
      /^order [0-9a-f]{32} of 6 × 50000 CNY: there are no vouchers of this amount$/,
    )
    // Ten minutes, then twenty, then forty.
    for (const [i, pause] of [10, 20, 40].entries()) {
      expect(await replenish()).toBe(i + 1)
      await runtime.sleep((pause - 1) * minute)
      expect(await replenish()).toBe(i + 1)
      await runtime.sleep(2 * minute)
      expect(await replenish()).toBe(i + 2)
    }
    // In stock at last: what was refused before counts no more.
    await only([2_000n, 50_000n])
    await runtime.sleep(80 * minute)
    expect(await replenish()).toBe(5)
    expect((await orders()).at(-1)).toEqual({ refusal: null, batch: expect.stringMatching(/^[0-9a-f]{32}$/) })
    expect(await replenish()).toBe(5)
  }))

test('a pause lasts a day at most, and a clock that was set back ends it', () =>
  runtime.run(async () => {
    await only([2_000n])
    for (let i = 0; i < 15; i++) {
      expect(await replenish()).toBe(i + 1)
      await runtime.sleep(24 * 60 * minute + minute)
    }
    runtime.jumpWallClock(-48 * 60 * minute)
    expect(await replenish()).toBe(16)
  }))

test('a bank whose order was refused before 0.2.0, and stayed open, orders anew', () =>
  runtime.run(async () => {
    const before = bankTables.filter(({ room }) => !room.startsWith('bank-'))
    const old = openStore({ runtime, at: { memory: 'empty' }, migrations: before })
    const [refused, waiting] = ['aa'.repeat(16), 'bb'.repeat(16)]
    await old.execute(async tx => {
      for (const [i, id] of [refused, waiting].entries()) {
        await tx.run(
          `INSERT INTO stock_order (tenant, id, payee, minor, asset, scale, count, ordered_at)
           VALUES ('harbour', ?, 'lantern', ?, 'CNY', 2, 6, 5)`,
          id,
          BigInt(i + 1) * 1_000n,
        )
        await tx.run(
          `INSERT INTO clearing_outbox (tenant, peer, epoch, sequence, type, content, outcome, receipt)
           VALUES ('harbour', 'lantern', 1, ?, 'stock-order', ?, ?, ?)`,
          BigInt(i + 1),
          Buffer.from(`order ${id}`),
          id === refused ? 'refused' : null,
          id === refused ? Buffer.from('receipt') : null,
        )
      }
    })
    const now = openStore({ runtime, at: { memory: await old.snapshot() }, migrations: bankTables })
    const rows = await now.read(tx =>
      tx.all('SELECT id, letter_sequence, refusal FROM stock_order ORDER BY letter_sequence'),
    )
    expect(rows).toEqual([
      { id: refused, letter_sequence: 1n, refusal: 'refused by the payee' },
      { id: waiting, letter_sequence: 2n, refusal: null },
    ])
    await old.close()
    await now.close()
  }))

test('an order whose batch never came is closed after three days', () =>
  runtime.run(async () => {
    const { store } = world.harbour
    await store.execute(tx =>
      tx.run(
        `INSERT INTO stock_order (tenant, id, payee, minor, asset, scale, count, ordered_at)
         VALUES ('harbour', ?, 'lantern', 50000, 'CNY', 2, 6, ?)`,
        'cc'.repeat(16),
        BigInt(runtime.wallNow()),
      ),
    )
    await runtime.sleep(71 * 60 * minute)
    expect(await replenish()).toBe(1)
    await runtime.sleep(2 * 60 * minute)
    await replenish()
    expect((await orders())[0]?.refusal).toBe('no batch came')
    await runtime.sleep(11 * minute)
    expect(await replenish()).toBe(2)
  }))
