/**
 * The ledger's tables. `journal`, `entry` and `account` are the truth and only grow; `balance` and `reservation` are caches
 * that can be computed again from them, and that an audit does compute again.
 */
import type { Migration } from '../store/migrations.ts'
import { rebuiltTable } from '../store/rebuild.ts'

const appendOnly = ['journal', 'entry', 'account', 'kept_head']
  .map(
    table => `
      CREATE TRIGGER ${table}_refuses_update BEFORE UPDATE ON ${table}
        BEGIN SELECT RAISE(ABORT, '${table} only grows'); END;
      CREATE TRIGGER ${table}_refuses_delete BEFORE DELETE ON ${table}
        BEGIN SELECT RAISE(ABORT, '${table} only grows'); END;`,
  )
  .join('')

/** As both rebuildings of the journal keep them. */
const journalColumns = [
  ...['chain', 'seq', 'id', 'event', 'kind', 'reference', 'at', 'business_date', 'about', 'expires_at', 'facts'],
  ...['previous', 'hash'],
]
const journalBelongings = `
          CREATE UNIQUE INDEX journal_by_id ON journal (chain, id);
          CREATE INDEX journal_by_about ON journal (chain, about) WHERE about IS NOT NULL;
          CREATE TRIGGER journal_refuses_update BEFORE UPDATE ON journal
            BEGIN SELECT RAISE(ABORT, 'journal only grows'); END;
          CREATE TRIGGER journal_refuses_delete BEFORE DELETE ON journal
            BEGIN SELECT RAISE(ABORT, 'journal only grows'); END;`

export const ledgerMigrations: readonly Migration[] = [
  {
    room: 'ledger',
    number: 1,
    sql: `
      CREATE TABLE journal (
        chain TEXT NOT NULL,
        seq INTEGER NOT NULL CHECK (seq >= 1),
        id TEXT NOT NULL CHECK (id <> ''),
        event TEXT NOT NULL CHECK (event IN ('open', 'post', 'reserve', 'capture', 'release', 'expire')),
        kind TEXT NOT NULL,
        reference TEXT NOT NULL,
        at INTEGER NOT NULL,
        business_date TEXT NOT NULL,
        about TEXT,
        expires_at INTEGER,
        facts TEXT,
        previous BLOB NOT NULL CHECK (length(previous) = 32),
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        PRIMARY KEY (chain, seq)
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX journal_by_id ON journal (chain, id);

      CREATE TABLE account (
        chain TEXT NOT NULL,
        id TEXT NOT NULL,
        class TEXT NOT NULL,
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL CHECK (scale BETWEEN 0 AND 18),
        floor INTEGER,
        ceiling INTEGER,
        opened_seq INTEGER NOT NULL,
        PRIMARY KEY (chain, id),
        FOREIGN KEY (chain, opened_seq) REFERENCES journal (chain, seq)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE entry (
        chain TEXT NOT NULL,
        seq INTEGER NOT NULL,
        line INTEGER NOT NULL CHECK (line >= 1),
        account TEXT NOT NULL,
        side TEXT NOT NULL CHECK (side IN ('debit', 'credit')),
        minor INTEGER NOT NULL CHECK (minor > 0),
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        PRIMARY KEY (chain, seq, line),
        FOREIGN KEY (chain, seq) REFERENCES journal (chain, seq),
        FOREIGN KEY (chain, account) REFERENCES account (chain, id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX entry_by_account ON entry (chain, account, seq);

      CREATE TABLE balance (
        chain TEXT NOT NULL,
        account TEXT NOT NULL,
        posted INTEGER NOT NULL,
        held INTEGER NOT NULL CHECK (held >= 0),
        incoming INTEGER NOT NULL CHECK (incoming >= 0),
        PRIMARY KEY (chain, account),
        FOREIGN KEY (chain, account) REFERENCES account (chain, id)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE reservation (
        chain TEXT NOT NULL,
        id TEXT NOT NULL,
        debit TEXT NOT NULL,
        credit TEXT NOT NULL,
        minor INTEGER NOT NULL CHECK (minor > 0),
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'captured', 'released', 'expired')),
        captured INTEGER NOT NULL CHECK (captured BETWEEN 0 AND minor),
        PRIMARY KEY (chain, id),
        FOREIGN KEY (chain, id) REFERENCES journal (chain, id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX reservation_due ON reservation (chain, state, expires_at);

      CREATE TABLE kept_head (
        chain TEXT NOT NULL,
        seq INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        at INTEGER NOT NULL,
        signer TEXT NOT NULL,
        key_id TEXT NOT NULL,
        signature BLOB NOT NULL,
        PRIMARY KEY (signer, chain, seq, key_id)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE spent (
        chain TEXT NOT NULL,
        account TEXT NOT NULL,
        channel TEXT NOT NULL,
        business_date TEXT NOT NULL,
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        minor INTEGER NOT NULL CHECK (minor >= 0),
        PRIMARY KEY (chain, account, channel, business_date, asset)
      ) STRICT, WITHOUT ROWID;
      ${appendOnly}`,
  },
  {
    // Holds that are captured in parts, and of which an amount accrues before it is used.
    room: 'ledger',
    number: 2,
    rebuilds: ['journal', 'reservation'],
    sql: [
      rebuiltTable({
        table: 'journal',
        make: name => `CREATE TABLE ${name} (
          chain TEXT NOT NULL,
          seq INTEGER NOT NULL CHECK (seq >= 1),
          id TEXT NOT NULL CHECK (id <> ''),
          event TEXT NOT NULL CHECK (event IN
            ('open', 'post', 'reserve', 'accrue', 'capture-part', 'capture', 'release', 'expire')),
          kind TEXT NOT NULL,
          reference TEXT NOT NULL,
          at INTEGER NOT NULL,
          business_date TEXT NOT NULL,
          about TEXT,
          expires_at INTEGER,
          facts TEXT,
          previous BLOB NOT NULL CHECK (length(previous) = 32),
          hash BLOB NOT NULL CHECK (length(hash) = 32),
          PRIMARY KEY (chain, seq)
        ) STRICT, WITHOUT ROWID`,
        columns: journalColumns,
        belongings: journalBelongings,
      }),
      rebuiltTable({
        table: 'reservation',
        make: name => `CREATE TABLE ${name} (
          chain TEXT NOT NULL,
          id TEXT NOT NULL,
          debit TEXT NOT NULL,
          credit TEXT NOT NULL,
          minor INTEGER NOT NULL CHECK (minor > 0),
          asset TEXT NOT NULL,
          scale INTEGER NOT NULL,
          expires_at INTEGER NOT NULL,
          state TEXT NOT NULL CHECK (state IN ('open', 'captured', 'released', 'expired')),
          captured INTEGER NOT NULL CHECK (captured BETWEEN 0 AND accrued),
          accrued INTEGER NOT NULL CHECK (accrued BETWEEN 0 AND minor),
          PRIMARY KEY (chain, id),
          FOREIGN KEY (chain, id) REFERENCES journal (chain, id)
        ) STRICT, WITHOUT ROWID`,
        columns: [
          ...['chain', 'id', 'debit', 'credit', 'minor', 'asset', 'scale', 'expires_at', 'state', 'captured'],
          ['accrued', 'captured'],
        ],
        belongings: 'CREATE INDEX reservation_due ON reservation (chain, state, expires_at)',
      }),
    ].join(';'),
  },
  {
    // What has accrued and was begun to be used: an end posts that, and no more.
    room: 'ledger',
    number: 3,
    rebuilds: ['journal', 'reservation'],
    sql: [
      rebuiltTable({
        table: 'journal',
        make: name => `CREATE TABLE ${name} (
          chain TEXT NOT NULL,
          seq INTEGER NOT NULL CHECK (seq >= 1),
          id TEXT NOT NULL CHECK (id <> ''),
          event TEXT NOT NULL CHECK (event IN
            ('open', 'post', 'reserve', 'accrue', 'start', 'capture-part', 'capture', 'release', 'expire')),
          kind TEXT NOT NULL,
          reference TEXT NOT NULL,
          at INTEGER NOT NULL,
          business_date TEXT NOT NULL,
          about TEXT,
          expires_at INTEGER,
          facts TEXT,
          previous BLOB NOT NULL CHECK (length(previous) = 32),
          hash BLOB NOT NULL CHECK (length(hash) = 32),
          PRIMARY KEY (chain, seq)
        ) STRICT, WITHOUT ROWID`,
        columns: journalColumns,
        belongings: journalBelongings,
      }),
      rebuiltTable({
        table: 'reservation',
        make: name => `CREATE TABLE ${name} (
          chain TEXT NOT NULL,
          id TEXT NOT NULL,
          debit TEXT NOT NULL,
          credit TEXT NOT NULL,
          minor INTEGER NOT NULL CHECK (minor > 0),
          asset TEXT NOT NULL,
          scale INTEGER NOT NULL,
          expires_at INTEGER NOT NULL,
          state TEXT NOT NULL CHECK (state IN ('open', 'captured', 'released', 'expired')),
          captured INTEGER NOT NULL CHECK (captured BETWEEN 0 AND started),
          started INTEGER NOT NULL CHECK (started BETWEEN 0 AND accrued),
          accrued INTEGER NOT NULL CHECK (accrued BETWEEN 0 AND minor),
          PRIMARY KEY (chain, id),
          FOREIGN KEY (chain, id) REFERENCES journal (chain, id)
        ) STRICT, WITHOUT ROWID`,
        columns: [
          ...['chain', 'id', 'debit', 'credit', 'minor', 'asset', 'scale', 'expires_at', 'state', 'captured'],
          ...['accrued', ['started', 'captured'] as const],
        ],
        belongings: 'CREATE INDEX reservation_due ON reservation (chain, state, expires_at)',
      }),
    ].join(';'),
  },
]
