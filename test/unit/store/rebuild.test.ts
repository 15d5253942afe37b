/** Migrations that make a table anew which others refer to: nothing is lost, and what would lose something is refused. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bankIdentities } from '../../../src/bank/audit.ts'
import { bankTables } from '../../../src/bank/tables.ts'
import { memoryKeys } from '../../../src/keys/soft-keys.ts'
import { audit } from '../../../src/ledger/audit/audit.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { openMemory, serialize } from '../../../src/store/connection.ts'
import { type Migration, migrate } from '../../../src/store/migrations.ts'
import { openStore } from '../../../src/store/open.ts'
import { rebuiltTable } from '../../../src/store/rebuild.ts'
import { type Released, unpackReleased } from '../../support/released.ts'

const make = `
  CREATE TABLE kind (name TEXT PRIMARY KEY CHECK (name IN ('a', 'b'))) STRICT, WITHOUT ROWID;
  CREATE INDEX kind_by_name ON kind (name);
  CREATE TRIGGER kind_stays BEFORE DELETE ON kind BEGIN SELECT RAISE(ABORT, 'a kind stays'); END;
  CREATE TABLE thing (id INTEGER PRIMARY KEY, kind TEXT NOT NULL REFERENCES kind (name)) STRICT;
  INSERT INTO kind (name) VALUES ('a'), ('b');
  INSERT INTO thing (id, kind) VALUES (1, 'a'), (2, 'b')`
const first: Migration = { room: 'test', number: 1, sql: make }
const itsOwn = `
  CREATE INDEX kind_by_name ON kind (name);
  CREATE TRIGGER kind_stays BEFORE DELETE ON kind BEGIN SELECT RAISE(ABORT, 'a kind stays'); END`
const wider = (how: { belongings?: string; from?: string } = {}): Migration => ({
  room: 'test',
  number: 2,
  rebuilds: ['kind'],
  sql: rebuiltTable({
    table: 'kind',
    make: name => `CREATE TABLE ${name} (name TEXT PRIMARY KEY CHECK (name IN ('a', 'b', 'c'))) STRICT, WITHOUT ROWID`,
    columns: [how.from === undefined ? 'name' : ['name', how.from]],
    belongings: how.belongings ?? itsOwn,
  }),
})

function migrated(...migrations: Migration[]) {
  const database = openMemory()
  migrate(database, [first])
  migrate(database, [first, ...migrations])
  return database
}

test('a CHECK is widened in a table that others refer to', () => {
  const database = migrated(wider())
  database.exec("INSERT INTO kind (name) VALUES ('c')")
  expect(database.prepare('SELECT count(*) AS n FROM thing JOIN kind ON kind.name = thing.kind').get()).toEqual({
    n: 2n,
  })
  expect(() => database.exec("DELETE FROM kind WHERE name = 'c'")).toThrow('a kind stays')
  expect(() => database.exec("INSERT INTO thing (id, kind) VALUES (3, 'd')")).toThrow('FOREIGN KEY')
  expect(database.pragma('foreign_keys', { simple: true })).toBe(1n)
})

test.each([
  ['a trigger', { belongings: 'CREATE INDEX kind_by_name ON kind (name)' }, 'loses trigger kind_stays of kind'],
  ['an index', { belongings: itsOwn.replace(/CREATE INDEX[^;]*;/, '') }, 'loses index kind_by_name of kind'],
  ['a row', { belongings: `DELETE FROM kind WHERE name = 'b'; ${itsOwn}` }, 'makes 1 rows of the 2 of kind'],
  [
    'what others refer to',
    { from: "CASE name WHEN 'b' THEN 'c' ELSE name END" },
    'a row of thing refers to no row of kind',
  ],
])('a step that loses %s is refused, and leaves everything as it was', (_, how, message) => {
  const database = openMemory()
  migrate(database, [first])
  const before = serialize(database)
  expect(() => migrate(database, [first, wider(how)])).toThrow(message)
  expect(database.pragma('foreign_keys', { simple: true })).toBe(1n)
  expect(Buffer.from(serialize(database)).equals(before)).toBe(true)
  migrate(database, [first, wider()])
})

let released: Released
beforeEach(() => {
  released = unpackReleased('0.1.0')
})
afterEach(() => released.dispose())

test('the journal of a released bank, to which three tables refer, takes a new kind of event', async () => {
  const store = openStore({
    runtime: systemRuntime,
    at: { folder: released.folderOf('harbour') },
    migrations: bankTables,
  })
  const bytes = await store.snapshot()
  await store.close()
  const database = openMemory(bytes)
  const [journal] = database
    .prepare<[], { sql: string }>("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'journal'")
    .all()
  const belongings = database
    .prepare<[], { sql: string }>(
      "SELECT sql FROM sqlite_schema WHERE tbl_name = 'journal' AND type IN ('index', 'trigger') AND sql IS NOT NULL",
    )
    .all()
  const columns = (database.pragma('table_info(journal)') as { name: string }[]).map(column => column.name)
  const sql = rebuiltTable({
    table: 'journal',
    make: name =>
      (journal?.sql ?? '').replace(/TABLE "?journal"?/, `TABLE ${name}`).replace("'open',", "'open', 'accrue',"),
    columns,
    belongings: belongings.map(each => each.sql).join(';'),
  })
  const known = database.prepare<[], { room: string; number: bigint }>('SELECT room, number FROM migration').all()
  database.exec('CREATE TABLE kept AS SELECT * FROM migration; DELETE FROM migration')
  migrate(database, [{ room: 'test', number: 1, sql, rebuilds: ['journal'] }])
  database.exec('DELETE FROM migration; INSERT INTO migration SELECT * FROM kept; DROP TABLE kept')
  expect(known.length).toBeGreaterThan(5)
  const findings = await audit(
    { snapshot: serialize(database) },
    {
      signer: 'nobody',
      keys: (await memoryKeys(systemRuntime)).publicKeys(),
      identities: bankIdentities({ tenant: 'harbour', chain: 'main' }),
    },
  )
  // The schema was changed past the log here, and the released rows are in no checkpoint: only the log has something to say.
  expect(findings.filter(({ kind }) => kind !== 'log')).toEqual([])
  database.exec(`INSERT INTO journal (chain, seq, id, event, kind, reference, at, business_date, previous, hash)
    VALUES ('other', 1, 'x', 'accrue', 'x', '', 1, '2026-01-01', zeroblob(32), zeroblob(32))`)
})
