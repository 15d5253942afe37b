/** What a bank finds in its stock, sales and record keys after it has opened, and what it does not do before it has looked. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { alarms } from '../../../src/alarm.ts'
import { KeySearch } from '../../../src/bank/key-search.ts'
import { withdraw } from '../../../src/bank/lost-keys.ts'
import { contextOf, keyNameOf, type StockPlace } from '../../../src/bank/record-secrets.ts'
import { nextRecord, takeRecord } from '../../../src/bank/stock.ts'
import { NotLookedAt, StockKeys } from '../../../src/bank/stock-keys.ts'
import { yuan } from '../../../src/money.ts'
import { institutionId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

// Books of thousands of rows: a second on a quiet machine, and many on a busy one.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const harbour = institutionId('harbour')
const payee = institutionId('lantern')
const amount = yuan(70n)
const batch = 'c'.repeat(32)
let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 31 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

/** Records of an amount of their own, which are sold in the order of their serial numbers. Returns their passwords' keys. */
async function stocked(count: number): Promise<readonly string[]> {
  const places = Array.from({ length: count }, (_, i): StockPlace => {
    return { payee, batch, serial: BigInt(i), number: `7${String(i).padStart(11, '0')}`, amount }
  })
  const seal = async (secret: 'password' | 'backup') => {
    const plain = Buffer.from('12345678')
    const keyed = places.map(place => ({
      record: keyNameOf(secret, place, 'a'),
      context: contextOf(secret, place),
      plain,
    }))
    return world.recordKeys.seal(keyed)
  }
  const [passwords, backups] = [await seal('password'), await seal('backup')]
  await world.harbour.store.execute(async tx => {
    for (const [i, { serial, number }] of places.entries()) {
      const [password, backup] = [passwords[i], backups[i]]
      if (password === undefined || backup === undefined) throw new Error('not sealed')
      const shuffle = Buffer.alloc(16)
      shuffle.writeUInt32BE(i)
      await tx.run(
        `INSERT INTO stock (tenant, payee, batch, serial, number, minor, asset, scale, shuffle, state,
           password_key, password_sealed, backup_key, backup_sealed)
         VALUES ('harbour', 'lantern', ?, ?, ?, ?, 'CNY', 2, ?, 'in stock', ?, ?, ?, ?)`,
        ...[batch, serial, number, amount.minor, shuffle],
        ...[password.record, password.sealed, backup.record, backup.sealed],
      )
    }
  })
  return passwords.map(({ record }) => record)
}

/** As little as can be is looked at before it opens. */
function searching(more: Partial<ConstructorParameters<typeof KeySearch>[0]> = {}, newestSales = 1) {
  const { store } = world.harbour
  const parts = { runtime, store, recordKeys: world.recordKeys, config: { id: harbour } }
  const stockKeys = new StockKeys(parts)
  const troubled = (error: unknown) => {
    throw error
  }
  const search = new KeySearch(
    { ...parts, stockKeys, elsewhere: undefined, troubled, ...more },
    { firstOfAmount: 1, newestSales, inAll: 1 },
  )
  const sell = () =>
    store.execute(async tx => {
      const record = await nextRecord(tx, { config: { id: harbour }, stockKeys }, payee, amount)
      if (record) await takeRecord(tx, harbour, payee, record)
      return record?.serial
    })
  return { search, stockKeys, sell }
}

const raised = () => world.harbour.store.read(tx => alarms(tx, harbour))
const unsellable = async () => {
  const rows = await world.harbour.store.read(tx =>
    tx.all<{ serial: bigint }>(`SELECT serial FROM stock WHERE state = 'unsellable' ORDER BY serial`),
  )
  return rows.map(({ serial }) => serial)
}
const run = (work: () => Promise<void>) => runtime.run(work)

test('a record is not sold before it was looked at, and never without its key; it leaves the stock in the end', () =>
  run(async () => {
    const keys = await stocked(600)
    await world.recordKeys.destroy([keys[1] ?? '', keys[300] ?? ''])
    const { search, stockKeys, sell } = searching()
    await search.begin()
    expect(await sell()).toBe(0n)
    await expect(sell()).rejects.toThrow(NotLookedAt)
    await stockKeys.ahead(payee, amount)
    expect(await sell()).toBe(2n)
    expect(await unsellable()).toEqual([])
    search.wake()
    await search.idle()
    expect(await unsellable()).toEqual([1n, 300n])
    expect(await raised()).toMatchObject([{ kind: 'record-keys-lost', detail: '2 unsold records left the stock' }])
    expect(await sell()).toBe(3n)
    await search.close()
  }))

test('when the first of an amount has no key, nobody is served before all were looked at', () =>
  run(async () => {
    const keys = await stocked(600)
    await world.recordKeys.destroy([keys[0] ?? '', keys[500] ?? ''])
    const { search, sell } = searching()
    await search.begin()
    expect(await unsellable()).toEqual([0n, 500n])
    expect(await sell()).toBe(1n)
    await search.close()
  }))

test('what the other machine may have is neither sold nor given up before it has told; people hear of it', () =>
  run(async () => {
    const keys = await stocked(600)
    await world.recordKeys.destroy([keys[1] ?? ''])
    let hasTold = false
    let gaveUp = 0
    const elsewhere = {
      told: () => Promise.reject(new Error('nobody waits before it opens')),
      hasTold: () => hasTold,
      waitsFor: (count: number) => `${count} are waited for`,
      gaveUp: () => void gaveUp++,
    }
    const { search, stockKeys, sell } = searching({ elsewhere })
    await search.begin()
    search.wake()
    await runtime.sleep(5_000)
    expect(await unsellable()).toEqual([])
    expect(await raised()).toMatchObject([{ kind: 'record-keys-behind', detail: '1 are waited for' }])
    await stockKeys.ahead(payee, amount)
    expect([await sell(), await sell()]).toEqual([0n, 2n])
    expect(gaveUp).toBe(0)
    hasTold = true
    await search.idle()
    expect(await unsellable()).toEqual([1n])
    expect(gaveUp).toBe(1)
    await search.close()
  }))

test('a key that came from the other machine meanwhile gives nothing up', () =>
  run(async () => {
    const keys = await stocked(600)
    const [name = ''] = keys.slice(1)
    await world.recordKeys.destroy([name])
    let hasTold = false
    const nobody = { told: async () => {}, waitsFor: () => 'waiting', gaveUp: () => {} }
    const { search, sell } = searching({ elsewhere: { ...nobody, hasTold: () => hasTold } })
    await search.begin()
    search.wake()
    await runtime.sleep(5_000)
    await world.recordKeys.seal([{ record: name, context: 'as it was', plain: Buffer.from('1') }])
    hasTold = true
    await search.idle()
    expect(await unsellable()).toEqual([])
    expect([await sell(), await sell()]).toEqual([0n, 1n])
    await search.close()
  }))

test('an older sale that was never told and cannot be told is found; one that was confirmed meanwhile is not lost', () =>
  run(async () => {
    const { unconfirmed, confirmed } = world.vouchers
    const { store } = world.harbour
    const rows = await store.read(tx =>
      tx.all<{ number: string; key: string }>('SELECT number, password_key AS key FROM stock'),
    )
    const keyOf = (number: string) => rows.find(row => row.number === number)?.key ?? ''
    await world.recordKeys.destroy([keyOf(unconfirmed.number)])
    const { search } = searching({}, 0)
    await search.begin()
    const lost = () => store.read(tx => tx.all<{ sale: string }>('SELECT sale FROM lost_sale'))
    expect(await lost()).toEqual([])
    search.wake()
    await search.idle()
    expect(await lost()).toEqual([{ sale: unconfirmed.sale }])
    expect(await raised()).toHaveLength(1)
    await search.close()
    const parts = { runtime, store, recordKeys: world.recordKeys, elsewhere: undefined, config: { id: harbour } }
    const told = { sale: confirmed.sale, key: keyOf(confirmed.number) }
    await withdraw(parts, { records: [], sales: [told] })
    expect(await lost()).toHaveLength(1)
  }))

test('a key that nothing needs dies, and one whose record is on its way into the books does not', () =>
  run(async () => {
    await stocked(600)
    const of = (attempt: string) => `password ${batch}/7000 ${attempt}`
    const make = (attempt: string) =>
      world.recordKeys.seal([{ record: of(attempt), context: 'its own', plain: Buffer.from('1') }])
    await make('left')
    const before = await world.recordKeys.all()
    const { search } = searching()
    await search.begin()
    await make('under-way')
    search.wake()
    await search.idle()
    await search.close()
    const expected = [...before.filter(name => name !== of('left')), of('under-way')]
    expect([...(await world.recordKeys.all())].sort()).toEqual(expected.sort())
  }))

test('a bank with much in stock looks at its keys after it has opened', () =>
  run(async () => {
    const keys = await stocked(2_000)
    const left = `backup ${'d'.repeat(32)}/1 left`
    await world.recordKeys.seal([{ record: left, context: 'its own', plain: Buffer.from('1') }])
    await world.restart('bank')
    await world.harbour.recovery.begun
    await world.harbour.keySearch.idle()
    expect(await world.recordKeys.missing([left, ...keys])).toEqual([left])
  }))
