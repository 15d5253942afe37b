/** A bank whose record keys are on two machines: what waits while the other one is away, what goes on, and what is true in the end. */
import { cpSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { type RunningBank, start as startBank } from '../../../src/bank/start.ts'
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
