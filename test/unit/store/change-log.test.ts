/** The change log: what a group wrote is one chained record of its commit, and nothing else is in it. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeCanonical, encodeCanonical } from '../../../src/canonical.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { ChangeLog } from '../../../src/store/change-log/change-log.ts'
import { rebuildAndCompare } from '../../../src/store/change-log/rebuild-and-compare.ts'
import { type ChangeRecord, readRecord } from '../../../src/store/change-log/record.ts'
import { hashAt, readLog } from '../../../src/store/change-log/tables.ts'
import { Growing, Reading } from '../../../src/store/change-log/values.ts'
import { openFile, openMemory, serialize } from '../../../src/store/connection.ts'
import { migrate } from '../../../src/store/migrations.ts'
import { type OpenStore, openStore } from '../../../src/store/open.ts'
import { CommandFault, type SqlValue, type Store, type Tx, UnknownOutcome } from '../../../src/store/store.ts'

const migrations = [
  {
    room: 'test',
    number: 1,
    transient: { rate: 'it starts again at full speed' },
    sql: `
      CREATE TABLE note (id TEXT PRIMARY KEY, text, size INTEGER) ;
      CREATE TABLE counted (number INTEGER PRIMARY KEY, text TEXT) STRICT;
      CREATE TABLE page (note TEXT REFERENCES note DEFERRABLE INITIALLY DEFERRED) STRICT;
      CREATE TABLE rate (id TEXT PRIMARY KEY, used INTEGER) STRICT;
      CREATE TRIGGER disaster BEFORE INSERT ON note WHEN NEW.text = 'disaster'
        BEGIN SELECT RAISE(ROLLBACK, 'the disk is gone'); END`,
  },
]

let store: Store
const open = (options: Partial<OpenStore> = {}) =>
  openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations, ...options })
beforeEach(() => {
  store = open()
})
afterEach(() => store.close())

const insert = 'INSERT INTO note (id, text, size) VALUES (?, ?, ?)'
const note =
  (id: string, text: SqlValue = 'x', size: bigint | null = null) =>
  (tx: Tx) =>
    tx.run(insert, id, text, size)

async function records(of = store): Promise<readonly ChangeRecord[]> {
  const log = await of.read(tx => readLog(tx, 0n, 1_000))
  return log.map(({ record }) => readRecord(record))
}
async function lastWrites(): Promise<readonly (readonly SqlValue[])[]> {
  const last = (await records()).at(-1)
  return last?.kind === 'writes' ? last.writes.map(({ values }) => values) : []
}

describe('a record', () => {
  test('has the writes of a group in their order, and the text of each statement where it is first used', async () => {
    await Promise.all([store.execute(note('a')), store.execute(note('b', new Uint8Array([1, 2]), 2n ** 62n))])
    await store.execute(note('c', null))
    const id = createHash('sha256').update(insert).digest()
    expect(await records()).toMatchObject([
      { sequence: 1n, kind: 'schema' },
      {
        sequence: 2n,
        ids: [id],
        texts: [insert],
        writes: [
          { statement: 0, values: ['a', 'x', null] },
          { statement: 0, values: ['b', Buffer.from([1, 2]), 2n ** 62n] },
        ],
      },
      { sequence: 3n, ids: [id], texts: [], writes: [{ statement: 0, values: ['c', null, null] }] },
    ])
    expect(await store.read(tx => tx.all('SELECT id, sql FROM change_statement'))).toEqual([{ id, sql: insert }])
  })

  test('is chained to the one before it, and the last is the head', async () => {
    for (const id of ['a', 'b', 'c']) await store.execute(note(id))
    const log = await store.read(tx => readLog(tx, 0n, 10))
    let previous = Buffer.alloc(32)
    for (const { hash, record } of log) {
      expect(Buffer.from(readRecord(record).previous)).toEqual(previous)
      previous = createHash('sha256').update(record).digest()
      expect(hash).toEqual(previous)
    }
    expect(store.head()).toEqual({ sequence: 4n, hash: previous })
    expect(await store.read(tx => hashAt(tx, 4n))).toEqual(previous)
    expect(await store.read(tx => readLog(tx, 3n, 1))).toHaveLength(1)
  })

  test('is in the one form of its values that canonical.ts gives them', async () => {
    await store.execute(note('a', 'ä 海 🂡 \0', -(2n ** 63n)))
    const [schema, writes] = await store.read(tx => readLog(tx, 0n, 10))
    for (const each of [schema, writes]) {
      const value = decodeCanonical(each?.record ?? new Uint8Array())
      expect(Buffer.from(encodeCanonical(value))).toEqual(each?.record)
    }
  })

  test('knows again a statement that an earlier process defined', async () => {
    await store.execute(note('a'))
    const again = open({ at: { memory: await store.snapshot() } })
    await again.execute(note('b'))
    expect((await records(again)).at(-1)).toMatchObject({ sequence: 3n, texts: [] })
    expect(again.head()?.sequence).toBe(3n)
    await again.close()
  })

  test('goes on after that of the migrations: each is one itself', async () => {
    const more = [...migrations, { room: 'test', number: 2, sql: 'ALTER TABLE page ADD COLUMN line INTEGER' }]
    const again = open({ at: { memory: await store.snapshot() }, migrations: more })
    expect((await records(again)).map(record => record.kind === 'schema' && record.steps.at(-1))).toMatchObject([
      { room: 'test', number: 1 },
      { room: 'test', number: 2, sql: 'ALTER TABLE page ADD COLUMN line INTEGER' },
    ])
    const third = open({ at: { memory: await again.snapshot() }, migrations: more })
    expect(await records(third)).toHaveLength(2)
    await again.close()
    await third.close()
  })
})

describe('in the log is', () => {
  test('nothing of a group that only read, or whose writes changed nothing', async () => {
    const before = store.head()
    await store.execute(tx => tx.all('SELECT * FROM note'))
    await store.execute(tx => tx.run('UPDATE note SET size = 1'))
    await store.execute(tx => tx.all('UPDATE note SET size = 1 RETURNING id'))
    await store
      .execute(async tx => {
        await tx.run("INSERT INTO note (id) VALUES ('a') ON CONFLICT DO NOTHING")
        throw new Error('no')
      })
      .catch(() => {})
    expect(store.head()).toEqual(before)
  })

  test('what RETURNING wrote, by all and by one', async () => {
    await store.execute(async tx => {
      await tx.all('INSERT INTO note (id, size) VALUES (?, ?) RETURNING id', 'a', 1n)
      await tx.one('UPDATE note SET size = ? WHERE id = ? RETURNING size', 2n, 'a')
    })
    expect(await lastWrites()).toEqual([
      ['a', 1n],
      [2n, 'a'],
    ])
  })

  test('nothing of a command that failed, and everything of its neighbours, once', async () => {
    const failing = async (tx: Tx) => {
      await note('lost')(tx)
      await tx.run('INSERT INTO counted (number, text) VALUES (?, ?)', 1n, 'lost')
      throw new Error('changed my mind')
    }
    const [, , third] = [note('a'), failing, note('b'), failing, note('c')].map(command =>
      store.execute<unknown>(command).catch(() => {}),
    )
    await third
    await store.execute(note('d'))
    const [, group] = await records()
    expect(group).toMatchObject({
      ids: [createHash('sha256').update(insert).digest()],
      texts: [insert],
      writes: [{ values: ['a', 'x', null] }, { values: ['b', 'x', null] }, { values: ['c', 'x', null] }],
    })
    await store.execute(tx => tx.run('INSERT INTO counted (number, text) VALUES (?, ?)', 1n, 'kept'))
    expect((await records()).at(-1)).toMatchObject({ texts: ['INSERT INTO counted (number, text) VALUES (?, ?)'] })
  })

  test('nothing of a group whose commit failed, or which SQLite undid; the head is read again', async () => {
    await store.execute(note('a'))
    const before = store.head()
    await expect(store.execute(tx => tx.run("INSERT INTO page (note) VALUES ('nobody')"))).rejects.toThrow(
      UnknownOutcome,
    )
    expect(store.head()).toEqual(before)
    await expect(store.execute(note('b', 'disaster'))).rejects.toThrow(UnknownOutcome)
    expect(store.head()).toEqual(before)
    await store.execute(note('c'))
    expect(await lastWrites()).toEqual([['c', 'x', null]])
    expect(store.head()?.sequence).toBe((before?.sequence ?? 0n) + 1n)
  })

  test('what a value was when it was bound, whatever becomes of its buffer', async () => {
    const bytes = new Uint8Array([7])
    await store.execute(async tx => {
      await note('a', bytes)(tx)
      bytes[0] = 8
    })
    expect(await lastWrites()).toEqual([['a', Buffer.from([7]), null]])
  })

  test('no transient table, and nothing that depends on one', async () => {
    const before = store.head()
    await store.execute(tx => tx.run("INSERT INTO rate (id, used) VALUES ('a', 1)"))
    expect(store.head()).toEqual(before)
    const depends = (tx: Tx) => tx.run('INSERT INTO note (id, size) SELECT id, used FROM rate')
    await expect(store.execute(depends)).rejects.toThrow('rate')
  })

  test.each([
    ["INSERT INTO note (id, size) VALUES ('a', random())", 'random('],
    ["INSERT INTO note (id, text) VALUES ('a', datetime('now'))", 'datetime('],
    ["UPDATE note SET text = CURRENT_TIMESTAMP WHERE id = 'a'", 'CURRENT_TIMESTAMP'],
    ["UPDATE note SET text = 'x' WHERE rowid = 1", 'rowid'],
    ["INSERT INTO note (id, size) VALUES ('a', last_insert_rowid())", 'last_insert_rowid('],
    ["INSERT INTO counted (text) VALUES ('a')", 'number of counted'],
    ['CREATE TABLE other (id TEXT)', 'by INSERT, UPDATE or DELETE alone'],
    ['WITH a AS (SELECT 1) DELETE FROM note', 'by INSERT, UPDATE or DELETE alone'],
  ])('no statement that would not do the same again: %s', async (sql, reason) => {
    const refused = store.execute(tx => tx.run(sql))
    await expect(refused).rejects.toThrow(CommandFault)
    await expect(refused).rejects.toThrow(reason)
  })

  test('such words in a text or a comment, which do no harm', async () => {
    await store.execute(tx => tx.run("INSERT INTO note (id, text) VALUES ('a', 'random()') -- not rowid"))
    expect(store.head()?.sequence).toBe(2n)
  })
})

test('a store whose log somebody else wrote to commits nothing more', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-log-'))
  try {
    const ours = open({ at: { folder } })
    await ours.execute(note('a'))
    const other = openFile(join(folder, 'institution.db'))
    other.exec(
      'INSERT INTO change_log SELECT sequence + 1, hash, record FROM change_log ORDER BY sequence DESC LIMIT 1',
    )
    other.close()
    await expect(ours.execute(note('b'))).rejects.toThrow(UnknownOutcome)
    await expect(ours.execute(note('c'))).rejects.toThrow('no more work')
    await ours.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a commit that took effect although it was reported as failed is the head, as the database alone knows', () => {
  const database = openMemory()
  migrate(database, migrations)
  const log = new ChangeLog(database, new Set())
  const write = (id: string) => {
    database.exec('BEGIN')
    log.begin()
    const logged = log.statement(insert)
    database.prepare(insert).run(id, null, null)
    if (logged !== undefined) log.record(logged, [id, null, null])
    log.append()
    database.exec('COMMIT')
  }
  write('a')
  log.readAgain()
  expect(log.head?.sequence).toBe(2n)
  // The statement's text stands in the log by now, and is put there once more without harm.
  write('b')
  log.committed()
  expect(log.head?.sequence).toBe(3n)
  expect(rebuildAndCompare({ snapshot: serialize(database) }).divergences).toEqual([])
})

describe('values', () => {
  const value = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.bigInt({ min: -300n, max: 300n }),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.uint8Array({ maxLength: 70_000, size: 'max' }),
    fc.constant(null),
  )

  test('are encoded as canonical.ts does, and come back as they were', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 30 }), values => {
        const growing = new Growing(8)
        growing.array(values.length)
        for (const each of values) growing.value(each)
        expect(Buffer.compare(growing.view, encodeCanonical(values))).toBe(0)
        const reading = new Reading(growing.view)
        const back = Array.from({ length: reading.array() }, () => reading.value())
        reading.end()
        expect(back.map(plain)).toEqual(values.map(plain))
      }),
      { numRuns: 60 },
    )
  })

  test('in any other form are refused', () => {
    for (const hex of ['1800', '190001', '1a00000001', '1b0000000000000001', '9fff', '6180', '61', 'f5', '6241', '7f'])
      expect(() => new Reading(Buffer.from(hex, 'hex')).value(), hex).toThrow()
  })
})

function plain(value: SqlValue): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
}
