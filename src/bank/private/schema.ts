/** Customers who are paid like a shop: the host by which each is, since when, and until when. */
import type { Migration } from '../../store/migrations.ts'
import { rebuiltTable } from '../../store/rebuild.ts'

export const privatePayeeMigrations: readonly Migration[] = [
  {
    room: 'bank-private-payees',
    number: 1,
    sql: `
      CREATE TABLE private_payee (
        tenant TEXT NOT NULL,
        -- By which the host was asked.
        application TEXT NOT NULL,
        account TEXT NOT NULL,
        host TEXT NOT NULL,
        letter_epoch INTEGER NOT NULL,
        letter_sequence INTEGER NOT NULL,
        asked_at INTEGER NOT NULL,
        -- The host's word: the payee's id, and what callers key.
        payee TEXT,
        number TEXT,
        vouched_at INTEGER,
        -- By the customer's wish, or refused by the host.
        closed_at INTEGER,
        PRIMARY KEY (tenant, application),
        UNIQUE (tenant, payee),
        UNIQUE (tenant, number),
        UNIQUE (tenant, host, letter_epoch, letter_sequence),
        FOREIGN KEY (tenant, account) REFERENCES bank_customer (tenant, account),
        CHECK ((payee IS NULL) = (number IS NULL) AND (payee IS NULL) = (vouched_at IS NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX private_payee_in_force ON private_payee (tenant, account) WHERE closed_at IS NULL;
      CREATE TRIGGER private_payee_is_never_forgotten BEFORE DELETE ON private_payee
        BEGIN SELECT RAISE(ABORT, 'a payee whose vouchers may be out stays known'); END`,
  },
  {
    room: 'bank-private-payees',
    number: 2,
    rebuilds: ['sale'],
    sql: rebuiltTable({
      table: 'sale',
      make: name => `
        -- Patent row P5: which account bought which voucher.
        CREATE TABLE ${name} (
          tenant TEXT NOT NULL,
          id TEXT NOT NULL,
          buyer TEXT NOT NULL,
          payee TEXT NOT NULL,
          batch TEXT NOT NULL,
          serial INTEGER NOT NULL,
          posting INTEGER NOT NULL,
          reference TEXT NOT NULL,
          -- The letter that tells of it: to the payee or, where a host speaks for it, to the host.
          letter_to TEXT NOT NULL,
          letter_epoch INTEGER NOT NULL,
          letter_sequence INTEGER NOT NULL,
          business_date TEXT NOT NULL,
          sold_at INTEGER NOT NULL,
          confirmed_at INTEGER,
          password_destroyed INTEGER NOT NULL DEFAULT 0 CHECK (password_destroyed IN (0, 1)),
          PRIMARY KEY (tenant, id),
          UNIQUE (tenant, payee, batch, serial),
          UNIQUE (tenant, posting),
          UNIQUE (tenant, letter_to, letter_epoch, letter_sequence),
          FOREIGN KEY (tenant, letter_to, letter_epoch, letter_sequence)
            REFERENCES clearing_outbox (tenant, peer, epoch, sequence),
          FOREIGN KEY (tenant, buyer) REFERENCES bank_customer (tenant, account),
          FOREIGN KEY (tenant, payee, batch, serial) REFERENCES stock (tenant, payee, batch, serial),
          CHECK (password_destroyed = 0 OR confirmed_at IS NOT NULL)
        ) STRICT`,
      columns: [
        ...['tenant', 'id', 'buyer', 'payee', 'batch', 'serial', 'posting', 'reference'],
        ['letter_to', 'payee'],
        ...['letter_epoch', 'letter_sequence', 'business_date', 'sold_at', 'confirmed_at', 'password_destroyed'],
      ],
      belongings: `
        CREATE INDEX sale_by_buyer ON sale (tenant, buyer, posting);
        CREATE INDEX sale_to_finish ON sale (tenant, id) WHERE confirmed_at IS NOT NULL AND password_destroyed = 0;
        CREATE TRIGGER sale_stands_for_ever BEFORE DELETE ON sale
          BEGIN SELECT RAISE(ABORT, 'a sale stands for ever'); END`,
    }),
  },
  {
    room: 'bank-private-payees',
    number: 3,
    sql: `
      -- Customers of other banks, for whom a host vouches: this bank sells vouchers for them.
      CREATE TABLE introduced_payee (
        tenant TEXT NOT NULL,
        payee TEXT NOT NULL,
        number TEXT NOT NULL,
        host TEXT NOT NULL,
        -- Where its account is.
        bank TEXT NOT NULL,
        name_en TEXT NOT NULL,
        name_zh TEXT NOT NULL,
        introduced_at INTEGER NOT NULL,
        -- By its host's word.
        closed_at INTEGER,
        PRIMARY KEY (tenant, payee),
        UNIQUE (tenant, number)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER introduced_payee_is_never_forgotten BEFORE DELETE ON introduced_payee
        BEGIN SELECT RAISE(ABORT, 'a payee whose vouchers may be out stays known'); END`,
  },
]
