/** An institution whose lease ran out just as it asked how far its books reach. */
import { expect, test } from 'vitest'
import { Recovery } from '../../../src/institution/recovery.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { noHead } from '../../../src/store/change-log/head.ts'
import { openStore } from '../../../src/store/open.ts'
import { NotKept, type Store } from '../../../src/store/store.ts'
import { institutionId } from '../../support/ids.ts'

function recoveryOf(refusals: number): { readonly recovery: Recovery; readonly store: Store; asked(): number } {
  const store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations: [] })
  let asked = 0
  const read: Store['read'] = async query => {
    if (++asked <= refusals) throw new NotKept('its lease has run out')
    return query({ all: async () => [], one: async () => undefined })
  }
  const recovery = new Recovery({
    institution: institutionId('harbour'),
    store: { ...store, read },
    runtime: systemRuntime,
    mail: { heldOfUs: () => Promise.reject(new Error('away')), openTo: async () => {}, wake: () => {} },
    openedAt: { log: noHead, ledger: [] },
    troubled: error => expect.fail(String(error)),
  })
  return { recovery, store, asked: () => asked }
}

test('it asks again what was not kept, and is open then', async () => {
  const { recovery, store, asked } = recoveryOf(2)
  await recovery.begin()
  expect(await recovery.begun).toBe('open')
  await recovery.open
  expect(asked()).toBeGreaterThan(2)
  await recovery.close()
  await store.close()
})

test('it gives up when it is closed before', async () => {
  const { recovery, store } = recoveryOf(Number.POSITIVE_INFINITY)
  const begun = recovery.begin()
  await recovery.close()
  await begun
  expect(await recovery.begun).toBe('closed')
  await store.close()
})
