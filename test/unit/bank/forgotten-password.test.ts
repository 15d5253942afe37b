import { afterEach, beforeEach, expect, test } from 'vitest'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 21 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

test('neither end keeps a copy of a share beside the one whose key it destroys', () =>
  runtime.run(async () => {
    const letters = await world.harbour.store.read(tx =>
      tx.all<{ digest: Uint8Array; content: Uint8Array }>(
        `SELECT digest, content FROM clearing_inbox WHERE type = 'voucher-batch'`,
      ),
    )
    expect(letters.length).toBeGreaterThan(0)
    for (const { digest, content } of letters) {
      expect(digest).toHaveLength(32)
      expect(content).toHaveLength(0)
    }
    // Nor anywhere else, nor does the payee: each record of such a letter has a text `share` (65 73…) before its bytes.
    for (const { store } of [world.harbour, world.lantern]) {
      expect(Buffer.from(await store.snapshot()).includes(Buffer.from('eshare'))).toBe(false)
    }
  }))

test('a voucher that another call confirms while it is looked up is told as confirmed', () =>
  runtime.run(async () => {
    const { buyer, sale } = world.vouchers.unconfirmed
    const open = world.recordKeys.open
    world.recordKeys.open = async record => {
      world.recordKeys.open = open
      await world.bank.confirmHeard({ buyer, voucher: sale })
      return open(record)
    }
    const vouchers = await world.bank.vouchers(buyer)
    expect(vouchers.map(({ state }) => state)).toEqual(Array(3).fill('confirmed'))
  }))

test('a bank whose stock has lost its keys, as a restored backup has, does not start to take money for it', () =>
  runtime.run(async () => {
    const [record] = await world.harbour.store.read(tx =>
      tx.all<{ key: string }>(`SELECT password_key AS key FROM stock WHERE state = 'in stock' LIMIT 1`),
    )
    await world.restart('bank')
    await world.recordKeys.destroy([record?.key ?? ''])
    await expect(world.restart('bank')).rejects.toThrow('1 vouchers cannot be told')
  }))
