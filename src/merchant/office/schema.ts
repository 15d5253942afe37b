/** What people of a payee did in its office, each signed by a passkey of theirs, and keys of programs that came or went by such an act. */
import type { Migration } from '../../store/migrations.ts'
import { rebuiltTable } from '../../store/rebuild.ts'

export const officeMigrations: readonly Migration[] = [
  {
    room: 'office',
    number: 1,
    sql: `
      CREATE TABLE office_act (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        digest TEXT NOT NULL CHECK (length(digest) = 64),
        -- What was read back and signed.
        content BLOB NOT NULL,
        person TEXT NOT NULL,
        signed_at INTEGER NOT NULL,
        signature BLOB NOT NULL,
        passkey TEXT NOT NULL,
        authenticator_data BLOB NOT NULL,
        client_data BLOB NOT NULL,
        -- The row of the journal that it wrote.
        posting INTEGER NOT NULL,
        PRIMARY KEY (tenant, digest),
        UNIQUE (tenant, posting),
        FOREIGN KEY (tenant, person) REFERENCES person (tenant, key_id),
        FOREIGN KEY (tenant, passkey) REFERENCES person_passkey (tenant, id)
      ) STRICT;
      CREATE TRIGGER office_act_is_never_changed BEFORE UPDATE ON office_act
        BEGIN SELECT RAISE(ABORT, 'an act stands as it was signed'); END;
      CREATE TRIGGER office_act_is_never_forgotten BEFORE DELETE ON office_act
        BEGIN SELECT RAISE(ABORT, 'an act stands for ever'); END`,
  },
  {
    room: 'office',
    number: 2,
    rebuilds: ['office_act', 'api_key'],
    sql: `
      ${rebuiltTable({
        table: 'office_act',
        make: name => `CREATE TABLE ${name} (
          tenant TEXT NOT NULL REFERENCES institution (tenant),
          digest TEXT NOT NULL CHECK (length(digest) = 64),
          -- What was read back and signed.
          content BLOB NOT NULL,
          person TEXT NOT NULL,
          signed_at INTEGER NOT NULL,
          signature BLOB NOT NULL,
          passkey TEXT NOT NULL,
          authenticator_data BLOB NOT NULL,
          client_data BLOB NOT NULL,
          -- The row of the journal that it wrote, where it moved money.
          posting INTEGER,
          PRIMARY KEY (tenant, digest),
          UNIQUE (tenant, posting),
          FOREIGN KEY (tenant, person) REFERENCES person (tenant, key_id),
          FOREIGN KEY (tenant, passkey) REFERENCES person_passkey (tenant, id)
        ) STRICT`,
        columns: [
          ...['tenant', 'digest', 'content', 'person', 'signed_at', 'signature', 'passkey'],
          ...['authenticator_data', 'client_data', 'posting'],
        ],
        belongings: `
          CREATE TRIGGER office_act_is_never_changed BEFORE UPDATE ON office_act
            BEGIN SELECT RAISE(ABORT, 'an act stands as it was signed'); END;
          CREATE TRIGGER office_act_is_never_forgotten BEFORE DELETE ON office_act
            BEGIN SELECT RAISE(ABORT, 'an act stands for ever'); END;`,
      })}
      ${rebuiltTable({
        table: 'api_key',
        make: name => `CREATE TABLE ${name} (
          tenant TEXT NOT NULL REFERENCES institution (tenant),
          id TEXT NOT NULL CHECK (length(id) = 16),
          name TEXT NOT NULL CHECK (name <> ''),
          -- SHA-256 of the key's secret part, which is random and as long.
          verifier BLOB NOT NULL CHECK (length(verifier) = 32),
          -- Where its shop is told of payments.
          webhook TEXT,
          added_at INTEGER NOT NULL,
          added_by TEXT NOT NULL,
          -- By their own key, in a command; else the act says by which passkey they signed.
          added_signature BLOB CHECK (length(added_signature) = 64),
          added_act TEXT,
          revoked_at INTEGER,
          revoked_by TEXT,
          revoked_signature BLOB CHECK (length(revoked_signature) = 64),
          revoked_act TEXT,
          PRIMARY KEY (tenant, id),
          UNIQUE (tenant, added_act),
          UNIQUE (tenant, revoked_act),
          FOREIGN KEY (tenant, added_by) REFERENCES person (tenant, key_id),
          FOREIGN KEY (tenant, revoked_by) REFERENCES person (tenant, key_id),
          FOREIGN KEY (tenant, added_act) REFERENCES office_act (tenant, digest),
          FOREIGN KEY (tenant, revoked_act) REFERENCES office_act (tenant, digest),
          CHECK ((added_signature IS NULL) <> (added_act IS NULL)),
          CHECK (revoked_signature IS NULL OR revoked_act IS NULL),
          CHECK ((revoked_at IS NULL) = (revoked_by IS NULL)
            AND (revoked_at IS NULL) = (revoked_signature IS NULL AND revoked_act IS NULL))
        ) STRICT`,
        columns: [
          ...['tenant', 'id', 'name', 'verifier', 'webhook', 'added_at', 'added_by', 'added_signature'],
          ...['revoked_at', 'revoked_by', 'revoked_signature'],
        ],
        belongings: `
          CREATE TRIGGER api_key_is_never_forgotten BEFORE DELETE ON api_key
            BEGIN SELECT RAISE(ABORT, 'who could redeem stands for ever'); END;`,
      })}`,
  },
]
