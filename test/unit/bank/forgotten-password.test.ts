import { afterEach, beforeEach, expect, test } from 'vitest'
import { alarms } from '../../../src/alarm.ts'
import { yuan } from '../../../src/money.ts'
import { aPhone, institutionId, intentId } from '../../support/ids.ts'
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

test('a bank whose stock has lost its keys, as a restored backup has, opens, sells none of it and orders anew', () =>
  runtime.run(async () => {
    const { unconfirmed } = world.vouchers
    const rows = await world.harbour.store.read(tx =>
      tx.all<{ key: string; number: string }>(
        `SELECT password_key AS key, number FROM stock WHERE minor = 2000 AND state = 'in stock'`,
      ),
    )
    const [sold] = await world.harbour.store.read(tx =>
      tx.all<{ key: string }>('SELECT password_key AS key FROM stock WHERE number = ?', unconfirmed.number),
    )
    await world.restart('bank')
    await world.recordKeys.destroy([...rows.map(({ key }) => key), sold?.key ?? ''])
    await world.restart('bank')
    await world.harbour.recovery.begun
    const raised = await world.harbour.store.read(tx => alarms(tx, institutionId('harbour')))
    expect(raised.map(({ kind }) => kind)).toEqual(['record-keys-lost', 'record-keys-lost'])
    expect((await world.bank.vouchers(unconfirmed.buyer)).map(({ number }) => number)).not.toContain(unconfirmed.number)

    const order = { buyer: unconfirmed.buyer, payee: institutionId('lantern'), amount: yuan(20n), channel: 'telephone' }
    const sale = await world.bank.sellVoucher({ intent: intentId('gone'), ...order, channel: 'telephone' })
    expect(sale.outcome).toBe('out-of-stock')
    await world.harbour.mail.idle()
    await world.lantern.ordersFilled()
    await world.lantern.mail.idle()
    const again = await world.bank.sellVoucher({ intent: intentId('anew'), ...order, channel: 'telephone' })
    expect(again.outcome).toBe('sold')
    await world.restart('bank')
    expect(await world.harbour.store.read(tx => alarms(tx, institutionId('harbour')))).toHaveLength(2)
  }))

test('the backup password is told to the buying account alone, as often as it asks, and reveals the password at the payee', () =>
  runtime.run(async () => {
    const { buyer, sale: voucher, number, password } = world.vouchers.confirmed
    const tell = (account: typeof buyer) => world.bank.backupPassword({ buyer: account, voucher })
    expect(await tell(world.customers.bo.account)).toEqual({ outcome: 'unknown-voucher' })
    const told = await tell(buyer)
    if (told.outcome !== 'told') throw new Error(told.outcome)
    const { backup } = told
    expect(backup.reveal()).toMatch(/^\d{12}$/)
    await world.restart('bank')
    const again = await tell(buyer)
    expect(again.outcome === 'told' && again.backup.reveal()).toBe(backup.reveal())
    expect(Buffer.from(await world.harbour.store.snapshot()).includes(backup.reveal())).toBe(false)

    const revealed = await world.merchant.revealPassword({ number, backup, origin: aPhone })
    expect(revealed.outcome === 'revealed' && revealed.password.reveal()).toBe(password)
  }))

test('a backup password whose key is gone is not told, and no other in its place', () =>
  runtime.run(async () => {
    const { buyer, sale: voucher } = world.vouchers.confirmed
    const rows = await world.harbour.store.read(tx =>
      tx.all<{ key: string; number: string }>('SELECT backup_key AS key, number FROM stock'),
    )
    const keyOf = (number: string) => rows.find(row => row.number === number)?.key ?? ''
    await world.recordKeys.destroy([keyOf(world.vouchers.confirmed.number)])
    expect(await world.bank.backupPassword({ buyer, voucher })).toEqual({ outcome: 'gone' })
    // Nor is one told that was put in another's row.
    await world.harbour.store.execute(tx =>
      tx.run(
        `UPDATE stock SET (backup_key, backup_sealed) =
           (SELECT backup_key, backup_sealed FROM stock AS other WHERE other.number = ?) WHERE number = ?`,
        world.vouchers.locked.number,
        world.vouchers.confirmed.number,
      ),
    )
    await expect(world.bank.backupPassword({ buyer, voucher })).rejects.toThrow()
  }))
