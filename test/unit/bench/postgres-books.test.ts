/** What the ledger's benchmark compares with: a bank's own commands on tables in PostgreSQL, each of them done once, and none lost to another. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { translate } from '../../../bench/ledger/postgres/dialect.ts'
import { type PostgresBooks, postgresBooks, type Way } from '../../../bench/ledger/postgres/postgres-books.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { openStore } from '../../../src/store/open.ts'
import type { Tx } from '../../../src/store/store.ts'
import { Postgres } from '../../support/postgres.ts'

const migrations = [
  {
    room: 'test',
    number: 1,
    sql: `
      CREATE TABLE link (chain TEXT NOT NULL, seq INTEGER NOT NULL, note BLOB, kept INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (chain, seq)) STRICT, WITHOUT ROWID;
      CREATE INDEX link_unkept ON link (chain) WHERE kept IS NOT seq;
      CREATE TABLE tally (id TEXT PRIMARY KEY, made INTEGER NOT NULL) STRICT;
      INSERT INTO tally VALUES ('links', 1), ('', 9007199254740993);
      INSERT INTO link (chain, seq, note) VALUES ('main', 1, x'00ff')`,
  },
]

let server: Postgres
let snapshot: Uint8Array
beforeAll(async () => {
  server = await Postgres.start()
  const store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations })
  snapshot = await store.snapshot()
  await store.close()
})
afterAll(() => server?.stop())

/** As a sale: a balance that was read is written, and a row is added under an id of its own. */
async function add(tx: Tx, seq: bigint): Promise<bigint> {
  const tally = await tx.one<{ made: bigint }>('SELECT made FROM tally WHERE id = ?', 'links')
  if (tally === undefined) throw new Error('there is no tally')
  await tx.run('INSERT INTO link (chain, seq) VALUES (?, ?)', 'main', seq)
  await tx.run('UPDATE tally SET made = ? WHERE id = ?', tally.made + 1n, 'links')
  return tally.made + 1n
}

const ways: readonly [Way][] = [[{ kind: 'grouped', groupSize: 7 }], [{ kind: 'serializable', connections: 4 }]]

test.each(ways)('%o: of 40 commands at once each is done once', async way => {
  const books: PostgresBooks = await postgresBooks(server, snapshot, way)
  try {
    const ids = Array.from({ length: 40 }, (_, i) => BigInt(i + 2))
    const made = await Promise.all(ids.map(id => books.execute(tx => add(tx, id))))
    expect(made.sort((a, b) => Number(a - b))).toEqual(ids)
    expect(await books.read(tx => tx.one('SELECT made FROM tally WHERE id = ?', 'links'))).toEqual({ made: 41n })
    if (way.kind === 'serializable') expect(books.retries).toBeGreaterThan(0)
  } finally {
    await books.close()
  }
})

test('rows come over as they are in SQLite, and are read as SQLite gives them', async () => {
  const books = await postgresBooks(server, snapshot, { kind: 'serializable', connections: 1 })
  try {
    const [first] = await books.read(tx =>
      tx.all('SELECT seq, note, kept, seq = 1 AS isFirst, (SELECT made FROM tally WHERE id = ?) AS most FROM link', ''),
    )
    const { note, ...others } = first ?? {}
    expect(others).toEqual({ seq: 1n, kept: 0n, isFirst: 1n, most: 9_007_199_254_740_993n })
    expect(note).toEqual(Buffer.from([0, 255]))
  } finally {
    await books.close()
  }
})

test('a counter is counted on, and a truth that is not there is false', () => {
  expect(
    translate('INSERT INTO c (tenant, used) VALUES (?, ?) ON CONFLICT (tenant) DO UPDATE SET used = used + 1'),
  ).toBe('INSERT INTO c (tenant, used) VALUES ($1, $2) ON CONFLICT (tenant) DO UPDATE SET used = c.used + 1')
  expect(translate("SELECT coalesce((SELECT says = 'lost' FROM n ORDER BY at DESC LIMIT 1), 0)")).toContain(', false)')
})
