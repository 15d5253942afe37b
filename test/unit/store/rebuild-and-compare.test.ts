/** The log makes every table again, byte for byte; what was changed past it is named by its key. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { rebuildAndCompare } from '../../../src/store/change-log/rebuild-and-compare.ts'
import { openMemory, type Sqlite, serialize } from '../../../src/store/connection.ts'
import { openStore } from '../../../src/store/open.ts'
import { rebuiltTable } from '../../../src/store/rebuild.ts'
import type { SqlValue, Store, Tx } from '../../../src/store/store.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld } from '../../support/world.ts'

const first = {
  room: 'test',
  number: 1,
  sql: `
    CREATE TABLE thing (
      kind TEXT NOT NULL, id INTEGER NOT NULL, text TEXT, bytes BLOB, size INTEGER, PRIMARY KEY (kind, id)
    ) STRICT;
    CREATE INDEX thing_by_size ON thing (size);
    CREATE TABLE part (
      name TEXT PRIMARY KEY, kind TEXT, id INTEGER, FOREIGN KEY (kind, id) REFERENCES thing (kind, id) DEFERRABLE INITIALLY DEFERRED
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE numbered (number INTEGER PRIMARY KEY, text TEXT CHECK (text <> 'never')) STRICT`,
}
/** Makes a table anew to which another refers. */
const second = {
  room: 'test',
  number: 2,
  rebuilds: ['thing'],
  sql: rebuiltTable({
    table: 'thing',
    make: name => `CREATE TABLE ${name} (
      kind TEXT NOT NULL, id INTEGER NOT NULL, text TEXT, bytes BLOB, size INTEGER, colour TEXT NOT NULL, PRIMARY KEY (kind, id)
    ) STRICT`,
    columns: ['kind', 'id', 'text', 'bytes', 'size', ['colour', "'red'"]],
    belongings: 'CREATE INDEX thing_by_size ON thing (size)',
  }),
}

const key = { kind: fc.constantFrom('a', 'b', 'ä'), id: fc.bigInt({ min: -2n, max: 5n }) }
const anyText = fc.option(fc.string({ unit: 'grapheme', maxLength: 40 }), { nil: null })
const bytes = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null })
const size = fc.oneof(fc.constant(null), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))

type Step = (tx: Tx) => Promise<unknown>
const upsert = `INSERT INTO thing (kind, id, text, bytes, size) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (kind, id) DO UPDATE SET text = excluded.text, bytes = excluded.bytes, size = excluded.size RETURNING size`
const put =
  (sql: string, ...values: SqlValue[]): Step =>
  tx =>
    tx.run(sql, ...values)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .record({ ...key, text: anyText, bytes, size })
    .map(row => (tx: Tx) => tx.all(upsert, row.kind, row.id, row.text, row.bytes, row.size)),
  fc
    .record({ ...key, text: anyText, bytes, size })
    .map(row =>
      put(
        'INSERT INTO thing (kind, id, text, bytes, size) VALUES (?, ?, ?, ?, ?)',
        row.kind,
        row.id,
        row.text,
        row.bytes,
        row.size,
      ),
    ),
  fc.record(key).map(row => put('DELETE FROM thing WHERE kind = ? AND id = ?', row.kind, row.id)),
  fc.record({ size, min: size }).map(row => put('UPDATE thing SET size = ? WHERE size > ?', row.size, row.min)),
  // Refers to what may not be there: the commit of the whole group fails, or a savepoint of it goes on.
  fc
    .record({ name: fc.constantFrom('p', 'q'), ...key })
    .map(row =>
      put(
        'INSERT INTO part (name, kind, id) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING',
        row.name,
        row.kind,
        row.id,
      ),
    ),
  fc.constantFrom('p', 'q').map(name => (tx: Tx) => tx.one('DELETE FROM part WHERE name = ? RETURNING id', name)),
  fc
    .constantFrom('x', 'never')
    .map(text => put('INSERT INTO numbered (number, text) SELECT coalesce(max(number), 0) + 1, ? FROM numbered', text)),
  fc.constant(() => Promise.reject(new Error('changed my mind'))),
)
const command = fc.array(step, { minLength: 1, maxLength: 4 })
const groups = fc.array(fc.array(command, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 })

async function perform(store: Store, group: readonly (readonly Step[])[]): Promise<void> {
  await Promise.allSettled(
    group.map(steps =>
      store.execute(async tx => {
        for (const each of steps) await each(tx)
      }),
    ),
  )
}

test('whatever commands do, fail, undo and return, the log makes the same tables', async () => {
  let writes = 0n
  await fc.assert(
    fc.asyncProperty(groups, groups, async (before, after) => {
      const open = (memory: Uint8Array | 'empty', ...migrations: (typeof first)[]) =>
        openStore({ runtime: systemRuntime, at: { memory }, migrations, groupSize: 4 })
      const old = open('empty', first)
      for (const group of before) await perform(old, group)
      const store = open(await old.snapshot(), first, second)
      for (const group of after) await perform(store, group)
      const rebuilt = rebuildAndCompare({ snapshot: await store.snapshot() })
      expect(rebuilt.divergences).toEqual([])
      expect(rebuilt.head).toEqual(store.head())
      writes += rebuilt.writes
      await old.close()
      await store.close()
    }),
    { numRuns: 60 },
  )
  expect(writes).toBeGreaterThan(200n)
})

test('a bank and a payee with all that they did are made again from nothing', () => {
  const runtime = new VirtualRuntime({ seed: 8 })
  return runtime.run(async () => {
    const world = await openWorld({ runtime })
    for (const { store } of [world.harbour, world.lantern]) {
      const { divergences, from, writes } = rebuildAndCompare({ snapshot: await store.snapshot() })
      expect(divergences).toEqual([])
      expect(from).toBeUndefined()
      expect(writes).toBeGreaterThan(50n)
    }
    await world.close()
  })
})

describe('what was changed past the log', () => {
  let honest: Uint8Array
  beforeEach(async () => {
    const store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations: [first] })
    await store.execute(async tx => {
      for (const [kind, id] of [
        ['a', 1n],
        ['a', 2n],
        ['ä', -1n],
      ] as const)
        await tx.run(
          'INSERT INTO thing (kind, id, text, bytes, size) VALUES (?, ?, ?, ?, ?)',
          kind,
          id,
          'x',
          new Uint8Array([1]),
          1n,
        )
    })
    await store.execute(tx => tx.run('INSERT INTO numbered (number, text) VALUES (?, ?)', 1n, 'one'))
    honest = await store.snapshot()
    await store.close()
  })

  function divergencesAfter(tamper: string | ((database: Sqlite) => void)) {
    const database = openMemory(honest)
    typeof tamper === 'string' ? database.exec(tamper) : tamper(database)
    return rebuildAndCompare({ snapshot: serialize(database) }).divergences
  }
  const row = (what: string, table: string, key: Record<string, SqlValue>, columns: string[] = []) => [
    { kind: 'row', what, table, key, columns },
  ]

  test.each([
    [
      "UPDATE thing SET text = 'y', size = 2 WHERE id = 2",
      row('altered', 'thing', { kind: 'a', id: 2n }, ['text', 'size']),
    ],
    ["UPDATE thing SET bytes = x'02' WHERE kind = 'ä'", row('altered', 'thing', { kind: 'ä', id: -1n }, ['bytes'])],
    ['UPDATE thing SET text = NULL WHERE id = 1', row('altered', 'thing', { kind: 'a', id: 1n }, ['text'])],
    ['DELETE FROM numbered', row('missing', 'numbered', { number: 1n })],
    ["INSERT INTO numbered VALUES (7, 'seven')", row('added', 'numbered', { number: 7n })],
    [
      "UPDATE thing SET kind = 'b' WHERE kind = 'ä'",
      [...row('added', 'thing', { kind: 'b', id: -1n }), ...row('missing', 'thing', { kind: 'ä', id: -1n })],
    ],
    [
      "UPDATE migration SET checksum = 'x' WHERE room = 'test'",
      row('altered', 'migration', { room: 'test', number: 1n }, ['checksum']),
    ],
    [
      'CREATE TRIGGER hostile AFTER INSERT ON thing BEGIN DELETE FROM numbered; END',
      [{ kind: 'schema', name: 'trigger hostile', table: 'thing', what: 'added' }],
    ],
    ['DROP INDEX thing_by_size', [{ kind: 'schema', name: 'index thing_by_size', table: 'thing', what: 'missing' }]],
    [
      'DROP TRIGGER change_log_is_never_changed',
      [{ kind: 'schema', name: 'trigger change_log_is_never_changed', table: 'change_log', what: 'missing' }],
    ],
  ] as const)('%s', (sql, found) => {
    expect(divergencesAfter(sql)).toEqual(found)
  })

  test('is named only so many times for each table', () => {
    expect(divergencesAfter('PRAGMA foreign_keys = OFF; DELETE FROM thing')).toHaveLength(3)
    const database = openMemory(honest)
    database.exec('PRAGMA foreign_keys = OFF; DELETE FROM thing; DELETE FROM numbered')
    expect(rebuildAndCompare({ snapshot: serialize(database) }, { most: 1 }).divergences).toHaveLength(2)
  })

  const unguarded = (sql: string) => `DROP TRIGGER IF EXISTS change_log_is_never_changed; ${sql};
    CREATE TRIGGER change_log_is_never_changed BEFORE UPDATE ON change_log
    BEGIN SELECT RAISE(ABORT, 'the change log only grows'); END`
  test.each([
    ['a record that is gone', 'DELETE FROM change_log WHERE sequence = 2', 3n, 'it comes after record 1'],
    ['the first records gone', 'DELETE FROM change_log WHERE sequence <= 2', 3n, 'it comes after record 0'],
    ['another hash', 'UPDATE change_log SET hash = zeroblob(32) WHERE sequence = 2', 2n, 'its hash is another'],
    ['another record', 'UPDATE change_log SET record = zeroblob(70) WHERE sequence = 3', 3n, 'its hash is another'],
    ['another first hash', 'UPDATE change_log SET hash = zeroblob(32) WHERE sequence = 1', 1n, 'its hash is another'],
    [
      'another first record',
      'UPDATE change_log SET record = zeroblob(70) WHERE sequence = 1',
      1n,
      'its hash is another',
    ],
  ])('%s in the log itself', (_, sql, sequence, what) => {
    // What the honest first record makes is known by now.
    expect(rebuildAndCompare({ snapshot: honest }).divergences).toEqual([])
    const found = divergencesAfter(unguarded(sql))
    expect(found).toContainEqual({ kind: 'log', sequence, what: expect.stringContaining(what) })
  })

  test('a first record that was written anew, with its own hash', () => {
    expect(rebuildAndCompare({ snapshot: honest }).divergences).toEqual([])
    const found = divergencesAfter(database => {
      const row = database.prepare<[], { record: Buffer }>('SELECT record FROM change_log WHERE sequence = 1').get()
      const record = Buffer.from(row?.record ?? '')
      const at = record.indexOf('thing_by_size')
      record.write('other_by_size', at)
      database.exec('DROP TRIGGER change_log_is_never_changed')
      database
        .prepare('UPDATE change_log SET record = ?, hash = ? WHERE sequence = 1')
        .run(record, createHash('sha256').update(record).digest())
      database.exec(unguarded(''))
    })
    expect(found).toContainEqual({
      ...{ kind: 'log', sequence: 2n },
      what: expect.stringContaining('the record before it was another'),
    })
  })

  test('texts of statements that are gone, though each stands in the record that used it first, too', () => {
    const found = divergencesAfter('DELETE FROM change_statement')
    expect(found.length).toBeGreaterThan(0)
    for (const each of found) expect(each).toMatchObject({ kind: 'row', table: 'change_statement', what: 'missing' })
  })

  test('a record that was written anew, with its own hash and the row that it tells of', () => {
    const found = divergencesAfter(database => {
      const row = database.prepare<[], { record: Buffer }>('SELECT record FROM change_log WHERE sequence = 2').get()
      // The text `x` of the first thing, between its id and its bytes.
      const record = Buffer.from(row?.record ?? '')
      const at = record.indexOf(Buffer.from('0161784101', 'hex'))
      expect(at).toBeGreaterThan(0)
      record.write('y', at + 2)
      database.exec("DROP TRIGGER change_log_is_never_changed; UPDATE thing SET text = 'y' WHERE kind = 'a' AND id = 1")
      database
        .prepare('UPDATE change_log SET record = ?, hash = ? WHERE sequence = 2')
        .run(record, createHash('sha256').update(record).digest())
      database.exec(unguarded(''))
    })
    expect(found).toEqual([
      { kind: 'log', sequence: 3n, what: expect.stringContaining('the record before it was another') },
    ])
  })

  test('another text of a statement', () => {
    const database = openMemory(honest)
    database.exec(`DROP TRIGGER change_statement_is_never_changed;
      UPDATE change_statement SET sql = sql || ' ' WHERE sql LIKE '%numbered%';
      CREATE TRIGGER change_statement_is_never_changed BEFORE UPDATE ON change_statement
      BEGIN SELECT RAISE(ABORT, 'the text of a statement stands for ever'); END`)
    const { divergences } = rebuildAndCompare({ snapshot: serialize(database) })
    expect(divergences.filter(({ kind }) => kind === 'log')).toMatchObject([
      { what: expect.stringContaining('another text') },
    ])
  })
})

describe('on a disk', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tonebank-rebuild-test-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('the books are compared while their owner goes on', async () => {
    const store = openStore({ runtime: systemRuntime, at: { folder }, migrations: [first] })
    await store.execute(tx => tx.run('INSERT INTO numbered (number, text) VALUES (?, ?)', 1n, 'one'))
    const busy = store.execute(tx => tx.run('INSERT INTO numbered (number, text) VALUES (?, ?)', 2n, 'two'))
    expect(rebuildAndCompare({ folder }).divergences).toEqual([])
    await busy
    expect(rebuildAndCompare({ folder })).toMatchObject({ divergences: [], records: 3n, head: { sequence: 3n } })
    await store.close()
  })
})
