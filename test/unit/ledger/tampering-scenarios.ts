/** Ways in which somebody with full access to a database file may change the books of `tampering.test.ts`. */
import { createHash } from 'node:crypto'
import type { FindingKind } from '../../../src/ledger/audit/finding.ts'
import type { Sqlite } from '../../../src/store/connection.ts'
import { ada, bo, lantern, when } from '../../support/books.ts'

/** Changes the database, whose triggers have been dropped. */
export type Tampering = (database: Sqlite) => unknown

export const expiresAt = when.at + 60_000

/** What someone who has read our documentation would do after a change. */
function rechain(database: Sqlite): void {
  const put = (value: unknown) => (value === null ? '~' : `${Buffer.byteLength(`${value}`)}:${value},`)
  let previous = Buffer.alloc(32)
  for (const row of rows(database, 'SELECT * FROM journal ORDER BY seq')) {
    const entries = rows(database, `SELECT * FROM entry WHERE seq = ${row['seq']} ORDER BY line`)
    const fields = ['seq', 'id', 'event', 'kind', 'reference', 'at', 'business_date', 'about', 'expires_at', 'facts']
    const said = [
      'tonebank-journal-1',
      row['chain'],
      ...fields.map(field => row[field]),
      entries.length,
      ...entries.flatMap(entry => ['line', 'account', 'side', 'minor', 'asset', 'scale'].map(field => entry[field])),
      previous.toString('hex'),
    ]
    const hash = createHash('sha256').update(said.map(put).join('')).digest()
    database.prepare('UPDATE journal SET previous = ?, hash = ? WHERE seq = ?').run(previous, hash, row['seq'])
    previous = hash
  }
}

function rows(database: Sqlite, sql: string): Record<string, unknown>[] {
  return database.prepare<[], Record<string, unknown>>(sql).all()
}

/** Appends an event that looks right: numbered, chained, caches adjusted by `caches`. */
function append(
  database: Sqlite,
  event: string,
  about: string | null,
  entries: [string, string, bigint][],
  caches = '',
) {
  const seq = (rows(database, 'SELECT max(seq) AS seq FROM journal')[0]?.['seq'] as bigint) + 1n
  database
    .prepare("INSERT INTO journal VALUES ('main', ?, ?, ?, 'x', '', ?, ?, ?, NULL, NULL, zeroblob(32), zeroblob(32))")
    .run(seq, `forged ${seq}`, event, BigInt(when.at), when.businessDate, about)
  entries.forEach(([account, side, minor], i) => {
    database
      .prepare("INSERT INTO entry VALUES ('main', ?, ?, ?, ?, ?, 'CNY', 2)")
      .run(seq, BigInt(i + 1), account, side, minor)
  })
  rechain(database)
  database.exec(caches)
}

export const seqOf = (id: string) => `(SELECT seq FROM journal WHERE id = '${id}')`
export const grow = (account: string, by: bigint) =>
  `UPDATE balance SET posted = posted + ${by} WHERE account = '${account}';`
const lift = (by: bigint) => `
  UPDATE entry SET minor = minor + ${by} WHERE seq = ${seqOf('s1')};`
const liftCaches = (by: bigint) => grow(ada, -by) + grow(lantern, by)

/** What is done, and exactly the kinds of finding that it must lead to. */
export const scenarios: [string, FindingKind[], Tampering][] = [
  [
    "one entry's amount is edited",
    ['altered', 'balance-cache', 'unbalanced'],
    database => database.exec(`UPDATE entry SET minor = 1 WHERE seq = ${seqOf('s1')} AND line = 1`),
  ],
  ["both entries' amounts are edited", ['altered', 'balance-cache'], database => database.exec(lift(5n))],
  ['… and the cached balances too', ['altered'], database => database.exec(lift(5n) + liftCaches(5n))],
  [
    '… and the chain is computed again',
    ['head-contradicted'],
    database => {
      database.exec(lift(5n) + liftCaches(5n))
      rechain(database)
    },
  ],
  [
    'the last event is cut off, with its entries and its part of the balances',
    ['head-contradicted'],
    database =>
      database.exec(
        `DELETE FROM entry WHERE seq = ${seqOf('s3')}; DELETE FROM journal WHERE id = 's3';${grow(ada, 900n)}${grow(lantern, -900n)}`,
      ),
  ],
  [
    'an event in the middle is deleted',
    ['balance-cache', 'broken-chain', 'gap'],
    database => database.exec(`DELETE FROM entry WHERE seq = ${seqOf('s2')}; DELETE FROM journal WHERE id = 's2'`),
  ],
  [
    '… and the rest renumbered and chained again',
    ['head-contradicted'],
    database => {
      const seq = rows(database, `SELECT ${seqOf('s2')} AS seq`)[0]?.['seq']
      database.exec(`DELETE FROM entry WHERE seq = ${seq}; DELETE FROM journal WHERE seq = ${seq};`)
      const last = rows(database, 'SELECT max(seq) AS seq FROM journal')[0]?.['seq'] as bigint
      for (let at = (seq as bigint) + 1n; at <= last; at++) {
        database.exec(
          `UPDATE journal SET seq = ${at - 1n} WHERE seq = ${at}; UPDATE entry SET seq = ${at - 1n} WHERE seq = ${at}`,
        )
      }
      database.exec(grow(bo, 10_000n) + grow(lantern, -10_000n))
      rechain(database)
    },
  ],
  [
    // The float had not enough for that: it would have been refused.
    'debit and credit of a sale are swapped',
    ['altered', 'balance-cache', 'out-of-bounds'],
    database =>
      database.exec(
        `UPDATE entry SET side = CASE side WHEN 'debit' THEN 'credit' ELSE 'debit' END WHERE seq = ${seqOf('s2')}`,
      ),
  ],
  [
    'a sale is charged to somebody else',
    ['altered', 'balance-cache'],
    database => database.exec(`UPDATE entry SET account = '${bo}' WHERE seq = ${seqOf('s1')} AND account = '${ada}'`),
  ],
  [
    "two sales' entries are exchanged",
    ['altered'],
    database => {
      database.exec(`UPDATE entry SET seq = 999 WHERE seq = ${seqOf('s1')}`)
      database.exec(`UPDATE entry SET seq = ${seqOf('s1')} WHERE seq = ${seqOf('s2')}`)
      database.exec(`UPDATE entry SET seq = ${seqOf('s2')} WHERE seq = 999`)
    },
  ],
  [
    'two events change places',
    ['altered', 'broken-chain'],
    database => {
      const [a, b] = ['s1', 's2'].map(id => rows(database, `SELECT ${seqOf(id)} AS seq`)[0]?.['seq'])
      for (const table of ['journal', 'entry']) {
        database.exec(`UPDATE ${table} SET seq = 999 WHERE seq = ${a}; UPDATE ${table} SET seq = ${a} WHERE seq = ${b}`)
        database.exec(`UPDATE ${table} SET seq = ${b} WHERE seq = 999`)
      }
    },
  ],
  [
    'an entry is deleted',
    ['altered', 'balance-cache', 'unbalanced'],
    database => database.exec(`DELETE FROM entry WHERE seq = ${seqOf('s1')} AND line = 2`),
  ],
  [
    'an entry is added to an event',
    ['altered', 'balance-cache', 'unbalanced'],
    database =>
      database.exec(`INSERT INTO entry VALUES ('main', ${seqOf('s1')}, 3, '${ada}', 'credit', 500, 'CNY', 2)`),
  ],
  [
    'an entry is added to no event',
    ['database', 'stray-entry'],
    database => database.exec(`INSERT INTO entry VALUES ('main', 999, 1, '${ada}', 'credit', 500, 'CNY', 2)`),
  ],
  [
    'an entry is on an account that is not there',
    ['altered', 'balance-cache', 'database', 'stray-entry'],
    database => database.exec(`UPDATE entry SET account = 'float:nobody' WHERE seq = ${seqOf('s1')} AND line = 2`),
  ],
  [
    "an entry's asset is changed",
    ['altered', 'stray-entry', 'unbalanced'],
    database => database.exec(`UPDATE entry SET asset = 'JPY' WHERE seq = ${seqOf('s1')} AND line = 2`),
  ],
  [
    'a posting is moved to another business date',
    ['altered'],
    database => database.exec("UPDATE journal SET business_date = '2026-03-21' WHERE id = 's1'"),
  ],
  [
    'a posting is said to be something else',
    ['altered'],
    database => database.exec("UPDATE journal SET reference = 'voucher s9' WHERE id = 's1'"),
  ],
  [
    'the instant of an event is changed',
    ['altered'],
    database => database.exec("UPDATE journal SET at = at + 1 WHERE id = 's1'"),
  ],
  ['a cached balance is raised', ['balance-cache'], database => database.exec(grow(ada, 1n))],
  [
    'held money is set free in the cache',
    ['balance-cache'],
    database => database.exec(`UPDATE balance SET held = 0 WHERE account = '${ada}'`),
  ],
  [
    'a cached balance is deleted',
    ['balance-cache'],
    database => database.exec(`DELETE FROM balance WHERE account = '${ada}'`),
  ],
  [
    'a spent reservation is open again in the cache',
    ['reservation-cache'],
    database => database.exec("UPDATE reservation SET state = 'open', captured = 0 WHERE id = 'r-captured'"),
  ],
  [
    'a reservation lasts longer in the cache',
    ['reservation-cache'],
    database => database.exec("UPDATE reservation SET expires_at = expires_at + 1 WHERE id = 'r-open'"),
  ],
  [
    'a reservation is deleted from the cache',
    ['reservation-cache'],
    database => database.exec("DELETE FROM reservation WHERE id = 'r-open'"),
  ],
  [
    'a reservation is made up in the cache',
    ['database', 'reservation-cache'],
    database =>
      database.exec(
        `INSERT INTO reservation VALUES ('main', 'r-none', '${ada}', '${lantern}', 5, 'CNY', 2, ${expiresAt}, 'open', 0, 0, 0)`,
      ),
  ],
  [
    "an account's floor is taken away",
    ['account-altered'],
    database => database.exec(`UPDATE account SET floor = NULL WHERE id = '${ada}'`),
  ],
  [
    "a counterparty's cap is raised",
    ['account-altered'],
    database => database.exec("UPDATE account SET ceiling = ceiling * 10 WHERE id = 'due-from-bank:north'"),
  ],
  [
    'an account is called another kind',
    ['account-altered'],
    database => database.exec(`UPDATE account SET class = 'suspense' WHERE id = '${ada}'`),
  ],
  [
    'an account appears that nobody opened',
    ['account-altered'],
    database =>
      database.exec(`
        INSERT INTO account VALUES ('main', 'deposit:9', 'deposit', 'CNY', 2, 0, NULL, 1);
        INSERT INTO balance VALUES ('main', 'deposit:9', 0, 0, 0)`),
  ],
  [
    'an account disappears',
    ['account-altered', 'balance-cache', 'database'],
    database => database.exec("DELETE FROM account WHERE id = 'float:jobs'"),
  ],
  [
    'an event is appended that captures a second time',
    ['impossible-event'],
    database => {
      const entries: [string, string, bigint][] = [
        [ada, 'debit', 1_000n],
        [lantern, 'credit', 1_000n],
      ]
      append(database, 'capture', 'r-captured', entries, liftCaches(1_000n))
    },
  ],
  [
    'an event is appended that expires too early',
    ['impossible-event'],
    database =>
      append(
        database,
        'expire',
        'r-open',
        [],
        `UPDATE reservation SET state = 'expired' WHERE id = 'r-open';
         UPDATE balance SET held = 0 WHERE account = '${ada}'; UPDATE balance SET incoming = 0 WHERE account = '${lantern}'`,
      ),
  ],
  [
    'an event is appended that starts what has not accrued',
    ['impossible-event'],
    database => {
      const entries: [string, string, bigint][] = [
        [ada, 'debit', 1n],
        [lantern, 'credit', 1n],
      ]
      append(
        database,
        'start',
        'r-open',
        entries,
        "UPDATE reservation SET started = 1, accrued = 1 WHERE id = 'r-open'",
      )
    },
  ],
  [
    'more was used of a hold in the cache',
    ['reservation-cache'],
    database => database.exec("UPDATE reservation SET started = 1, accrued = 1 WHERE id = 'r-open'"),
  ],
  [
    'an event is appended that makes money',
    ['unbalanced'],
    database => append(database, 'post', null, [[ada, 'credit', 1_000n]], grow(ada, 1_000n)),
  ],
  [
    'an event is appended that overdraws',
    ['out-of-bounds'],
    database => {
      const entries: [string, string, bigint][] = [
        [bo, 'debit', 40_001n],
        [lantern, 'credit', 40_001n],
      ]
      append(database, 'post', null, entries, grow(bo, -40_001n) + grow(lantern, 40_001n))
    },
  ],
  [
    'an event is appended that exceeds a cap',
    ['out-of-bounds'],
    database => {
      const entries: [string, string, bigint][] = [
        ['due-from-bank:north', 'debit', 100_001n],
        [ada, 'credit', 100_001n],
      ]
      append(database, 'post', null, entries, grow('due-from-bank:north', 100_001n) + grow(ada, 100_001n))
    },
  ],
  [
    "an own head's hash is put right after a change",
    ['head-forged'],
    database => {
      database.exec(lift(5n) + liftCaches(5n))
      rechain(database)
      database.exec('UPDATE kept_head SET hash = (SELECT hash FROM journal WHERE journal.seq = kept_head.seq)')
    },
  ],
  ["a head's time is changed", ['head-forged'], database => database.exec('UPDATE kept_head SET at = at + 1')],
  [
    'a head of a key that nobody knows is added',
    ['head-forged'],
    database =>
      database.exec(
        "INSERT INTO kept_head SELECT chain, seq, hash, at, signer, 'ledger-9-000000000000', signature FROM kept_head",
      ),
  ],
  [
    // Read and asked for again it is another name: an audit that goes from name to name must not stand there.
    'the name of a chain is not text any more',
    ['account-altered', 'broken-chain', 'database', 'gap'],
    database => database.exec("UPDATE journal SET chain = CAST(x'6d61ff6e' AS TEXT) WHERE seq = 4"),
  ],
  [
    'a trigger is made to do nothing',
    ['database'],
    database =>
      database.exec('CREATE TRIGGER journal_refuses_delete BEFORE DELETE ON journal WHEN 0 BEGIN SELECT 1; END'),
  ],
]
