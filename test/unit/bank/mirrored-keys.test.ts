/** A bank whose record keys are on two machines: what waits while the other one is away, what goes on, and what is true in the end. */
import { cpSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { alarms } from '../../../src/alarm.ts'
import { type RunningBank, start as startBank } from '../../../src/bank/start.ts'
import { giveUpMark } from '../../../src/institution/keys-elsewhere.ts'
import { KeyTable } from '../../../src/keys/mirror/key-table.ts'
import { type RunningMerchant, start as startMerchant } from '../../../src/merchant/start.ts'
import { yuan } from '../../../src/money.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { accountNumber, institutionId, intentId } from '../../support/ids.ts'
import { inProcessMail } from '../../support/in-process-mail.ts'
import { eventually, MirroredMachines } from '../../support/mirrored-machines.ts'
import { appoint, introduce } from '../../support/network/network.ts'

vi.setConfig({ testTimeout: 60_000 })

const cheap = { hashCost: { memoryKiB: 8, passes: 1 }, hashing: { parallel: 4, queueLimit: 100 } }
const name = { en: 'A Name', zh: '名字' }
const account = accountNumber('6200100007')
let two: MirroredMachines
let harbour: RunningBank
let lantern: RunningMerchant
const mail = inProcessMail(systemRuntime, { next: () => ({}) })

const openHarbour = () =>
  startBank(
    {
      ...{ ...cheap, id: 'harbour', name, stock: { lowWater: 1, orderCount: 4 } },
      payees: [{ id: 'lantern', number: '8001', name, denominations: [5_000n] }],
      ...{ folder: join(two.folder('a'), '..'), recordKeys: { machines: two.machines } },
    },
    systemRuntime,
    mail,
  )

beforeEach(async () => {
  two = await MirroredMachines.make()
  harbour = await openHarbour()
  lantern = await startMerchant(
    {
      ...{ ...cheap, id: 'lantern', name, numbers: { prefix: '6180' }, denominations: [5_000n] },
      folder: join(two.folder('a'), '../../lantern'),
    },
    systemRuntime,
    mail,
  )
})
afterEach(async () => {
  await harbour.close()
  await lantern.close()
  await two.end()
})

const inStock = async () => (await harbour.teller.stock()).reduce((sum, { count }) => sum + count, 0)
/** Four vouchers, whose keys both machines have; then both are down. */
async function stocked(): Promise<void> {
  await two.start('b')
  await isInStep()
  const staff = await appoint(harbour, systemRuntime)
  await introduce(systemRuntime, harbour, staff, lantern, await appoint(lantern, systemRuntime))
  await harbour.teller.replenish()
  await eventually('the batch is taken', async () => (await inStock()) === 4)
  await isInStep()
  await harbour.close()
  await two.stop('b')
  for (const name of ['a', 'b'] as const) expect((await two.lying(name)).names).toHaveLength(8)
}

/** The disk, but for the key by which the other machine knows it: this leaves both files as they are. */
function loseKeys(name: 'a' | 'b'): void {
  for (const end of ['', '-wal', '-shm']) rmSync(join(two.folder(name), `scratch.db${end}`), { force: true })
}

/** Begins to open the bank, and sees that it does not serve. */
async function waiting(): Promise<{ readonly opened: Promise<void> }> {
  let isOpen = false
  const opened = openHarbour().then(bank => {
    harbour = bank
    isOpen = true
  })
  await systemRuntime.sleep(1_500)
  expect(isOpen).toBe(false)
  return { opened }
}

const isInStep = () => eventually('both are the same', () => harbour.mirror?.lagMs() === 0)

test('a batch waits for the mirror, a sale and its password do not, and a told password ends on both', async () => {
  const staff = await appoint(harbour, systemRuntime)
  await introduce(systemRuntime, harbour, staff, lantern, await appoint(lantern, systemRuntime))
  await harbour.teller.replenish()
  await harbour.mail.idle()
  await lantern.ordersFilled()
  await systemRuntime.sleep(500)
  expect(await inStock()).toBe(0)
  const waiting = () =>
    lantern.store.read(tx =>
      tx.all(`SELECT 1 AS waits FROM clearing_outbox WHERE type = 'voucher-batch' AND outcome IS NULL`),
    )
  expect(await waiting()).toHaveLength(1)
  await two.start('b')
  await isInStep()
  lantern.mail.wake()
  await eventually('the batch is taken', async () => (await inStock()) === 4)
  await lantern.mail.idle()
  expect(await waiting()).toEqual([])

  await two.kill('b')
  expect((await two.lying('b')).names).toHaveLength(8)
  const before = `${two.folder('b')}-before`
  cpSync(two.folder('b'), before, { recursive: true })
  await harbour.teller.openCustomer({ account, name, pin: new Secret('604812') })
  await bothSign(harbour, systemRuntime, staff, 'pay-in', { account, minor: yuan(100n).minor })
  const order = { buyer: account, payee: institutionId('lantern'), amount: yuan(50n), channel: 'telephone' } as const
  const sale = await harbour.bank.sellVoucher({ intent: intentId('buy'), ...order })
  if (sale.outcome !== 'sold') throw new Error(sale.outcome)
  expect(await harbour.bank.confirmHeard({ buyer: account, voucher: sale.voucher.id })).toEqual({
    outcome: 'confirmed',
  })
  await two.start('b')
  await isInStep()
  await two.stop('b')
  const there = await two.lying('b')
  expect(there.names).toHaveLength(7)

  // A mirror that is put back to before brings no told password back to life.
  rmSync(two.folder('b'), { recursive: true })
  renameSync(before, two.folder('b'))
  expect((await two.lying('b')).names).toHaveLength(8)
  await eventually('it is missed', () => harbour.mirror?.lagMs() !== 0)
  await two.start('b')
  await isInStep()
  await two.stop('b')
  expect(await two.lying('b')).toEqual(there)
  await harbour.close()
  expect(await two.lying('a')).toEqual(there)
})

test('a machine that lost its keys gives up nothing while the other one is away, and serves once it has them again', async () => {
  await stocked()
  loseKeys('a')
  const { opened } = await waiting()
  await two.start('b')
  await opened
  expect(await inStock()).toBe(4)
  expect(await harbour.store.read(tx => alarms(tx, institutionId('harbour')))).toEqual([])
  await isInStep()
  await harbour.close()
  expect((await two.lying('a')).names).toHaveLength(8)
})

test('what both machines lost is given up by a word that counts once', async () => {
  await stocked()
  loseKeys('a')
  const mark = giveUpMark(join(two.folder('a'), '..'))
  const { opened } = await waiting()
  writeFileSync(mark, '')
  await opened
  expect(existsSync(mark)).toBe(false)
  expect(await inStock()).toBe(0)
  expect(await harbour.store.read(tx => alarms(tx, institutionId('harbour')))).toMatchObject([
    { kind: 'record-keys-lost', detail: '4 unsold records left the stock' },
  ])
})

test('when neither machine has the keys nobody is asked for a word', async () => {
  await stocked()
  loseKeys('a')
  loseKeys('b')
  await two.start('b')
  harbour = await openHarbour()
  expect(await inStock()).toBe(0)
})

test('a mirror that says it destroyed everything destroys nothing, gets all of it again, and people hear of it', async () => {
  await stocked()
  const table = new KeyTable(systemRuntime, { folder: two.folder('b') })
  await table.destroy(await table.all(''), true)
  await table.close()
  harbour = await openHarbour()
  await two.start('b')
  const raised = () => harbour.store.read(tx => alarms(tx, institutionId('harbour')))
  await eventually('people hear of it', async () => (await raised()).length > 0)
  expect(await raised()).toMatchObject([
    { kind: 'record-keys-behind', detail: expect.stringContaining('had destroyed 8 keys that the books need') },
  ])
  await isInStep()
  await harbour.close()
  await two.stop('b')
  for (const name of ['a', 'b'] as const) {
    const { names, destructions } = await two.lying(name)
    expect(names).toHaveLength(8)
    expect(destructions).toEqual([])
  }
})
