/** The bank's tables: who its customers are, which voucher records it has in stock, and which it sold to whom. */
import type { Migration } from '../store/migrations.ts'

export const bankMigrations: readonly Migration[] = [
  {
    room: 'bank',
    number: 1,
    sql: `
      CREATE TABLE bank_customer (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        account TEXT NOT NULL,
        name_en TEXT NOT NULL,
        name_zh TEXT NOT NULL,
        language TEXT CHECK (language IN ('en', 'zh')),
        pin TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        PRIMARY KEY (tenant, account)
      ) STRICT;

      -- Cash paid in at a branch: who did it, and who checked.
      CREATE TABLE bank_deposit (
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        account TEXT NOT NULL,
        maker TEXT NOT NULL,
        checker TEXT NOT NULL CHECK (checker <> maker),
        PRIMARY KEY (tenant, id)
      ) STRICT;

      CREATE TABLE stock_order (
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        payee TEXT NOT NULL,
        minor INTEGER NOT NULL,
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        count INTEGER NOT NULL,
        ordered_at INTEGER NOT NULL,
        batch TEXT,
        PRIMARY KEY (tenant, id)
      ) STRICT;
      CREATE UNIQUE INDEX stock_order_open ON stock_order (tenant, payee, minor, asset) WHERE batch IS NULL;

      -- The secrets of a record are under keys of their own in another database; here are only their ciphertexts.
      -- shuffle is random: records are sold in its order, so that a sold one says nothing about the next.
      CREATE TABLE stock (
        tenant TEXT NOT NULL,
        payee TEXT NOT NULL,
        batch TEXT NOT NULL,
        serial INTEGER NOT NULL,
        number TEXT NOT NULL,
        minor INTEGER NOT NULL CHECK (minor > 0),
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        shuffle BLOB NOT NULL CHECK (length(shuffle) = 16),
        state TEXT NOT NULL CHECK (state IN ('in stock', 'sold')),
        password_key TEXT NOT NULL,
        password_sealed BLOB NOT NULL,
        backup_key TEXT NOT NULL,
        backup_sealed BLOB NOT NULL,
        PRIMARY KEY (tenant, payee, batch, serial)
      ) STRICT;
      CREATE UNIQUE INDEX stock_numbers ON stock (tenant, payee, number);
      CREATE INDEX stock_to_sell ON stock (tenant, payee, minor, asset, shuffle) WHERE state = 'in stock';

      -- Patent row P5: which account bought which voucher.
      CREATE TABLE sale (
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        buyer TEXT NOT NULL,
        payee TEXT NOT NULL,
        batch TEXT NOT NULL,
        serial INTEGER NOT NULL,
        posting INTEGER NOT NULL,
        reference TEXT NOT NULL,
        -- The letter that tells the payee of it.
        letter_epoch INTEGER NOT NULL,
        letter_sequence INTEGER NOT NULL,
        business_date TEXT NOT NULL,
        sold_at INTEGER NOT NULL,
        confirmed_at INTEGER,
        password_destroyed INTEGER NOT NULL DEFAULT 0 CHECK (password_destroyed IN (0, 1)),
        PRIMARY KEY (tenant, id),
        UNIQUE (tenant, payee, batch, serial),
        UNIQUE (tenant, posting),
        UNIQUE (tenant, payee, letter_epoch, letter_sequence),
        FOREIGN KEY (tenant, payee, letter_epoch, letter_sequence)
          REFERENCES clearing_outbox (tenant, peer, epoch, sequence),
        FOREIGN KEY (tenant, buyer) REFERENCES bank_customer (tenant, account),
        FOREIGN KEY (tenant, payee, batch, serial) REFERENCES stock (tenant, payee, batch, serial),
        CHECK (password_destroyed = 0 OR confirmed_at IS NOT NULL)
      ) STRICT;
      CREATE INDEX sale_by_buyer ON sale (tenant, buyer, posting);
      CREATE INDEX sale_to_finish ON sale (tenant, id) WHERE confirmed_at IS NOT NULL AND password_destroyed = 0;
      CREATE TRIGGER sale_stands_for_ever BEFORE DELETE ON sale
        BEGIN SELECT RAISE(ABORT, 'a sale stands for ever'); END`,
  },
  {
    room: 'bank',
    number: 2,
    sql: `
      -- Grows with every new PIN: whoever signed in with an earlier one signs in again.
      ALTER TABLE bank_customer ADD COLUMN pin_generation INTEGER NOT NULL DEFAULT 1 CHECK (pin_generation > 0)`,
  },
]
