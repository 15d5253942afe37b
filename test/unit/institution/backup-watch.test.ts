/** A log that is not shipped within five seconds is an alarm, once; so is a shipper that goes away without a word. */
import { expect, test } from 'vitest'
import { alarms } from '../../../src/alarm.ts'
import { BackupWatch } from '../../../src/institution/backup-watch.ts'
import { clearingMigrations } from '../../../src/mail/schema.ts'
import { openStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { establish } from '../../../src/store/tenants.ts'
import { institutionId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const harbour = institutionId('harbour')

async function watched(story: (runtime: VirtualRuntime, store: Store, watch: BackupWatch) => Promise<void>) {
  const runtime = new VirtualRuntime()
  await runtime.run(async () => {
    const store = openStore({ runtime, at: { memory: 'empty' }, migrations: clearingMigrations })
    await store.execute(tx => establish(tx, harbour))
    const watch = new BackupWatch({ institution: harbour, runtime, store })
    await story(runtime, store, watch)
    await watch.close()
    await store.close()
  })
}
const write = (store: Store, id: string) => store.execute(tx => establish(tx, institutionId(id)))
const raised = async (store: Store) => (await store.read(tx => alarms(tx, harbour))).map(({ kind }) => kind)
const head = (store: Store) => store.head()?.sequence ?? 0n

test('whoever keeps up raises none, however much is written', () =>
  watched(async (runtime, store, watch) => {
    const shipping = watch.begin()
    for (let i = 0; i < 30; i++) {
      await write(store, `bank-${i}`)
      shipping.shipped(head(store))
      await runtime.sleep(700)
    }
    await runtime.sleep(60_000)
    expect(await raised(store)).toEqual([])
  }))

test('whoever stays behind for more than five seconds raises one, and another the next time', () =>
  watched(async (runtime, store, watch) => {
    const shipping = watch.begin()
    shipping.shipped(head(store))
    await runtime.sleep(2_000)
    await write(store, 'garden')
    await runtime.sleep(4_000)
    expect(await raised(store)).toEqual([])
    await runtime.sleep(30_000)
    expect(await raised(store)).toEqual(['backup-behind'])
    shipping.shipped(head(store))
    await runtime.sleep(3_000)
    await write(store, 'lantern')
    await runtime.sleep(30_000)
    expect(await raised(store)).toEqual(['backup-behind', 'backup-behind'])
  }))

test('one that goes away without a word is an alarm, one that ends in order is none', () =>
  watched(async (runtime, store, watch) => {
    watch.begin().finished()
    const second = watch.begin()
    second.gone()
    second.gone()
    await runtime.sleep(10_000)
    expect(await raised(store)).toEqual(['backup-stopped'])
  }))
