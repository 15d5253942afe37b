import { afterEach, beforeEach, expect, test } from 'vitest'
import { alarms } from '../../../src/alarm.ts'
import { MirrorAway } from '../../../src/keys/record-keys.ts'
import type { Letter } from '../../../src/mail/messages.ts'
import { sealBody, writeSealedLetter } from '../../../src/mail/sealed-letters.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { sealShare } from '../../../src/voucher/share.ts'
import { institutionId, voucherNumber } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

type Batch = Letter<'voucher-batch'>

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 23 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

const order = 'ab'.repeat(16)
const fresh = 'cd'.repeat(16)
const harbour = institutionId('harbour')
const lantern = institutionId('lantern')
const first = voucherNumber('61800000000001')
const numbers = [first, voucherNumber('61800000000002')]

/** A batch of two that the bank ordered, and would take. */
async function made(batch: string, serials: readonly bigint[] = [1n, 2n]): Promise<Batch> {
  await world.harbour.store.execute(tx =>
    tx.run(
      `INSERT INTO stock_order (tenant, id, payee, minor, asset, scale, count, ordered_at)
       VALUES ('harbour', ?, 'lantern', 50000, 'CNY', 2, 2, 0) ON CONFLICT DO NOTHING`,
      order,
    ),
  )
  const records = serials.map(async (serial, i) => {
    const number = numbers[i] ?? first
    const context = { payee: lantern, bank: harbour, batch, serial, number, amount: yuan(500n) }
    const share = { password: new Secret('73916405'), backup: new Secret('739164058261') }
    const sealed = await sealShare(runtime, world.harbour.card.receiving, context, share)
    return { serial, number, share: sealed }
  })
  return { batch, order, payee: lantern, amount: yuan(500n), records: await Promise.all(records) }
}

/** Sends it; undefined when the bank took it, otherwise what the payee hears of it. */
async function refusalOf(body: Batch): Promise<string | undefined> {
  const { store, mail } = world.lantern
  const sealing = { recordKeys: world.payeeRecordKeys, runtime }
  const letter = await sealBody(sealing, { from: lantern, to: harbour, type: 'voucher-batch', body })
  await store.execute(tx => writeSealedLetter(tx, letter))
  mail.wake()
  // An error instead of a refusal is sent again for ever, and this never comes back.
  await mail.idle()
  return (await store.read(tx => alarms(tx, lantern))).at(-1)?.detail.split(': ')[1]
}

/** As a careless or a hostile payee sends it. */
const spoilt: Record<string, [why: string, make: () => Promise<Batch>]> = {
  'shares that are noise': [
    'a share cannot be opened',
    async () => {
      const batch = await made(fresh)
      return { ...batch, records: batch.records.map(record => ({ ...record, share: new Uint8Array([1, 2, 3]) })) }
    },
  ],
  'shares in each other’s place': [
    'a share cannot be opened',
    async () => {
      const batch = await made(fresh)
      const [one, two] = batch.records
      if (one === undefined || two === undefined) throw new Error('two were made')
      return {
        ...batch,
        records: [
          { ...one, share: two.share },
          { ...two, share: one.share },
        ],
      }
    },
  ],
  'numbers in each other’s place': [
    'a share cannot be opened',
    async () => {
      const batch = await made(fresh)
      const [one, two] = batch.records
      if (one === undefined || two === undefined) throw new Error('two were made')
      const exchanged = [
        { ...one, number: two.number },
        { ...two, number: one.number },
      ]
      return { ...batch, records: exchanged }
    },
  ],
  'a number twice': [
    'a share cannot be opened',
    async () => {
      const batch = await made(fresh)
      return { ...batch, records: batch.records.map(record => ({ ...record, number: first })) }
    },
  ],
  'the name of an earlier batch': [
    'a batch that is known already',
    async () => {
      const [known] = await world.harbour.store.read(tx => tx.all<{ batch: string }>('SELECT batch FROM stock LIMIT 1'))
      return made(known?.batch ?? '')
    },
  ],
  'a record left out': [
    'another number of records than ordered',
    async () => {
      const batch = await made(fresh)
      return { ...batch, records: batch.records.slice(0, 1) }
    },
  ],
  'another face than it was sealed for': [
    'a share cannot be opened',
    async () => ({ ...(await made(fresh)), amount: yuan(501n) }),
  ],
  'shares that were sealed for another bank': [
    'a share cannot be opened',
    async () => {
      const batch = await made(fresh)
      const records = batch.records.map(async ({ serial, number }) => {
        const context = {
          payee: lantern,
          bank: institutionId('garden'),
          batch: fresh,
          serial,
          number,
          amount: yuan(500n),
        }
        const share = { password: new Secret('73916405'), backup: new Secret('739164058261') }
        return { serial, number, share: await sealShare(runtime, world.harbour.card.receiving, context, share) }
      })
      return { ...batch, records: await Promise.all(records) }
    },
  ],
  'the name of another payee': [
    'about a payee for whom it does not speak',
    async () => ({ ...(await made(fresh)), payee: institutionId('quill') }),
  ],
  'an order that nobody gave': [
    'nothing was ordered',
    async () => ({ ...(await made(fresh)), order: '99'.repeat(16) }),
  ],
  'a serial number twice': ['a serial number twice', () => made(fresh, [1n, 1n])],
  'a serial number that no row can hold': ['malformed', () => made(fresh, [1n, 2n ** 63n])],
}

test.each(Object.entries(spoilt))('a batch with %s is refused, and the next one is taken', (_what, [why, make]) =>
  runtime.run(async () => {
    expect(await refusalOf(await make())).toBe(why)
    await world.lantern.store.execute(tx => tx.run('DELETE FROM clearing_alarm'))
    expect(await refusalOf(await made('ef'.repeat(16)))).toBeUndefined()
    const stock = await world.harbour.store.read(tx => tx.all('SELECT serial FROM stock WHERE minor = 50000'))
    expect(stock).toHaveLength(2)
  }),
)

test('a batch that comes once more, under another name, is refused: its order was filled', () =>
  runtime.run(async () => {
    expect(await refusalOf(await made(fresh))).toBeUndefined()
    expect(await refusalOf(await made('ef'.repeat(16)))).toBe('this order was delivered before')
    expect(await refusalOf(await made(fresh))).toBe('this order was delivered before')
    const stock = await world.harbour.store.read(tx => tx.all('SELECT serial FROM stock WHERE minor = 50000'))
    expect(stock).toHaveLength(2)
  }))

test('a batch whose keys cannot be on both machines now is not unpacked each time that it comes again', () =>
  runtime.run(async () => {
    const { recordKeys } = world
    const { assertBoth, sealOnBoth } = recordKeys
    let [asked, unpacked] = [0, 0]
    recordKeys.assertBoth = () => {
      asked += 1
      throw new MirrorAway('it is away in this test')
    }
    recordKeys.sealOnBoth = records => {
      unpacked += 1
      return sealOnBoth(records)
    }
    const batch = await made(fresh)
    const refusal = refusalOf(batch)
    while (asked < 3) await runtime.sleep(1_000)
    expect(unpacked).toBe(0)
    recordKeys.assertBoth = assertBoth
    expect(await refusal).toBeUndefined()
    expect(unpacked).toBe(1)
  }))
