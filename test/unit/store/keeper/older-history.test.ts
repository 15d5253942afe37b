/** Two servers that both write, of which one was the primary and has not noticed: its answers are not believed. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { systemRuntime } from '../../../../src/runtime.ts'
import { openMemory } from '../../../../src/store/connection.ts'
import { Following } from '../../../../src/store/keeper/following.ts'
import { KeptLog } from '../../../../src/store/keeper/kept-log.ts'
import { Link } from '../../../../src/store/keeper/link.ts'
import { openKeptStore } from '../../../../src/store/keeper/open-kept.ts'
import { usualTimes } from '../../../../src/store/keeper/place.ts'
import { Refused, Unanswered } from '../../../../src/store/keeper/session.ts'
import { NotKept, type Store } from '../../../../src/store/store.ts'
import { Postgres } from '../../../support/postgres.ts'
import { believing } from '../../../support/vouching.ts'

// Each begins servers.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const times = { ...usualTimes, leaseMs: 1_500, renewEveryMs: 100, lookEveryMs: 40, answerMs: 1_000 }
const migrations = [{ room: 'test', number: 1, sql: 'CREATE TABLE note (id INTEGER PRIMARY KEY) STRICT' }]
/** For several renewals, each with a connection of its own. */
const severalMs = 1_200

let current: Postgres
let older: Postgres
let institution = ''
let count = 0
const lost: unknown[] = []
const hosts: { host: string; port: number }[] = []
let store: Store | undefined

/** In `older` every institution has the lease of epoch 1 and one record. */
beforeAll(async () => {
  current = await Postgres.start()
  for (const each of [1, 2, 3, 4, 5]) {
    institution = `bank-${each}`
    await (await opened()).close()
  }
  older = await current.follower()
  await older.promote()
  for (let isReading = true; isReading; ) {
    const [row] = await older.sql('SELECT pg_is_in_recovery() AS reads')
    isReading = row?.['reads'] === true
  }
})
beforeEach(() => {
  institution = `bank-${++count}`
  lost.length = 0
})
afterEach(async () => {
  await store?.close()
  store = undefined
})
afterAll(async () => {
  for (const each of [current, older]) await each?.stop()
})

async function opened(): Promise<Store> {
  hosts.splice(0, 1, { host: '127.0.0.1', port: current.port })
  store = await openKeptStore({
    ...{ runtime: systemRuntime, at: { memory: 'empty' }, migrations, times, institution, vouching: believing },
    ...{ keeper: { ...current.place(), hosts }, lost: cause => lost.push(cause) },
  })
  return store
}

/** From now on nothing but this one can be reached. */
async function reachOnly(server: Postgres): Promise<void> {
  hosts.splice(0, 1, { host: '127.0.0.1', port: server.port })
  for (const each of [current, older])
    await each.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'tonebank %'")
}

const write = (id: bigint) => store?.execute(tx => tx.run('INSERT INTO note VALUES (?)', id))

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 20_000; performance.now() < endMs; await systemRuntime.sleep(30))
    if (await holds()) return
  throw new Error('it did not come to that')
}

test('a server whose lease has a lower epoch fences nobody and keeps nothing, and the one that has the lease goes on', async () => {
  await opened()
  await write(1n)
  await reachOnly(older)
  await systemRuntime.sleep(severalMs)
  await expect(write(2n)).rejects.toThrow(/NotKept|older history|lease/)
  expect(lost).toEqual([])
  await reachOnly(current)
  await until(
    async () =>
      (await write(3n)?.then(
        () => true,
        () => false,
      )) === true,
  )
  expect(lost).toEqual([])
})

test('a server of the same epoch without the last record that was kept renews and keeps nothing', async () => {
  await opened()
  await older.sql('UPDATE tonebank_lease SET epoch = 2 WHERE institution = $1', [institution])
  await write(1n)
  const count = async (server: Postgres) =>
    (await server.sql('SELECT count(*)::int AS n FROM tonebank_log WHERE institution = $1', [institution]))[0]?.['n']
  await reachOnly(older)
  await expect(write(2n)).rejects.toThrow(NotKept)
  await systemRuntime.sleep(times.leaseMs)
  await expect(store?.read(tx => tx.all('SELECT id FROM note'))).rejects.toThrow(NotKept)
  expect([await count(older), await count(current), lost]).toEqual([1, 2, []])
  await reachOnly(current)
  await until(
    async () =>
      (await write(3n)?.then(
        () => true,
        () => false,
      )) === true,
  )
})

test('a higher epoch is believed once a standby has confirmed it', async () => {
  await opened()
  await older.sql('UPDATE tonebank_lease SET epoch = 9 WHERE institution = $1', [institution])
  const synchronous = async (name: string) => {
    older.configure({ synchronous_standby_names: name })
    older.reload()
    await until(
      async () => (await older.sql('SHOW synchronous_standby_names'))[0]?.['synchronous_standby_names'] === name,
    )
  }
  await synchronous('nobody')
  await reachOnly(older)
  await systemRuntime.sleep(severalMs)
  expect(lost).toEqual([])
  await synchronous('')
  await until(() => lost.length > 0)
  expect(lost).toEqual([expect.any(NotKept)])
})

test('books are proved under the epoch of the lease, by a server whose standby confirms', async () => {
  const link = new Link(systemRuntime, older.place(), times)
  const database = openMemory()
  try {
    const following = new Following(database, new KeptLog(link, institution))
    await following.catchUp()
    expect((await following.prove(1n)).sequence).toBe(following.head.sequence)
    await expect(following.prove(2n)).rejects.toThrow(Refused)
    older.configure({ synchronous_standby_names: 'nobody' })
    older.reload()
    await until(
      async () => (await older.sql('SHOW synchronous_standby_names'))[0]?.['synchronous_standby_names'] === 'nobody',
    )
    await expect(following.prove(1n)).rejects.toThrow(Unanswered)
  } finally {
    older.configure({})
    older.reload()
    database.close()
    link.close()
  }
})

test('who meets a record of the same number has lost the log, and is not refused for ever', async () => {
  await opened()
  await write(1n)
  await current.sql(
    `INSERT INTO tonebank_log (institution, sequence, epoch, previous, record)
       SELECT institution, sequence + 1, epoch, previous, record FROM tonebank_log
         WHERE institution = $1 ORDER BY sequence DESC LIMIT 1`,
    [institution],
  )
  const error = await write(2n)?.catch(error => error)
  expect(error).toBeInstanceOf(Error)
  expect(error).not.toBeInstanceOf(NotKept)
  expect(lost).toEqual([expect.any(Unanswered)])
})
