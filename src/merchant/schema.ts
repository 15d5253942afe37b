/** The payee's tables: what its banks ordered, and the register of every voucher record that it made. */
import type { Migration } from '../store/migrations.ts'
import { rebuiltTable } from '../store/rebuild.ts'

export const merchantMigrations: readonly Migration[] = [
  {
    room: 'merchant',
    number: 1,
    sql: `
      CREATE TABLE batch_order (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        bank TEXT NOT NULL,
        id TEXT NOT NULL,
        minor INTEGER NOT NULL,
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        count INTEGER NOT NULL CHECK (count BETWEEN 1 AND 500),
        ordered_at INTEGER NOT NULL,
        batch TEXT,
        PRIMARY KEY (tenant, bank, id)
      ) STRICT;
      CREATE INDEX batch_order_open ON batch_order (tenant, ordered_at) WHERE batch IS NULL;

      -- What a voucher is worth stands in the ledger, in an account of its own.
      CREATE TABLE voucher (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        number TEXT NOT NULL,
        bank TEXT NOT NULL,
        batch TEXT NOT NULL,
        serial INTEGER NOT NULL,
        minor INTEGER NOT NULL CHECK (minor > 0),
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('issued', 'active', 'locked', 'exhausted')),
        -- Grows whenever sessions must end: with a lock, with a change of password.
        generation INTEGER NOT NULL DEFAULT 1,
        password TEXT NOT NULL,
        backup TEXT NOT NULL,
        reveal TEXT NOT NULL,
        revealable TEXT NOT NULL,
        sale TEXT,
        activated_at INTEGER,
        PRIMARY KEY (tenant, number),
        UNIQUE (tenant, bank, batch, serial),
        UNIQUE (tenant, bank, sale),
        CHECK ((state = 'issued') = (sale IS NULL))
      ) STRICT;
      CREATE TRIGGER voucher_stays_registered BEFORE DELETE ON voucher
        BEGIN SELECT RAISE(ABORT, 'a voucher number is never used twice'); END`,
  },
  {
    room: 'merchant',
    number: 2,
    sql: `
      -- The letter that brings the batch.
      ALTER TABLE batch_order ADD COLUMN letter_epoch INTEGER;
      ALTER TABLE batch_order ADD COLUMN letter_sequence INTEGER;
      CREATE UNIQUE INDEX batch_order_letter ON batch_order (tenant, bank, letter_epoch, letter_sequence)`,
  },
  {
    room: 'merchant',
    number: 3,
    rebuilds: ['voucher'],
    sql: rebuiltTable({
      table: 'voucher',
      make: name => `
        -- What a voucher is worth stands in the ledger, in an account of its own.
        CREATE TABLE ${name} (
          tenant TEXT NOT NULL REFERENCES institution (tenant),
          number TEXT NOT NULL,
          bank TEXT NOT NULL,
          batch TEXT NOT NULL,
          serial INTEGER NOT NULL,
          minor INTEGER NOT NULL CHECK (minor > 0),
          asset TEXT NOT NULL,
          scale INTEGER NOT NULL,
          state TEXT NOT NULL
            CHECK (state IN ('issued', 'active', 'locked', 'identity required', 'exhausted', 'terminated')),
          -- Grows whenever sessions must end: with a change of password, with the voucher's end.
          generation INTEGER NOT NULL DEFAULT 1,
          password TEXT NOT NULL,
          backup TEXT NOT NULL,
          reveal TEXT NOT NULL,
          revealable TEXT NOT NULL,
          sale TEXT,
          activated_at INTEGER,
          PRIMARY KEY (tenant, number),
          UNIQUE (tenant, bank, batch, serial),
          UNIQUE (tenant, bank, sale),
          CHECK ((state = 'issued') = (sale IS NULL))
        ) STRICT`,
      columns: [
        ...['tenant', 'number', 'bank', 'batch', 'serial', 'minor', 'asset', 'scale', 'state', 'generation'],
        ...['password', 'backup', 'reveal', 'revealable', 'sale', 'activated_at'],
      ],
      belongings: `
        CREATE TRIGGER voucher_stays_registered BEFORE DELETE ON voucher
          BEGIN SELECT RAISE(ABORT, 'a voucher number is never used twice'); END`,
    }),
  },
]
