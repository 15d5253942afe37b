import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type Runtime, systemRuntime } from '../../../../src/runtime.ts'
import { databaseIn, openFile } from '../../../../src/store/connection.ts'
import { beginMark } from '../../../../src/store/keeper/beginning.ts'
import { BooksDiffer } from '../../../../src/store/keeper/following.ts'
import { KeptCheckpoints } from '../../../../src/store/keeper/kept-checkpoints.ts'
import { Link } from '../../../../src/store/keeper/link.ts'
import { type OpenKept, openKeptStore } from '../../../../src/store/keeper/open-kept.ts'
import { type KeeperTimes, usualTimes } from '../../../../src/store/keeper/place.ts'
import { SchemaMismatch } from '../../../../src/store/migrations.ts'
import { KeptElsewhere, keptMark, openStore } from '../../../../src/store/open.ts'
import { NotKept, type Store, type Tx, UnknownOutcome } from '../../../../src/store/store.ts'
import { Wire } from '../../../simulation/keeper/proxy.ts'
import { Postgres } from '../../../support/postgres.ts'
import { believing } from '../../../support/vouching.ts'

// Leases of seconds run out, and databases are stopped: what takes 5 s on a quiet machine took 14 on a busy one.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const migrations = [
  {
    room: 'test',
    number: 1,
    sql: 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT',
  },
]
const more = [...migrations, { room: 'test', number: 2, sql: 'CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT' }]

/** A lease that is over soon, so that nobody waits for long. */
const times: KeeperTimes = { ...usualTimes, leaseMs: 600, renewEveryMs: 150, lookEveryMs: 40 }

const write = (id: bigint) => (tx: Tx) => tx.run('INSERT INTO note VALUES (?, ?)', id, 'x')
const ids = async (store: Store) =>
  (await store.read(tx => tx.all<{ id: bigint }>('SELECT id FROM note ORDER BY id'))).map(row => row.id)
const sleep = (ms: number) => systemRuntime.sleep(ms)

let postgres: Postgres
let folders: string
let institution = ''
let count = 0
const open: Store[] = []
const lost: unknown[] = []

beforeAll(async () => {
  postgres = await Postgres.start({ max_wal_senders: '2' })
})
afterAll(() => postgres.stop())
beforeEach(() => {
  folders = mkdtempSync(join(tmpdir(), 'tonebank-kept-'))
  institution = `bank-${++count}`
  lost.length = 0
})
afterEach(async () => {
  for (const store of open.splice(0)) await store.close()
  rmSync(folders, { recursive: true })
})

/** At machine `a` new books may begin. */
async function opened(machine: string, options: Partial<OpenKept> = {}): Promise<Store> {
  if (machine === 'a') begun(machine)
  const store = await openKeptStore({
    runtime: systemRuntime,
    at: { folder: join(folders, machine) },
    migrations,
    institution,
    keeper: postgres.place(),
    vouching: believing,
    times,
    lost: cause => lost.push(cause),
    ...options,
  })
  open.push(store)
  return store
}

function begun(machine: string): void {
  mkdirSync(join(folders, machine), { recursive: true, mode: 0o700 })
  writeFileSync(beginMark(join(folders, machine)), '')
}

/** A process that dies: nothing is released, no lease renewed. */
function mortal(): { readonly runtime: Runtime; die(): void } {
  let isDead = false
  const sleep: Runtime['sleep'] = async (ms, signal) => {
    await systemRuntime.sleep(ms, signal)
    if (isDead) await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  }
  return {
    runtime: { ...systemRuntime, sleep },
    die: () => {
      isDead = true
    },
  }
}

test('what one machine wrote another has, schema and all, once the first has let go', async () => {
  const first = await opened('a')
  await Promise.all([first.execute(write(1n)), first.execute(write(2n))])
  await first.execute(write(3n))
  const head = first.head()
  await first.close()
  const second = await opened('b')
  expect(await ids(second)).toEqual([1n, 2n, 3n])
  expect(second.head()).toEqual(head)
  await second.execute(write(4n))
  const rows = await postgres.sql('SELECT sequence, epoch FROM tonebank_log WHERE institution = $1 ORDER BY sequence', [
    institution,
  ])
  expect(rows.map(({ sequence, epoch }) => `${sequence} of ${epoch}`)).toEqual(['1 of 1', '2 of 1', '3 of 1', '4 of 2'])
})

test('a group is kept before anybody here can read it, and answered after both', async () => {
  const order: string[] = []
  const points: string[] = []
  const runtime = { ...systemRuntime, reached: (point: string) => void points.push(point) }
  const store = await opened('a', { runtime })
  points.length = 0
  const blocker = await blocked()
  const written = store.execute(write(1n)).then(() => order.push('answered'))
  await sleep(150)
  expect(await ids(store)).toEqual([])
  expect(order).toEqual([])
  await blocker.letGo()
  await written
  expect(await ids(store)).toEqual([1n])
  expect(points).toEqual(['store.begun', 'store.before-commit', 'store.kept', 'store.committed', 'store.answered'])
})

test('a process that stands by follows, and serves when the other has died and its lease is over', async () => {
  const { runtime, die } = mortal()
  const first = await opened('a', { runtime })
  await first.execute(write(1n))
  const why: string[] = []
  let isServing = false
  const second = opened('b', { standingBy: reason => why.push(reason) }).then(store => {
    isServing = true
    return store
  })
  await sleep(3 * times.leaseMs)
  expect(isServing).toBe(false)
  expect(why).toContain('another process has the lease')
  await first.execute(write(2n))
  die()
  const diedAt = performance.now()
  expect(await ids(await second)).toEqual([1n, 2n])
  const tookMs = performance.now() - diedAt
  expect(tookMs).toBeGreaterThan(times.leaseMs - times.renewEveryMs)
  // The dead one is one that only slept: what it says now is neither kept nor told.
  await expect(first.execute(write(3n))).rejects.toThrow(NotKept)
  await expect(ids(first)).rejects.toThrow(NotKept)
  expect(await ids(await second)).toEqual([1n, 2n])
})

test('a new epoch fences what the old holder still sends, though its lease were not over', async () => {
  const first = await opened('a', { times: { ...times, leaseMs: 60_000, renewEveryMs: 60_000 } })
  await first.execute(write(1n))
  await postgres.sql('UPDATE tonebank_lease SET epoch = epoch + 1 WHERE institution = $1', [institution])
  await expect(first.execute(write(2n))).rejects.toThrow(NotKept)
  await expect(ids(first)).rejects.toThrow(NotKept)
  expect(lost).toEqual([expect.any(NotKept)])
})

test('a change of epoch waits for a record that is being written, and a renewal does not', async () => {
  await opened('a')
  const blocker = await blocked('NO KEY UPDATE')
  await blocker.letGo()
  const writing = await blocked('KEY SHARE')
  const renewed = postgres.sql('UPDATE tonebank_lease SET renewals = renewals + 1 WHERE institution = $1', [
    institution,
  ])
  await renewed
  let isTaken = false
  const taken = postgres
    .sql('UPDATE tonebank_lease SET epoch = epoch + 1 WHERE institution = $1', [institution])
    .then(() => {
      isTaken = true
    })
  await sleep(150)
  expect(isTaken).toBe(false)
  await writing.letGo()
  await taken
})

test('what PostgreSQL refuses was not done, and the next is', async () => {
  const store = await opened('a')
  await postgres.sql('ALTER TABLE tonebank_log ADD CONSTRAINT no CHECK (octet_length(record) < 3000)')
  try {
    const long = store.execute(tx => tx.run('INSERT INTO note VALUES (?, ?)', 1n, 'x'.repeat(5_000)))
    await expect(long).rejects.toThrow(NotKept)
  } finally {
    await postgres.sql('ALTER TABLE tonebank_log DROP CONSTRAINT no')
  }
  await store.execute(write(2n))
  expect(await ids(store)).toEqual([2n])
  expect(lost).toEqual([])
})

test('a commit that no standby has confirmed is a success with a warning, and its outcome unknown', async () => {
  const store = await opened('a', { times: { ...times, leaseMs: 10_000, answerMs: 8_000 } })
  await withoutStandby(async () => {
    const written = store.execute(write(1n))
    written.catch(() => {})
    await untilWaiting()
    await postgres.sql(
      `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query LIKE 'INSERT INTO tonebank_log%'`,
    )
    await expect(written).rejects.toThrow(UnknownOutcome)
    await expect(written).rejects.toMatchObject({ cause: { message: expect.stringContaining('warning') } })
  })
  await expect(store.execute(write(2n))).rejects.toThrow()
  expect(lost).toHaveLength(1)
  await store.close()
  expect(await ids(await opened('a'))).toEqual([1n])
})

test('a commit has a deadline, and what was not answered is there or not for whoever starts next', async () => {
  const store = await opened('a', { times: { ...times, leaseMs: 10_000, answerMs: 300 } })
  await withoutStandby(async () => {
    await expect(store.execute(write(1n))).rejects.toThrow(UnknownOutcome)
  })
  expect(lost).toHaveLength(1)
  await store.close()
  expect(await ids(await opened('a'))).toEqual([1n])
})

test('a connection that was killed meanwhile is made anew', async () => {
  const store = await opened('a')
  await store.execute(write(1n))
  await postgres.sql(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`,
  )
  await sleep(100)
  await store.execute(write(2n))
  await sleep(2 * times.leaseMs)
  expect(await ids(store)).toEqual([1n, 2n])
})

test('connections that die without a word do not cost the lease', async () => {
  const wire = await Wire.to(postgres.port)
  try {
    const long: KeeperTimes = { ...usualTimes, leaseMs: 2_400, renewEveryMs: 400 }
    const store = await opened('a', { keeper: postgres.place(wire.port), times: long })
    await store.execute(write(1n))
    // Its renewals are on their way, too.
    await sleep(2 * long.renewEveryMs)
    wire.lose()
    for (const endMs = performance.now() + 2 * long.leaseMs; performance.now() < endMs; await sleep(50))
      expect(await ids(store)).toEqual([1n])
    expect(lost).toEqual([])
    // The way of the records had nothing under way, and its next answer is unknown.
    open.splice(open.indexOf(store), 1)
    await store.close()
  } finally {
    wire.close()
  }
})

test('while the synchronous standby is away no processes pile up in PostgreSQL, however often a renewal is tried', async () => {
  await opened('a', { times: { ...times, answerMs: 300 } })
  const busy = `SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'tonebank %' AND state = 'active'`
  await withoutStandby(async () => {
    await sleep(4_000)
    expect((await postgres.sql(busy)).length).toBeLessThanOrEqual(2)
  })
})

test('a checkpoint is neither put nor let go by whoever has lost the lease meanwhile', async () => {
  const sign = async () => ({ signer: institution, keyId: 'key', bytes: new Uint8Array([1]) })
  const longer = { ...times, leaseMs: 60_000, renewEveryMs: 60_000 }
  const first = await opened('a', { times: longer })
  for (let id = 1n; id <= 3n; id++) {
    await first.execute(write(id))
    if (id < 3n) await first.checkpoint({ sign })
  }
  const held = async () => {
    const [row] = await postgres.sql(
      `SELECT (SELECT count(*) FROM tonebank_checkpoint WHERE institution = $1) AS checkpoints,
         (SELECT count(*) FROM tonebank_checkpoint_part WHERE institution = $1) AS parts,
         (SELECT count(*) FROM tonebank_log WHERE institution = $1) AS records`,
      [institution],
    )
    return row
  }
  const before = await held()
  await postgres.sql('UPDATE tonebank_lease SET epoch = epoch + 1 WHERE institution = $1', [institution])
  await expect(first.checkpoint({ sign })).rejects.toThrow(NotKept)
  expect(await held()).toEqual(before)
  const stale = new KeptCheckpoints(new Link(systemRuntime, postgres.place(), times), institution)
  await expect(stale.letGo(1n)).rejects.toThrow(NotKept)
  expect(await held()).toEqual(before)
})

test('without PostgreSQL nothing is answered once the lease is over, and everything again when it is back', async () => {
  const store = await opened('a')
  await store.execute(write(1n))
  await postgres.kill()
  await expect(store.execute(write(2n))).rejects.toThrow(NotKept)
  await sleep(times.leaseMs + 100)
  await expect(ids(store)).rejects.toThrow(NotKept)
  await postgres.begin()
  await sleep(times.renewEveryMs + 500)
  await store.execute(write(3n))
  expect(await ids(store)).toEqual([1n, 3n])
  expect(lost).toEqual([])
})

test('books that were there before their keeper begin with a checkpoint, and a bare machine has them from it', async () => {
  const before = openStore({ runtime: systemRuntime, at: { folder: join(folders, 'a') }, migrations })
  await before.execute(write(1n))
  await before.close()
  const first = await opened('a')
  await first.execute(write(2n))
  await first.close()
  const second = await opened('b', { migrations: more })
  expect(await ids(second)).toEqual([1n, 2n])
  await second.close()
  const again = await opened('a', { migrations: more })
  expect(again.head()).toEqual(second.head())
})

test('the log before the older of two checkpoints goes, and a machine that was away for longer is told', async () => {
  const sign = async () => ({ signer: institution, keyId: 'key', bytes: new Uint8Array([1]) })
  begun('stale')
  const stale = await opened('stale')
  await stale.execute(write(0n))
  await stale.close()
  const first = await opened('a')
  for (let id = 1n; id < 10n; id++) {
    await first.execute(write(id))
    if (id % 3n === 0n) await first.checkpoint({ sign })
  }
  await first.execute(write(10n))
  await first.close()
  const [{ least } = {}] = await postgres.sql(
    'SELECT min(sequence) AS least FROM tonebank_log WHERE institution = $1',
    [institution],
  )
  expect(Number(least)).toBe(9)
  const bare = await opened('bare')
  expect(await ids(bare)).toEqual(Array.from({ length: 11 }, (_, id) => BigInt(id)))
  await bare.close()
  await expect(opened('stale')).rejects.toThrow(BooksDiffer)
})

test('a snapshot that was changed in PostgreSQL is not begun with', async () => {
  const first = await opened('a')
  await first.execute(write(1n))
  await first.checkpoint({ sign: async () => ({ signer: institution, keyId: 'key', bytes: new Uint8Array([1]) }) })
  await first.close()
  await postgres.sql(
    `UPDATE tonebank_checkpoint_part SET bytes = replace(encode(bytes, 'hex'), '78', '79')::text::bytea WHERE institution = $1`,
    [institution],
  )
  await expect(opened('bare')).rejects.toThrow('is not in PostgreSQL as it was put there')
})

test('books that are ahead of what is kept, or others, are not served', async () => {
  const first = await opened('a')
  await first.execute(write(1n))
  await first.close()
  const alone = partedFromIt('a')
  await alone.execute(write(2n))
  await alone.close()
  await expect(opened('a')).rejects.toThrow(BooksDiffer)
  const other = openStore({ runtime: systemRuntime, at: { folder: join(folders, 'b') }, migrations })
  await other.execute(write(9n))
  await other.close()
  await expect(opened('b')).rejects.toThrow(BooksDiffer)
})

test('what was kept and not committed here when the process died is there after a start', async () => {
  const runtime = {
    ...systemRuntime,
    reached: (point: string) => {
      if (point === 'store.kept' && open.length > 0) throw new Error('killed')
    },
  }
  const store = await opened('a', { runtime })
  await expect(store.execute(write(1n))).rejects.toThrow(UnknownOutcome)
  expect(lost, 'its process ends').toEqual([expect.any(UnknownOutcome)])
  await store.close()
  expect(await ids(await opened('a'))).toEqual([1n])
})

test('a close lets go of the lease, however long a checkpoint goes on', async () => {
  let goOn = () => {}
  const signed = new Promise<void>(resolve => {
    goOn = resolve
  })
  const first = await opened('a')
  await first.execute(write(1n))
  const sign = () => signed.then(() => ({ signer: institution, keyId: 'key', bytes: new Uint8Array([1]) }))
  const checkpoint = first.checkpoint({ sign })
  const closing = first.close()
  expect(await ids(await opened('b'))).toEqual([1n])
  goOn()
  await Promise.allSettled([checkpoint, closing])
})

test('records are read back by whoever starts, not the files that were left: a database may be lost', async () => {
  const store = await opened('a')
  await store.execute(write(1n))
  await store.close()
  for (const part of ['', '-wal', '-shm']) rmSync(`${databaseIn(join(folders, 'a'))}${part}`, { force: true })
  expect(await ids(await opened('a'))).toEqual([1n])
})

test('a machine without books begins none by itself: it waits for whoever has them, and has those', async () => {
  const before = openStore({ runtime: systemRuntime, at: { folder: join(folders, 'real') }, migrations })
  await before.execute(write(1n))
  await before.close()
  const why: string[] = []
  const bare = opened('bare', { standingBy: reason => why.push(reason) })
  await sleep(300)
  expect(why.at(-1)).toMatch(/keeps no books of bank-\d+, and there are none here: .*begin-new-books$/)
  expect(existsSync(databaseIn(join(folders, 'bare')))).toBe(false)
  const real = await opened('real')
  await real.execute(write(2n))
  await real.close()
  expect(await ids(await bare)).toEqual([1n, 2n])
})

test('new books begin by an explicit word, which counts once; an opening that ended before its first record left none', async () => {
  const folder = join(folders, 'first')
  mkdirSync(folder, { mode: 0o700 })
  openFile(databaseIn(folder)).close()
  const why: string[] = []
  const first = opened('first', { standingBy: reason => why.push(reason) })
  await sleep(200)
  expect(why.at(-1)).toContain('there are none here')
  begun('first')
  await (await first).execute(write(1n))
  expect(existsSync(beginMark(folder))).toBe(false)
  expect(await ids(await first)).toEqual([1n])
})

test('what is left of a log is not played into books that were fetched', async () => {
  const first = await opened('a')
  await first.execute(write(1n))
  await first.close()
  mkdirSync(join(folders, 'b'), { mode: 0o700 })
  writeFileSync(`${databaseIn(join(folders, 'b'))}-wal`, 'of others')
  await expect(opened('b')).rejects.toThrow(/institution\.db-wal belong to books that are gone/)
})

test('its lease outlives a change of the schema that takes longer, with the checkpoint before it', async () => {
  const first = await opened('a')
  await first.execute(write(1n))
  await first.close()
  const sql = `CREATE TABLE later (id INTEGER PRIMARY KEY, text TEXT) STRICT;
    INSERT INTO later WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500000) SELECT i, hex(i) FROM n`
  const told: string[] = []
  const begunAt = performance.now()
  const larger = [...migrations, { room: 'test', number: 2, sql }]
  const again = await opened('a', { migrations: larger, preparing: what => told.push(what) })
  expect(performance.now() - begunAt, 'it took longer than a lease').toBeGreaterThan(2 * times.leaseMs)
  expect(told).toEqual(['its books are brought to another schema'])
  await again.execute(write(2n))
  expect(lost).toEqual([])
  await again.close()
  const edited = [...migrations, { room: 'test', number: 2, sql: `${sql} ` }]
  await expect(opened('a', { migrations: edited })).rejects.toThrow(SchemaMismatch)
})

test('a start says that it fetches its books before it does', async () => {
  const sign = async () => ({ signer: institution, keyId: 'key', bytes: new Uint8Array([1]) })
  const first = await opened('a')
  await first.execute(write(1n))
  await first.checkpoint({ sign })
  await first.close()
  const told: string[] = []
  const holding = await postgres.holding('LOCK TABLE tonebank_checkpoint_part IN ACCESS EXCLUSIVE MODE')
  const bare = opened('bare', { preparing: what => told.push(what) })
  await sleep(300)
  expect(told).toEqual(['it fetches its books'])
  await holding.letGo()
  expect(await ids(await bare)).toEqual([1n])
})

/** Books that somebody goes on with by themselves, though he was told not to. */
function partedFromIt(machine: string): Store {
  const folder = join(folders, machine)
  const by = { runtime: systemRuntime, at: { folder }, migrations }
  expect(() => openStore(by)).toThrow(KeptElsewhere)
  rmSync(keptMark(folder))
  return openStore(by)
}

/** Somebody holds the lease's row, so that what wants it waits. */
async function blocked(strength = 'UPDATE'): Promise<{ letGo(): Promise<void> }> {
  return postgres.holding(`SELECT 1 FROM tonebank_lease WHERE institution = '${institution}' FOR ${strength}`)
}

/** Commits wait for a standby that is not there. */
async function withoutStandby(work: () => Promise<void>): Promise<void> {
  postgres.configure({ max_wal_senders: '2', synchronous_standby_names: 'nobody' })
  postgres.reload()
  await until(
    async () => (await postgres.sql('SHOW synchronous_standby_names'))[0]?.['synchronous_standby_names'] === 'nobody',
  )
  try {
    await work()
  } finally {
    postgres.configure({ max_wal_senders: '2' })
    postgres.reload()
  }
}

async function untilWaiting(): Promise<void> {
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query LIKE 'INSERT INTO tonebank_log%'`
  await until(async () => (await postgres.sql(waiting)).length > 0)
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await holds()) return
    await sleep(20)
  }
  throw new Error('it never came')
}
