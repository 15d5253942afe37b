/** A bank's tables of net statements, of either direction, and of what was settled. */
import type { Migration } from '../../store/migrations.ts'
import { rebuiltTable } from '../../store/rebuild.ts'

export const netMigrations: readonly Migration[] = [
  {
    room: 'bank-net',
    number: 1,
    sql: `
      CREATE INDEX received_credit_of_date ON received_credit (tenant, bank, business_date, posting);
      CREATE INDEX credit_result_by_place ON credit_result (tenant, bank, epoch, sequence);

      -- What this bank credited for another: writing → sent → agreed or differs, by the other's result; refused: not taken.
      CREATE TABLE net_statement (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        bank TEXT NOT NULL,
        number INTEGER NOT NULL CHECK (number >= 1),
        date TEXT NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        header BLOB NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('writing', 'sent', 'agreed', 'differs', 'refused')),
        lines INTEGER NOT NULL CHECK (lines >= 0),
        -- How many of them were written into letters.
        told INTEGER NOT NULL DEFAULT 0 CHECK (told <= lines),
        -- What the other bank found right, in minor units, and what it did not: how many of each kind.
        agreed INTEGER,
        breaks TEXT,
        -- The letter that carries its header.
        letter_epoch INTEGER NOT NULL,
        letter_sequence INTEGER NOT NULL,
        PRIMARY KEY (tenant, bank, number),
        UNIQUE (tenant, bank, date),
        UNIQUE (tenant, bank, letter_epoch, letter_sequence),
        FOREIGN KEY (tenant, bank, letter_epoch, letter_sequence)
          REFERENCES clearing_outbox (tenant, peer, epoch, sequence),
        CHECK ((state IN ('agreed', 'differs')) = (agreed IS NOT NULL)),
        CHECK ((agreed IS NULL) = (breaks IS NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER net_statement_stands_for_ever BEFORE DELETE ON net_statement
        BEGIN SELECT RAISE(ABORT, 'a net statement stands for ever'); END;

      -- What another bank credited for this one: receiving → received → answered; refused: it does not add up.
      CREATE TABLE bank_statement (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        bank TEXT NOT NULL,
        number INTEGER NOT NULL CHECK (number >= 1),
        date TEXT NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        header BLOB NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('receiving', 'received', 'answered', 'refused')),
        lines INTEGER NOT NULL CHECK (lines >= 0),
        received INTEGER NOT NULL DEFAULT 0 CHECK (received <= lines),
        agreed INTEGER,
        -- Credited as that bank said by letter, and in no statement of it.
        missing INTEGER,
        PRIMARY KEY (tenant, bank, number),
        CHECK ((state = 'answered') = (agreed IS NOT NULL)),
        CHECK ((agreed IS NULL) = (missing IS NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER bank_statement_stands_for_ever BEFORE DELETE ON bank_statement
        BEGIN SELECT RAISE(ABORT, 'a net statement stands for ever'); END;

      CREATE TABLE bank_statement_line (
        tenant TEXT NOT NULL,
        bank TEXT NOT NULL,
        number INTEGER NOT NULL,
        line INTEGER NOT NULL CHECK (line >= 1),
        transfer TEXT NOT NULL,
        minor INTEGER NOT NULL CHECK (minor > 0),
        verdict TEXT CHECK (verdict IN ('agreed', 'missing-here', 'amount', 'state', 'duplicate')),
        PRIMARY KEY (tenant, bank, number, line),
        FOREIGN KEY (tenant, bank, number) REFERENCES bank_statement (tenant, bank, number)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX bank_statement_line_of_transfer ON bank_statement_line (tenant, bank, transfer);
      CREATE TRIGGER bank_statement_line_stands_for_ever BEFORE DELETE ON bank_statement_line
        BEGIN SELECT RAISE(ABORT, 'a line of a net statement stands for ever'); END;

      -- Paid by the bank that owed more. Its states are drawn in src/bank/net/settle.ts.
      CREATE TABLE net_settlement (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        bank TEXT NOT NULL,
        -- The digest of the paying bank's decision.
        id TEXT NOT NULL,
        way TEXT NOT NULL CHECK (way IN ('paying', 'paid')),
        -- Up to which statement of the paid bank, and of the paying one.
        owing INTEGER NOT NULL,
        owed INTEGER NOT NULL,
        gross INTEGER NOT NULL CHECK (gross > 0),
        counter INTEGER NOT NULL CHECK (counter >= 0 AND counter < gross),
        state TEXT NOT NULL CHECK (state IN ('announced', 'confirmed', 'refused')),
        at INTEGER NOT NULL,
        -- At the paying bank with the announcement, at the paid one with its confirmation.
        posting INTEGER,
        -- What the paid bank refused goes back.
        back INTEGER,
        -- Of two people at the paid bank.
        decision TEXT,
        PRIMARY KEY (tenant, bank, id),
        CHECK ((posting IS NULL) = (way = 'paid' AND state = 'announced')),
        CHECK ((back IS NOT NULL) = (way = 'paying' AND state = 'refused')),
        CHECK ((decision IS NOT NULL) = (way = 'paid' AND state = 'confirmed'))
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX net_settlement_open ON net_settlement (tenant, bank) WHERE state = 'announced';
      CREATE TRIGGER net_settlement_stands_for_ever BEFORE DELETE ON net_settlement
        BEGIN SELECT RAISE(ABORT, 'a settlement stands for ever'); END`,
  },
  {
    room: 'bank-net',
    number: 2,
    sql: `
      -- A statement has the credits up to a letter, whatever date a clock that was set back gave them.
      DROP INDEX received_credit_of_date;
      CREATE INDEX received_credit_by_place ON received_credit (tenant, bank, letter_epoch, letter_sequence)`,
  },
  {
    room: 'bank-net',
    number: 3,
    sql: `
      -- Lines of own statements of lost books, as the other bank holds them.
      CREATE TABLE held_credit (
        tenant TEXT NOT NULL,
        bank TEXT NOT NULL,
        number INTEGER NOT NULL,
        line INTEGER NOT NULL CHECK (line >= 1),
        transfer TEXT NOT NULL,
        minor INTEGER NOT NULL CHECK (minor > 0),
        PRIMARY KEY (tenant, bank, number, line),
        FOREIGN KEY (tenant, bank, number) REFERENCES net_statement (tenant, bank, number)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX held_credit_of_transfer ON held_credit (tenant, bank, transfer);
      CREATE TRIGGER held_credit_stands_for_ever BEFORE DELETE ON held_credit
        BEGIN SELECT RAISE(ABORT, 'what another bank holds stands for ever'); END;

      -- A bank whose books went back asks for its statements, one after another. Ours: due → asked → due … → told, when the other
      -- holds no more. Theirs: due → told, for each number.
      CREATE TABLE net_recall (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        bank TEXT NOT NULL,
        way TEXT NOT NULL CHECK (way IN ('ours', 'theirs')),
        epoch INTEGER NOT NULL,
        number INTEGER NOT NULL CHECK (number >= 0),
        state TEXT NOT NULL CHECK (state IN ('due', 'asked', 'told')),
        -- Of ours: the letter that asked.
        letter_epoch INTEGER,
        letter_sequence INTEGER,
        PRIMARY KEY (tenant, bank, way, epoch),
        CHECK ((letter_epoch IS NULL) = (letter_sequence IS NULL)),
        CHECK (state <> 'asked' OR letter_epoch IS NOT NULL)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER net_recall_stands_for_ever BEFORE DELETE ON net_recall
        BEGIN SELECT RAISE(ABORT, 'a recall stands for ever'); END`,
  },
  {
    room: 'bank-net',
    number: 4,
    rebuilds: ['net_settlement'],
    // Two people at the paid bank may refuse one, too.
    sql: rebuiltTable({
      table: 'net_settlement',
      make: name => `
        -- Paid by the bank that owed more. Its states are drawn in src/bank/net/settle.ts.
        CREATE TABLE ${name} (
          tenant TEXT NOT NULL REFERENCES institution (tenant),
          bank TEXT NOT NULL,
          -- The digest of the paying bank's decision.
          id TEXT NOT NULL,
          way TEXT NOT NULL CHECK (way IN ('paying', 'paid')),
          -- Up to which statement of the paid bank, and of the paying one.
          owing INTEGER NOT NULL,
          owed INTEGER NOT NULL,
          gross INTEGER NOT NULL CHECK (gross > 0),
          counter INTEGER NOT NULL CHECK (counter >= 0 AND counter < gross),
          state TEXT NOT NULL CHECK (state IN ('announced', 'confirmed', 'refused')),
          at INTEGER NOT NULL,
          -- At the paying bank with the announcement, at the paid one with its confirmation.
          posting INTEGER,
          -- What was refused goes back.
          back INTEGER,
          -- Of two people at the paid bank, who have seen it or say that it did not come.
          decision TEXT,
          -- Why it was refused. One that an older program booked back has none.
          why TEXT CHECK (why <> ''),
          PRIMARY KEY (tenant, bank, id),
          CHECK ((posting IS NULL) = (way = 'paid' AND state <> 'confirmed')),
          CHECK ((back IS NOT NULL) = (way = 'paying' AND state = 'refused')),
          CHECK ((decision IS NOT NULL) = (way = 'paid' AND state <> 'announced')),
          CHECK (why IS NULL OR state = 'refused'),
          CHECK (why IS NOT NULL OR state <> 'refused' OR way = 'paying')
        ) STRICT, WITHOUT ROWID`,
      columns: [
        ...['tenant', 'bank', 'id', 'way', 'owing', 'owed', 'gross', 'counter', 'state', 'at', 'posting', 'back'],
        'decision',
      ],
      belongings: `
        CREATE UNIQUE INDEX net_settlement_open ON net_settlement (tenant, bank) WHERE state = 'announced';
        CREATE TRIGGER net_settlement_stands_for_ever BEFORE DELETE ON net_settlement
          BEGIN SELECT RAISE(ABORT, 'a settlement stands for ever'); END`,
    }),
  },
  {
    room: 'bank-net',
    number: 5,
    sql: `
      -- The latest closed date when one that was refused was last written again, with a letter of its own. Its states are drawn in src/bank/net/again.ts.
      ALTER TABLE net_statement ADD COLUMN again TEXT CHECK (again >= date);
      CREATE INDEX net_statement_by_state ON net_statement (tenant, bank, state, number)`,
  },
]
