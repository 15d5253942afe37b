/** What people of a payee did in its office, each signed by a passkey of theirs. */
import type { Migration } from '../../store/migrations.ts'

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
]
