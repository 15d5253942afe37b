/** A bank's tables of transfers to and from other banks. */
import type { Migration } from '../../store/migrations.ts'

export const interbankMigrations: readonly Migration[] = [
  {
    room: 'bank-interbank',
    number: 1,
    sql: `
      -- A business is named in full to other banks, a person only in part.
      ALTER TABLE bank_customer ADD COLUMN is_business INTEGER NOT NULL DEFAULT 0 CHECK (is_business IN (0, 1));

      -- Its states and steps are drawn in src/bank/interbank/send.ts.
      CREATE TABLE sent_transfer (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        id TEXT NOT NULL,
        bank TEXT NOT NULL,
        from_account TEXT NOT NULL,
        to_account TEXT NOT NULL,
        -- The holder, as the other bank had told it lately.
        name_en TEXT,
        name_zh TEXT,
        minor INTEGER NOT NULL CHECK (minor > 0),
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        reference TEXT NOT NULL,
        business_date TEXT NOT NULL,
        sent_at INTEGER NOT NULL,
        posting INTEGER NOT NULL,
        letter_epoch INTEGER NOT NULL,
        letter_sequence INTEGER NOT NULL,
        state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'credited', 'refused', 'returned', 'overtaken')),
        -- Of the step that took it out of pending.
        ended_at INTEGER,
        ended_posting INTEGER,
        -- The decision of two people, where the other bank is dead.
        decision TEXT,
        -- Since when its sender has been told what became of it.
        heard_at INTEGER,
        PRIMARY KEY (tenant, id),
        UNIQUE (tenant, posting),
        UNIQUE (tenant, bank, letter_epoch, letter_sequence),
        FOREIGN KEY (tenant, bank, letter_epoch, letter_sequence)
          REFERENCES clearing_outbox (tenant, peer, epoch, sequence),
        FOREIGN KEY (tenant, from_account) REFERENCES bank_customer (tenant, account),
        CHECK ((name_en IS NULL) = (name_zh IS NULL)),
        CHECK ((state = 'pending') = (ended_posting IS NULL)),
        CHECK ((ended_posting IS NULL) = (ended_at IS NULL)),
        CHECK ((state IN ('returned', 'overtaken')) = (decision IS NOT NULL)),
        CHECK (heard_at IS NULL OR state <> 'pending')
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX sent_transfer_pending ON sent_transfer (tenant, bank, id) WHERE state = 'pending';
      CREATE INDEX sent_transfer_untold ON sent_transfer (tenant, from_account, sent_at) WHERE heard_at IS NULL;
      CREATE TRIGGER sent_transfer_stands_for_ever BEFORE DELETE ON sent_transfer
        BEGIN SELECT RAISE(ABORT, 'a transfer stands for ever'); END;

      -- What other banks said of our transfers, the first word of each.
      CREATE TABLE credit_result (
        tenant TEXT NOT NULL,
        bank TEXT NOT NULL,
        transfer TEXT NOT NULL,
        to_account TEXT NOT NULL,
        minor INTEGER NOT NULL CHECK (minor > 0),
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        outcome TEXT NOT NULL CHECK (outcome IN ('credited', 'refused')),
        reason TEXT NOT NULL,
        at INTEGER NOT NULL,
        -- The letter that said it.
        epoch INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        -- Credited, and nothing was on its way here: what is owed all the same, against suspense.
        owed_posting INTEGER,
        PRIMARY KEY (tenant, bank, transfer),
        CHECK (owed_posting IS NULL OR outcome = 'credited')
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER credit_result_is_never_changed BEFORE UPDATE ON credit_result
        BEGIN SELECT RAISE(ABORT, 'what another bank said stands for ever'); END;
      CREATE TRIGGER credit_result_stands_for_ever BEFORE DELETE ON credit_result
        BEGIN SELECT RAISE(ABORT, 'what another bank said stands for ever'); END;

      -- What other banks' customers sent here.
      CREATE TABLE received_credit (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        bank TEXT NOT NULL,
        transfer TEXT NOT NULL,
        account TEXT NOT NULL,
        minor INTEGER NOT NULL CHECK (minor > 0),
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        outcome TEXT NOT NULL CHECK (outcome IN ('credited', 'refused')),
        reason TEXT NOT NULL,
        business_date TEXT NOT NULL,
        at INTEGER NOT NULL,
        posting INTEGER,
        -- The letter that told the other bank.
        letter_epoch INTEGER NOT NULL,
        letter_sequence INTEGER NOT NULL,
        PRIMARY KEY (tenant, bank, transfer),
        UNIQUE (tenant, posting),
        FOREIGN KEY (tenant, bank, letter_epoch, letter_sequence)
          REFERENCES clearing_outbox (tenant, peer, epoch, sequence),
        CHECK ((outcome = 'credited') = (posting IS NOT NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER received_credit_is_never_changed BEFORE UPDATE ON received_credit
        BEGIN SELECT RAISE(ABORT, 'what was credited stands for ever'); END;
      CREATE TRIGGER received_credit_stands_for_ever BEFORE DELETE ON received_credit
        BEGIN SELECT RAISE(ABORT, 'what was credited stands for ever'); END`,
  },
  {
    room: 'bank-interbank',
    number: 2,
    sql: `
      -- The channel whose own limit it counted against, besides that of all channels: given back when it comes back.
      ALTER TABLE sent_transfer ADD COLUMN counted_by TEXT`,
  },
  {
    room: 'bank-interbank',
    number: 3,
    sql: `
      -- What is held here for a private payee goes to its account at its own bank. States and steps: src/bank/interbank/payouts.ts.
      CREATE TABLE sent_payout (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        -- What the digest of two people's decision begins with.
        id TEXT NOT NULL,
        decided TEXT NOT NULL,
        payee TEXT NOT NULL,
        bank TEXT NOT NULL,
        account TEXT NOT NULL,
        minor INTEGER NOT NULL CHECK (minor > 0),
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        sent_at INTEGER NOT NULL,
        letter_epoch INTEGER NOT NULL,
        letter_sequence INTEGER NOT NULL,
        state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'credited', 'refused', 'returned', 'overtaken')),
        -- Of the step that took it out of pending.
        ended_at INTEGER,
        ended_posting INTEGER,
        -- The decision of two people, where the other bank is dead.
        decision TEXT,
        PRIMARY KEY (tenant, id),
        UNIQUE (tenant, bank, letter_epoch, letter_sequence),
        FOREIGN KEY (tenant, bank, letter_epoch, letter_sequence)
          REFERENCES clearing_outbox (tenant, peer, epoch, sequence),
        FOREIGN KEY (tenant, payee) REFERENCES introduced_payee (tenant, payee),
        CHECK (id = substr(decided, 1, 32)),
        CHECK ((state = 'pending') = (ended_at IS NULL)),
        CHECK ((state = 'credited') = (ended_posting IS NOT NULL)),
        CHECK ((state IN ('returned', 'overtaken')) = (decision IS NOT NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX sent_payout_pending ON sent_payout (tenant, bank, id) WHERE state = 'pending';
      CREATE TRIGGER sent_payout_stands_for_ever BEFORE DELETE ON sent_payout
        BEGIN SELECT RAISE(ABORT, 'a payout stands for ever'); END;

      -- For which payee of ours another bank held it; a customer's transfer has none.
      ALTER TABLE received_credit ADD COLUMN payee TEXT`,
  },
]
