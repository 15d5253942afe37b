/** An institution whose lease ran out just as it asked how far its books reach. */
import { expect, test } from 'vitest'
import { recoveryMigrations } from '../../../src/institution/gap.ts'
import { Recovery } from '../../../src/institution/recovery.ts'
import { peopleMigrations } from '../../../src/keys/people.ts'
import { memoryKeys } from '../../../src/keys/soft-keys.ts'
import { fingerprint, ownCard, pinPeer } from '../../../src/mail/peers.ts'
import { clearingMigrations } from '../../../src/mail/schema.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { noHead } from '../../../src/store/change-log/head.ts'
import { openStore } from '../../../src/store/open.ts'
import { NotKept, type Store } from '../../../src/store/store.ts'
import { establish } from '../../../src/store/tenants.ts'
import { approvedByTwo } from '../../support/approved.ts'
import { institutionId } from '../../support/ids.ts'

interface Asked {
  readonly recovery: Recovery
  readonly store: Store
  asked(): number
}

function recoveryOf(refusals: number): Asked {
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
  expect(await recovery.begun).toBe('unknown')
  await store.close()
})

test('it opens again to a counterparty what was not kept, and does not say that the books went back', async () => {
  const [harbour, lantern] = [institutionId('harbour'), institutionId('lantern')]
  const migrations = [...peopleMigrations, ...clearingMigrations, ...recoveryMigrations]
  const store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations })
  const card = ownCard(lantern, await memoryKeys(systemRuntime))
  const compared = { fingerprint: fingerprint(card), by: await approvedByTwo(), at: 0 }
  await store.execute(async tx => {
    await establish(tx, harbour)
    await pinPeer(tx, harbour, card, compared)
  })
  let opened = 0
  const recovery = new Recovery({
    institution: harbour,
    store,
    runtime: systemRuntime,
    mail: {
      heldOfUs: async () => ({ head: null, next: { epoch: 1n, sequence: 1n } }),
      openTo: async () => {
        if (++opened <= 2) throw new NotKept('its lease has run out')
      },
      wake: () => {},
    },
    openedAt: { log: noHead, ledger: [] },
    troubled: error => expect.fail(String(error)),
  })
  await recovery.begin()
  expect(await recovery.begun).toBe('open')
  await recovery.open
  expect(opened).toBe(3)
  await recovery.close()
  await store.close()
})
