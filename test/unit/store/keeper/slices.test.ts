/** What takes long is done in parts, so that nobody waits for the lease, and none is lost by a thread that is busy. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { platform } from 'node:os'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { systemRuntime } from '../../../../src/runtime.ts'
import { databaseIn, openFile } from '../../../../src/store/connection.ts'
import { KeptCheckpoints } from '../../../../src/store/keeper/kept-checkpoints.ts'
import { upgrade } from '../../../../src/store/keeper/upgrade.ts'
import { schemaOf } from '../../../../src/store/open.ts'
import { KeptMachines, noteMigrations, notesIn, shortTimes, signAs, writeNote } from '../../../support/kept-machines.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let machines: KeptMachines
beforeAll(async () => {
  machines = await KeptMachines.start()
})
afterAll(() => machines.stop())
beforeEach(() => machines.next())
afterEach(() => machines.closeAll())

const sql = (text: string) => machines.postgres.sql(text)

test('no statement deletes more than 256 records or 64 parts, and all of the old go', async () => {
  machines.begins('a')
  const store = await machines.open('a')
  const sign = signAs(machines.institution)
  const id = machines.institution
  const heads: bigint[] = []
  for (const note of [1n, 2n, 3n]) {
    await store.execute(writeNote(note))
    heads.push((await store.checkpoint({ sign }))?.head.sequence ?? 0n)
  }
  // What came long before, of which nobody asks what it says.
  await sql(
    `INSERT INTO tonebank_log SELECT '${id}', ${heads.at(-1)} + n, 1, '\\x${'00'.repeat(32)}', '\\x00' FROM generate_series(1, 1000) AS n`,
  )
  const later = (at: number) =>
    sql(`INSERT INTO tonebank_checkpoint VALUES ('${id}', ${heads.at(-1)} + ${at}, '\\x${'00'.repeat(32)}', '{}', 200)`)
  await sql(
    `INSERT INTO tonebank_checkpoint_part SELECT '${id}', ${heads.at(-1)} + 1, n, '\\x00' FROM generate_series(1, 200) AS n`,
  )
  for (const at of [1, 990, 995]) await later(at)
  await watchDeletes({ tonebank_log: 256, tonebank_checkpoint_part: 64 })
  try {
    await new KeptCheckpoints(machines.link(), id).letGo(1n)
  } finally {
    await sql('DROP FUNCTION test_many CASCADE')
  }
  expect(
    await sql(`SELECT min(sequence) - ${heads.at(-1)} AS n FROM tonebank_log WHERE institution = '${id}'`),
  ).toEqual([{ n: '991' }])
  const left = 'SELECT count(*) AS n FROM'
  expect(await sql(`${left} tonebank_checkpoint WHERE institution = '${id}'`)).toEqual([{ n: '2' }])
  expect(await sql(`${left} tonebank_checkpoint_part WHERE institution = '${id}'`)).toEqual([{ n: '0' }])
})

/** A statement that deletes more rows than these is refused. */
async function watchDeletes(most: Readonly<Record<string, number>>): Promise<void> {
  await sql(`CREATE FUNCTION test_many() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF (SELECT count(*) FROM gone) > TG_ARGV[0]::int THEN RAISE EXCEPTION 'too many at once'; END IF; RETURN NULL; END $$`)
  for (const [table, count] of Object.entries(most))
    await sql(
      `CREATE TRIGGER test_many AFTER DELETE ON ${table} REFERENCING OLD TABLE AS gone
       FOR EACH STATEMENT EXECUTE FUNCTION test_many(${count})`,
    )
}

const walOf = (machine: string) => `${databaseIn(machines.folder(machine))}-wal`
const bytesOf = (file: string) => (existsSync(file) ? statSync(file).size : 0)

test('a change of the schema is written back by its thread, and not by whoever closes the database', async () => {
  machines.begins('a')
  const store = await machines.open('a')
  await store.execute(writeNote(1n))
  await store.close()
  const database = openFile(databaseIn(machines.folder('a')))
  const large = `CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT;
    INSERT INTO later WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n`
  try {
    const { migrations } = schemaOf([...noteMigrations, { room: 'test', number: 2, sql: large }])
    const parts = { migrations, keep: async () => {}, isNew: false }
    await upgrade(systemRuntime, { folder: machines.folder('a') }, database, parts, () => {})
    expect(database.prepare('SELECT count(*) AS n FROM later').get()).toEqual({ n: 100_000n })
    expect(bytesOf(walOf('a'))).toBe(0)
  } finally {
    database.close()
  }
})

test('who stands by writes back what it follows: little is left for when it takes over', async () => {
  const times = { ...shortTimes, leaseMs: 15_000 }
  machines.begins('a')
  const first = await machines.open('a', { times })
  await first.execute(writeNote(0n))
  let standing = false
  const second = machines.open('b', { times, standingBy: () => (standing = true) })
  await vi.waitFor(() => expect(standing).toBe(true), 10_000)
  const text = 'x'.repeat(1 << 20)
  for (let id = 1n; id <= 24n; id++) await first.execute(writeNote(id, text))
  // Each note is in its table and in the log.
  const all = () => bytesOf(databaseIn(machines.folder('b'))) + bytesOf(walOf('b'))
  await vi.waitFor(() => {
    expect(all()).toBeGreaterThan(48e6)
    expect(bytesOf(walOf('b'))).toBeLessThan(20e6)
  }, 10_000)
  await first.close()
  expect(await notesIn(await second)).toHaveLength(25)
})

test.skipIf(platform() !== 'linux')('a way that says nothing is kept alive by probes every 30 seconds', async () => {
  const link = machines.link()
  await link.query('SELECT 1')
  const port = machines.postgres.port.toString(16).toUpperCase().padStart(4, '0')
  // Linux, proc_net_tcp.rst: the other end, which timer runs (2: keepalive), and for how many hundredths of a second still.
  const ways = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(([, , remote, state]) => remote === `0100007F:${port}` && state === '01')
    .map(fields => (fields[5] ?? '').split(':'))
  expect(ways).toHaveLength(1)
  const [[timer, left] = []] = ways
  expect(timer).toBe('02')
  expect(Number.parseInt(left ?? '', 16)).toBeLessThanOrEqual(3_000)
})
