/** Of several servers the one that writes is used, and by TLS only one that the given certificates vouch for. */
import { execFileSync } from 'node:child_process'
import { chownSync, readFileSync, statSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { systemRuntime } from '../../../../src/runtime.ts'
import { Secret } from '../../../../src/secret.ts'
import { KeptLog } from '../../../../src/store/keeper/kept-log.ts'
import { Link } from '../../../../src/store/keeper/link.ts'
import { openKeptStore } from '../../../../src/store/keeper/open-kept.ts'
import { type KeeperPlace, usualTimes } from '../../../../src/store/keeper/place.ts'
import { Unanswered } from '../../../../src/store/keeper/session.ts'
import { NotKept, type Store, UnknownOutcome } from '../../../../src/store/store.ts'
import { Postgres } from '../../../support/postgres.ts'
import { believing } from '../../../support/vouching.ts'

// Each begins several servers.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const times = { ...usualTimes, leaseMs: 1_500, renewEveryMs: 200, lookEveryMs: 40 }
const migrations = [{ room: 'test', number: 1, sql: 'CREATE TABLE note (id INTEGER PRIMARY KEY) STRICT' }]
const made: Postgres[] = []

let primary: Postgres
beforeAll(async () => {
  primary = await Postgres.start()
  made.push(primary)
})
afterAll(async () => {
  for (const each of made) await each.stop()
})

const opened = (keeper: KeeperPlace, institution: string, lost: (cause: unknown) => void): Promise<Store> =>
  openKeptStore({
    ...{ runtime: systemRuntime, at: { memory: 'empty' }, migrations, times },
    institution,
    keeper,
    vouching: believing,
    lost,
  })

test('when the server that writes is killed and its synchronous standby promoted, nothing answered is lost', async () => {
  const standby = await primary.follower()
  made.push(standby)
  primary.configure({ synchronous_standby_names: '*' })
  primary.reload()
  for (let synced = false; !synced; ) {
    const [row] = await primary.sql("SELECT count(*) AS n FROM pg_stat_replication WHERE sync_state = 'sync'")
    synced = row?.['n'] === '1'
  }
  // The one that only follows is named first.
  const hosts = [standby, primary].map(({ port }) => ({ host: '127.0.0.1', port }))
  const keeper = { ...primary.place(), hosts }
  let isLost = false
  let store = await opened(keeper, 'bank', () => {
    isLost = true
  })
  const answered: bigint[] = []
  let next = 0n
  const write = async () => {
    const id = next++
    await store.execute(tx => tx.run('INSERT INTO note VALUES (?)', id))
    answered.push(id)
  }
  for (let i = 0; i < 20; i++) await write()
  const dying = Promise.all(Array.from({ length: 50 }, () => write())).catch(error => error)
  await primary.kill()
  const outcome = await dying
  if (outcome instanceof Error) expect([NotKept, UnknownOutcome].some(each => outcome instanceof each)).toBe(true)
  const before = answered.length
  expect(before).toBeGreaterThanOrEqual(20)
  await standby.promote()
  if (isLost) {
    await store.close()
    store = await opened(keeper, 'bank', () => {})
  }
  for (let tries = 0; tries < 100; tries++) {
    if (
      await write().then(
        () => true,
        () => false,
      )
    )
      break
    await systemRuntime.sleep(50)
  }
  const rows = await store.read(tx => tx.all<{ id: bigint }>('SELECT id FROM note'))
  const kept = new Set(rows.map(({ id }) => id))
  expect(answered.filter(id => !kept.has(id))).toEqual([])
  expect(answered.length).toBeGreaterThan(before)
  await store.close()
})

test('by TLS a server is believed that the given certificates vouch for, and no other; a wrong password is refused', async () => {
  const server = await Postgres.start()
  made.push(server)
  const at = (name: string) => join(server.folder, name)
  for (const name of ['server', 'other']) {
    const made = ['-newkey', 'rsa:2048', '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), '-subj', '/CN=books']
    execFileSync(
      'openssl',
      ['req', '-x509', '-nodes', '-days', '2', ...made, '-addext', 'subjectAltName=IP:127.0.0.1'],
      {
        stdio: 'pipe',
      },
    )
  }
  const { uid, gid } = statSync(server.folder)
  for (const name of ['server.key', 'server.pem']) chownSync(at(name), uid, gid)
  server.configure({ ssl: 'on', ssl_cert_file: at('server.pem'), ssl_key_file: at('server.key') })
  server.reload()
  const ask = async (place: KeeperPlace) => {
    const link = new Link(systemRuntime, place, times)
    try {
      return await link.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')
    } finally {
      link.close()
    }
  }
  const by = (name: string) => ({ ...server.place(), tls: { ca: readFileSync(at(`${name}.pem`), 'utf8') } })
  for (let tries = 0; tries < 100; tries++) {
    if (
      await ask(by('server')).then(
        () => true,
        () => false,
      )
    )
      break
    await systemRuntime.sleep(20)
  }
  expect(await ask(by('server'))).toEqual([{ ssl: true }])
  await expect(ask(by('other'))).rejects.toThrow('none can be written to')
  await expect(ask({ ...by('server'), password: new Secret('guessed') })).rejects.toThrow(
    'password authentication failed',
  )
  await expect(ask({ ...server.place(), password: undefined })).rejects.toThrow('none can be written to')
})

const atOnce = { ...times, connectMs: 4_000 }

test('a host that takes connections and says nothing costs nobody its deadline', async () => {
  const silent = createServer()
  await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo
  const server = await Postgres.start()
  made.push(server)
  const hosts = [{ host: '127.0.0.1', port }, ...server.place().hosts]
  const link = new Link(systemRuntime, { ...server.place(), hosts }, atOnce)
  const beganMs = performance.now()
  await link.query('SELECT 1')
  expect(performance.now() - beganMs).toBeLessThan(atOnce.connectMs / 2)
  link.close()
  silent.close()
})

test('one that leaves a question unanswered is not asked again while another writes, and again when none does', async () => {
  const [one, other] = [await Postgres.start(), await Postgres.start()]
  made.push(one, other)
  const hosts = [one, other].map(({ port }) => ({ host: '127.0.0.1', port }))
  const link = new Link(systemRuntime, { ...one.place(), hosts }, { ...times, answerMs: 500 })
  const used = async () => {
    const [row] = await link.query("SELECT current_setting('port') AS port")
    return row?.['port'] === `${one.port}` ? one : other
  }
  const first = await used()
  await expect(link.query('SELECT pg_sleep(60)')).rejects.toThrow(Unanswered)
  const second = await used()
  expect(second).not.toBe(first)
  await first.kill()
  await expect(link.query('SELECT pg_sleep(60)')).rejects.toThrow(Unanswered)
  expect(await used()).toBe(second)
  link.close()
})

test('a record that no standby has confirmed is followed by nobody', async () => {
  const server = await Postgres.start()
  made.push(server)
  const standby = await server.follower()
  made.push(standby)
  const short = { ...times, answerMs: 700 }
  const store = await openKeptStore({
    ...{ runtime: systemRuntime, at: { memory: 'empty' }, migrations, times: short, institution: 'bank' },
    ...{ keeper: server.place(), vouching: believing, lost: () => {} },
  })
  await store.execute(tx => tx.run('INSERT INTO note VALUES (1)'))
  const link = new Link(systemRuntime, server.place(), short)
  const log = new KeptLog(link, 'bank')
  const kept = (await log.head())?.sequence ?? 0n
  expect(await log.after(kept - 1n, 10)).toHaveLength(1)
  server.configure({ synchronous_standby_names: 'standby' })
  server.reload()
  for (let synced = false; !synced; ) {
    const [row] = await server.sql("SELECT count(*) AS n FROM pg_stat_replication WHERE sync_state = 'sync'")
    synced = row?.['n'] === '1'
  }
  standby.pause('SIGSTOP')
  await expect(store.execute(tx => tx.run('INSERT INTO note VALUES (2)'))).rejects.toThrow()
  // As the writer's next connection would.
  const ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
  const seen = async () => (await log.head())?.sequence
  for (let tries = 0; tries < 100 && (await seen()) === kept; tries++) await server.sql(ends)
  expect(await seen()).toBe(kept + 1n)
  await expect(log.after(kept, 10)).rejects.toThrow(Unanswered)
  standby.pause('SIGCONT')
  expect(await log.after(kept, 10)).toHaveLength(1)
  link.close()
  await store.close()
})
