/**
 * What carries secrets stands in databases and change logs only under keys of one use: while a batch waits, after it was
 * taken, and after a death at any step between.
 */
import { createDecipheriv } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { alarms } from '../../../src/alarm.ts'
import { type RunningBank, start as startBank } from '../../../src/bank/start.ts'
import { type RunningMerchant, start as startMerchant } from '../../../src/merchant/start.ts'
import { yuan } from '../../../src/money.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { accountNumber, institutionId, intentId } from '../../support/ids.ts'
import { inProcessMail } from '../../support/in-process-mail.ts'
import { filesBelow, findLeaks } from '../../support/leaks/places.ts'
import { MortalRuntime } from '../../support/mortal-runtime.ts'
import { appoint, introduce } from '../../support/network/network.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const cheap = { hashCost: { memoryKiB: 8, passes: 1 }, hashing: { parallel: 4, queueLimit: 100 } }
const name = { en: 'A Name', zh: '名字' }

/** Bytes that stand before every share in the canonical form of a batch: the text `share`, and its length. */
const shareInClear = 'eshare'

test('on a disk: a batch waits sealed, and what was sold and heard is in no file, nor under any key that is left', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-sealed-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  let away = true
  const mail = inProcessMail(systemRuntime, { next: () => (away ? { lost: 'there' as const } : {}) })
  const payees = [{ id: 'lantern', number: '8001', name, denominations: [5_000n] }]
  const stock = { lowWater: 1, orderCount: 4 }
  const harbour: RunningBank = await startBank(
    { ...cheap, id: 'harbour', name, payees, stock, folder: join(folder, 'harbour') },
    systemRuntime,
    mail,
  )
  const lantern: RunningMerchant = await startMerchant(
    {
      ...cheap,
      id: 'lantern',
      name,
      numbers: { prefix: '6180' },
      denominations: [5_000n],
      folder: join(folder, 'lantern'),
    },
    systemRuntime,
    mail,
  )
  const staff = await appoint(harbour, systemRuntime)
  await introduce(systemRuntime, harbour, staff, lantern, await appoint(lantern, systemRuntime))
  // The order arrives; the batch does not leave yet.
  away = false
  await harbour.teller.replenish()
  await harbour.mail.idle()
  away = true
  await lantern.ordersFilled()
  const waits = await lantern.store.read(tx =>
    tx.all<{ content: Uint8Array }>(
      `SELECT content FROM clearing_outbox WHERE type = 'voucher-batch' AND outcome IS NULL`,
    ),
  )
  expect(waits).toHaveLength(1)
  expect(keysIn(join(folder, 'lantern'))).toHaveLength(1)
  expect(inClear(folder)).toEqual([])
  away = false
  lantern.mail.wake()
  await lantern.mail.idle()
  // Nothing at the payee opens what its log still holds.
  expect(keysIn(join(folder, 'lantern'))).toEqual([])
  expect(inClear(folder)).toEqual([])

  const account = accountNumber('6200100007')
  await harbour.teller.openCustomer({ account, name, pin: new Secret('604812') })
  await bothSign(harbour, systemRuntime, staff, 'pay-in', { account, minor: yuan(100n).minor })
  const order = { buyer: account, payee: institutionId('lantern'), amount: yuan(50n), channel: 'telephone' } as const
  const sale = await harbour.bank.sellVoucher({ intent: intentId('buy'), ...order })
  if (sale.outcome !== 'sold') throw new Error(sale.outcome)
  const password = sale.voucher.password.reveal()
  const sealed = await harbour.store.read(tx =>
    tx.one<{ password_sealed: Uint8Array }>('SELECT password_sealed FROM stock WHERE number = ?', sale.voucher.number),
  )
  const opened = () =>
    keysIn(join(folder, 'harbour')).map(key => withoutProof(key, sealed?.password_sealed ?? new Uint8Array()))
  // The control: as long as its key lives, the password is found this way.
  expect(opened()).toContain(password)
  await harbour.bank.confirmHeard({ buyer: account, voucher: sale.voucher.id })
  expect(opened()).not.toContain(password)
  const places = filesBelow(folder)
  expect(places.map(({ name }) => name).filter(file => file.endsWith('-wal')).length).toBeGreaterThan(1)
  expect(findLeaks(places, [{ what: 'password', digits: password }], new Map())).toEqual([])
  await harbour.close()
  await lantern.close()
})

function keysIn(institution: string): readonly Uint8Array[] {
  const database = new Database(join(institution, 'record-keys', 'scratch.db'), { readonly: true })
  const rows = database.prepare<[], { key: Uint8Array }>('SELECT key FROM record_key').all()
  database.close()
  return rows.map(({ key }) => key)
}

function inClear(folder: string): readonly string[] {
  return filesBelow(folder).flatMap(({ name, bytes }) => (bytes.includes(shareInClear) ? [name] : []))
}

/** What AES-GCM decrypts to when its tag is not looked at: counter mode from 2 (NIST SP 800-38D section 7.1). */
function withoutProof(key: Uint8Array, sealed: Uint8Array): string {
  const counter = Buffer.alloc(16)
  counter[15] = 2
  const decipher = createDecipheriv('aes-256-ctr', key, counter)
  return decipher.update(sealed.subarray(1, -16)).toString('latin1')
}

let world: World
let runtime: VirtualRuntime
let life: MortalRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 39 })
  life = new MortalRuntime(runtime)
  world = await openWorld({ runtime, merchantRuntime: life })
})
afterEach(() => world.close())

test.each([
  'batch.made',
  'voucher-batch.sealed',
  'batch.committed',
  'voucher-batch.sending',
  'voucher-batch.sent',
  'voucher-batch.receipted',
  'voucher-batch.key-destroyed',
])('after a death at %s the batch arrives once, and no key of a letter is left', step =>
  runtime.run(async () => {
    const before = await stockOf500()
    life.dieAt(step)
    await world.harbour.teller.replenish()
    await world.harbour.mail.idle()
    await world.lantern.ordersFilled()
    await world.lantern.mail.close()
    expect(life.deadAt).toBe(step)
    await world.restart('merchant', runtime)
    await world.lantern.ordersFilled()
    await world.lantern.mail.idle()
    expect((await stockOf500()) - before).toBe(6)
    expect((await world.payeeRecordKeys.all()).filter(key => key.startsWith('letter'))).toEqual([])
    const waiting = await world.lantern.store.read(tx => tx.all('SELECT 1 FROM sealed_letter WHERE key_destroyed = 0'))
    expect(waiting).toEqual([])
    // The bank may have unpacked it more than once, and keeps no key of an attempt that was not taken.
    await world.restart('bank')
    const stock = await world.harbour.store.read(tx =>
      tx.all<{ sold: bigint }>(
        'SELECT confirmed_at IS NOT NULL AS sold FROM stock LEFT JOIN sale USING (batch, serial)',
      ),
    )
    const heard = stock.filter(({ sold }) => sold === 1n).length
    expect(await world.recordKeys.all()).toHaveLength(2 * stock.length - heard)
  }),
)

test('a batch whose key was lost gives way to a void letter, and is made anew', () =>
  runtime.run(async () => {
    life.dieAt('voucher-batch.sending')
    await world.harbour.teller.replenish()
    await world.harbour.mail.idle()
    await world.lantern.ordersFilled()
    await world.lantern.mail.close()
    await world.payeeRecordKeys.destroy(await world.payeeRecordKeys.all())
    await world.restart('merchant', runtime)
    await world.lantern.mail.idle()
    const raised = await world.lantern.store.read(tx => alarms(tx, institutionId('lantern')))
    expect(raised.map(({ kind }) => kind)).toEqual(['undeliverable-letter', 'letter-refused'])
    const left = await world.lantern.store.read(tx => tx.all('SELECT 1 FROM clearing_outbox WHERE outcome IS NULL'))
    expect(left).toEqual([])
    // The next waking, tonight's at the latest.
    await world.lantern.nightly()
    await world.lantern.ordersFilled()
    await world.lantern.mail.idle()
    expect(await stockOf500()).toBe(6)
  }))

async function stockOf500(): Promise<number> {
  const rows = await world.harbour.store.read(tx => tx.all('SELECT 1 FROM stock WHERE minor = 50000'))
  return rows.length
}
