/** The tables of a payee's till: keys of its shops' programs, what they did, and what their shops have yet to be told. */
import type { Migration } from '../../store/migrations.ts'

export const tillMigrations: readonly Migration[] = [
  {
    room: 'till',
    number: 1,
    sql: `
      CREATE TABLE api_key (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        id TEXT NOT NULL CHECK (length(id) = 16),
        name TEXT NOT NULL CHECK (name <> ''),
        -- SHA-256 of the key's secret part, which is random and as long.
        verifier BLOB NOT NULL CHECK (length(verifier) = 32),
        -- Where its shop is told of payments.
        webhook TEXT,
        added_at INTEGER NOT NULL,
        added_by TEXT NOT NULL,
        added_signature BLOB NOT NULL CHECK (length(added_signature) = 64),
        revoked_at INTEGER,
        revoked_by TEXT,
        revoked_signature BLOB CHECK (length(revoked_signature) = 64),
        PRIMARY KEY (tenant, id),
        FOREIGN KEY (tenant, added_by) REFERENCES person (tenant, key_id),
        FOREIGN KEY (tenant, revoked_by) REFERENCES person (tenant, key_id),
        CHECK ((revoked_at IS NULL) = (revoked_by IS NULL) AND (revoked_at IS NULL) = (revoked_signature IS NULL))
      ) STRICT;
      CREATE TRIGGER api_key_is_never_forgotten BEFORE DELETE ON api_key
        BEGIN SELECT RAISE(ABORT, 'who could redeem stands for ever'); END;

      -- How an authorisation stands is in the ledger, in the hold 'authorisation <id>'.
      CREATE TABLE authorisation (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        id TEXT NOT NULL,
        api_key TEXT NOT NULL,
        voucher TEXT NOT NULL,
        reference TEXT NOT NULL,
        shop_order TEXT,
        PRIMARY KEY (tenant, id),
        FOREIGN KEY (tenant, api_key) REFERENCES api_key (tenant, id),
        FOREIGN KEY (tenant, voucher) REFERENCES voucher (tenant, number)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER authorisation_is_never_changed BEFORE UPDATE ON authorisation
        BEGIN SELECT RAISE(ABORT, 'an authorisation stands as it was given'); END;
      CREATE TRIGGER authorisation_is_never_forgotten BEFORE DELETE ON authorisation
        BEGIN SELECT RAISE(ABORT, 'an authorisation stands for ever'); END;

      -- A payment that a shop asked for, or whose order it signed. Its amount stands in the journal, under the event's id.
      CREATE TABLE till_payment (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        event TEXT NOT NULL,
        api_key TEXT NOT NULL,
        shop_order TEXT,
        authorisation TEXT,
        PRIMARY KEY (tenant, event),
        FOREIGN KEY (tenant, api_key) REFERENCES api_key (tenant, id),
        FOREIGN KEY (tenant, authorisation) REFERENCES authorisation (tenant, id)
      ) STRICT, WITHOUT ROWID;
      -- An order is paid once; what is captured in parts has its authorisation.
      CREATE UNIQUE INDEX till_payment_order ON till_payment (tenant, api_key, shop_order)
        WHERE shop_order IS NOT NULL AND authorisation IS NULL;
      CREATE TRIGGER till_payment_is_never_changed BEFORE UPDATE ON till_payment
        BEGIN SELECT RAISE(ABORT, 'a payment stands as it was made'); END;
      CREATE TRIGGER till_payment_is_never_forgotten BEFORE DELETE ON till_payment
        BEGIN SELECT RAISE(ABORT, 'a payment stands for ever'); END;

      -- What a shop is told, until it has said that it knows.
      CREATE TABLE notice (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        id TEXT NOT NULL,
        api_key TEXT NOT NULL,
        event TEXT NOT NULL,
        tries INTEGER NOT NULL CHECK (tries >= 0),
        due_at INTEGER,
        delivered_at INTEGER,
        PRIMARY KEY (tenant, id),
        UNIQUE (tenant, event),
        FOREIGN KEY (tenant, event) REFERENCES till_payment (tenant, event),
        CHECK (due_at IS NULL OR delivered_at IS NULL)
      ) STRICT;
      CREATE INDEX notice_due ON notice (tenant, due_at) WHERE due_at IS NOT NULL`,
  },
  {
    room: 'till',
    number: 2,
    sql: `
      -- An order that is held, or was captured, is not paid by anything else.
      CREATE INDEX authorisation_of_order ON authorisation (tenant, api_key, shop_order) WHERE shop_order IS NOT NULL`,
  },
  {
    room: 'till',
    number: 3,
    sql: `
      -- The shop of a key that is revoked is told nothing more.
      UPDATE notice SET due_at = NULL WHERE due_at IS NOT NULL AND EXISTS (SELECT 1 FROM api_key AS key
        WHERE key.tenant = notice.tenant AND key.id = notice.api_key AND revoked_at IS NOT NULL);
      -- Of each shop the one that is due first.
      CREATE INDEX notice_due_by_key ON notice (tenant, api_key, due_at) WHERE due_at IS NOT NULL`,
  },
]
