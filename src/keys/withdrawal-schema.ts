/** The table of proposals that their makers have taken back. */
import type { Migration } from '../store/migrations.ts'

export const withdrawals: Migration = {
  room: 'people',
  number: 3,
  sql: `
      -- Signed by the proposal's maker.
      CREATE TABLE withdrawal (
        tenant TEXT NOT NULL,
        digest TEXT NOT NULL,
        withdrawn_at INTEGER NOT NULL,
        signature BLOB NOT NULL CHECK (length(signature) = 64),
        PRIMARY KEY (tenant, digest),
        FOREIGN KEY (tenant, digest) REFERENCES proposal (tenant, digest)
      ) STRICT;
      CREATE TRIGGER withdrawal_is_never_changed BEFORE UPDATE ON withdrawal
        BEGIN SELECT RAISE(ABORT, 'a withdrawal stands as it was signed'); END;
      CREATE TRIGGER withdrawal_is_never_forgotten BEFORE DELETE ON withdrawal
        BEGIN SELECT RAISE(ABORT, 'a withdrawal stands for ever'); END`,
}
