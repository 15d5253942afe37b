/** The tables of what a bank writes to its customers: where to, and what has yet to be sent. */
import type { Migration } from '../../store/migrations.ts'

export const confirmationMigrations: readonly Migration[] = [
  {
    room: 'bank-confirmations',
    number: 1,
    sql: `
      -- The latest counts. NULL: its customer wants none any more.
      CREATE TABLE mail_address (
        tenant TEXT NOT NULL,
        account TEXT NOT NULL,
        number INTEGER NOT NULL CHECK (number >= 1),
        address TEXT CHECK (address <> ''),
        decision TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (tenant, account, number),
        FOREIGN KEY (tenant, account) REFERENCES bank_customer (tenant, account)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER mail_address_is_never_changed BEFORE UPDATE ON mail_address
        BEGIN SELECT RAISE(ABORT, 'an address that was left stands'); END;
      CREATE TRIGGER mail_address_is_never_forgotten BEFORE DELETE ON mail_address
        BEGIN SELECT RAISE(ABORT, 'an address that was left stands'); END;

      -- Erased some weeks later.
      CREATE TABLE confirmation (
        tenant TEXT NOT NULL,
        -- Of the posting or the act that it tells of.
        id TEXT NOT NULL,
        account TEXT NOT NULL,
        -- The number of the address that it goes to.
        address INTEGER NOT NULL,
        kind TEXT NOT NULL,
        -- What it says besides, as JSON.
        facts TEXT NOT NULL,
        -- The id of the first that goes by the same mail.
        mail TEXT NOT NULL,
        -- One of those that an account has too many of for a mail of its own.
        collected INTEGER NOT NULL CHECK (collected IN (0, 1)),
        share TEXT NOT NULL CHECK (share IN ('received', 'spent', 'changed')),
        at INTEGER NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
        due_at INTEGER,
        sent_at INTEGER,
        PRIMARY KEY (tenant, id),
        FOREIGN KEY (tenant, account, address) REFERENCES mail_address (tenant, account, number),
        CHECK (due_at IS NULL OR sent_at IS NULL)
      ) STRICT;
      CREATE INDEX confirmation_due ON confirmation (tenant, due_at) WHERE due_at IS NOT NULL;
      CREATE INDEX confirmation_of_mail ON confirmation (tenant, mail);
      CREATE INDEX confirmation_of_account ON confirmation (tenant, account, share, at);
      CREATE INDEX confirmation_by_age ON confirmation (tenant, at)`,
  },
  {
    room: 'bank-confirmations',
    number: 2,
    sql: `
      -- When its customer wanted no mail any more, while it waited: it is never sent.
      ALTER TABLE confirmation ADD COLUMN withdrawn_at INTEGER
        CHECK (withdrawn_at IS NULL OR (due_at IS NULL AND sent_at IS NULL))`,
  },
]
