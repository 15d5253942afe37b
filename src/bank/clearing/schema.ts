/** The bank's tables of the day end: the files of payees, their lines with what the bank made of each, and payouts. */
import type { Migration } from '../../store/migrations.ts'

export const bankClearingMigrations: readonly Migration[] = [
  {
    room: 'bank-clearing',
    number: 1,
    sql: `
      -- receiving → received → posted → result sent; refused: it does not add up, and nothing of it was posted.
      CREATE TABLE payee_file (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        payee TEXT NOT NULL,
        number INTEGER NOT NULL CHECK (number >= 1),
        date TEXT NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        header BLOB NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('receiving', 'received', 'posted', 'result sent', 'refused')),
        -- How many lines it has, how many have come, and how many were looked at.
        lines INTEGER NOT NULL CHECK (lines >= 0),
        received INTEGER NOT NULL DEFAULT 0 CHECK (received <= lines),
        checked INTEGER NOT NULL DEFAULT 0 CHECK (checked <= received),
        -- Whether its lines were found to be those of its header.
        proved INTEGER NOT NULL DEFAULT 0 CHECK (proved IN (0, 1)),
        -- Refunds that were accepted before anything was posted.
        refunds_granted INTEGER NOT NULL DEFAULT 0,
        -- With the postings: the bank's own business date, its head then, and the statement in the result's own bytes.
        posted_on TEXT,
        posted_seq INTEGER,
        statement BLOB,
        -- Up to which line the refused ones were told.
        told INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (tenant, payee, number),
        CHECK ((posted_on IS NULL) = (statement IS NULL)),
        CHECK (state NOT IN ('posted', 'result sent') OR statement IS NOT NULL)
      ) STRICT;
      CREATE INDEX payee_file_open ON payee_file (tenant, payee, number) WHERE state IN ('receiving', 'received', 'posted');
      CREATE TRIGGER payee_file_stands_for_ever BEFORE DELETE ON payee_file
        BEGIN SELECT RAISE(ABORT, 'a day-end file stands for ever'); END;

      -- Which letter brought which lines.
      CREATE TABLE payee_file_part (
        tenant TEXT NOT NULL,
        payee TEXT NOT NULL,
        number INTEGER NOT NULL,
        line INTEGER NOT NULL CHECK (line >= 1),
        lines INTEGER NOT NULL CHECK (lines >= 1),
        epoch INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        PRIMARY KEY (tenant, payee, number, line),
        FOREIGN KEY (tenant, payee, number) REFERENCES payee_file (tenant, payee, number)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER payee_file_part_stands_for_ever BEFORE DELETE ON payee_file_part
        BEGIN SELECT RAISE(ABORT, 'a part of a day-end file stands for ever'); END;

      CREATE TABLE payee_file_line (
        tenant TEXT NOT NULL,
        payee TEXT NOT NULL,
        number INTEGER NOT NULL,
        line INTEGER NOT NULL CHECK (line >= 1),
        kind TEXT NOT NULL CHECK (kind IN ('capture', 'reversal', 'termination', 'refund')),
        ref INTEGER NOT NULL,
        voucher TEXT NOT NULL,
        minor INTEGER NOT NULL CHECK (minor > 0),
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        -- Accepted, or why not; a refund is undecided until all captures of its file were looked at.
        verdict TEXT NOT NULL CHECK (verdict IN ('accepted', 'undecided', 'missing-here', 'amount', 'state', 'duplicate',
          'late', 'not-sold', 'short', 'closed-account')),
        -- Of what went back to a buyer: the posting.
        returned INTEGER,
        PRIMARY KEY (tenant, payee, number, line),
        FOREIGN KEY (tenant, payee, number) REFERENCES payee_file (tenant, payee, number),
        CHECK (returned IS NULL OR (kind IN ('termination', 'refund') AND verdict IN ('accepted', 'closed-account')))
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX payee_file_line_once ON payee_file_line (tenant, payee, ref)
        WHERE verdict IN ('accepted', 'undecided', 'closed-account');
      CREATE INDEX payee_file_line_refused ON payee_file_line (tenant, payee, number, line) WHERE verdict <> 'accepted';
      CREATE INDEX payee_file_line_to_return ON payee_file_line (tenant, payee, number, line)
        WHERE kind IN ('termination', 'refund') AND verdict = 'accepted' AND returned IS NULL;
      CREATE TRIGGER payee_file_line_stands_for_ever BEFORE DELETE ON payee_file_line
        BEGIN SELECT RAISE(ABORT, 'a line of a day-end file stands for ever'); END;

      -- What the lines of one voucher add up to.
      CREATE TABLE cleared_voucher (
        tenant TEXT NOT NULL,
        payee TEXT NOT NULL,
        voucher TEXT NOT NULL,
        -- Captures net of reversals, and what of them files before the last one had.
        captured INTEGER NOT NULL CHECK (captured >= 0),
        captured_before INTEGER NOT NULL CHECK (captured_before BETWEEN 0 AND captured),
        last_file INTEGER NOT NULL,
        refunded INTEGER NOT NULL CHECK (refunded BETWEEN 0 AND captured),
        -- Which file ended it, and the remainder that went back.
        ended_by INTEGER,
        remainder INTEGER,
        PRIMARY KEY (tenant, payee, voucher),
        CHECK ((ended_by IS NULL) = (remainder IS NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER cleared_voucher_stands_for_ever BEFORE DELETE ON cleared_voucher
        BEGIN SELECT RAISE(ABORT, 'what was cleared stands for ever'); END;

      -- A settled balance that two people paid out to the payee's own account.
      CREATE TABLE payout (
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        payee TEXT NOT NULL,
        account TEXT NOT NULL,
        minor INTEGER NOT NULL CHECK (minor > 0),
        posting INTEGER NOT NULL,
        PRIMARY KEY (tenant, id),
        UNIQUE (tenant, posting),
        FOREIGN KEY (tenant, account) REFERENCES bank_customer (tenant, account)
      ) STRICT;
      CREATE TRIGGER payout_stands_for_ever BEFORE DELETE ON payout
        BEGIN SELECT RAISE(ABORT, 'a payout stands for ever'); END`,
  },
  {
    room: 'bank-clearing',
    number: 2,
    sql: `
      -- Refused, as its payee lost it before all of its lines were here: it counts for nothing, and later ones do not wait for it.
      ALTER TABLE payee_file ADD COLUMN void INTEGER NOT NULL DEFAULT 0 CHECK (void = 0 OR state = 'refused');

      -- A payee whose books went back in time is told what is held of its files.
      CREATE TABLE payee_recall (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        payee TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        -- Which file is told next, how many of its lines were told (null: not its header yet), and which is the last; done when
        -- next is above it.
        next INTEGER NOT NULL CHECK (next >= 1),
        lines INTEGER,
        last INTEGER NOT NULL,
        PRIMARY KEY (tenant, payee, epoch)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER payee_recall_stands_for_ever BEFORE DELETE ON payee_recall
        BEGIN SELECT RAISE(ABORT, 'a recall stands for ever'); END`,
  },
  {
    room: 'bank-clearing',
    number: 3,
    sql: `
      -- The payee's digest of an id, by which it knows the line again.
      ALTER TABLE payee_file_line ADD COLUMN intent BLOB CHECK (intent IS NULL OR length(intent) = 16)`,
  },
  {
    room: 'bank-clearing',
    number: 4,
    sql: `
      -- In a refund of what a card paid the payment's id stands in place of a voucher's number.
      CREATE INDEX payee_file_line_of_card ON payee_file_line (tenant, payee, voucher) WHERE kind = 'refund' AND length(voucher) = 32`,
  },
  {
    room: 'bank-clearing',
    number: 5,
    sql: `
      -- Two people's decision that a file which does not add up is void: its digest.
      ALTER TABLE payee_file ADD COLUMN voided_by TEXT CHECK (voided_by IS NULL OR void = 1)`,
  },
  {
    room: 'bank-clearing',
    number: 6,
    sql: `
      -- A file whose lines are not those of its header: when that was found, and what its lines come to.
      CREATE TABLE contradicted_file (
        tenant TEXT NOT NULL,
        payee TEXT NOT NULL,
        number INTEGER NOT NULL,
        at INTEGER NOT NULL,
        -- Over its lines (Merkle), and their totals in the bytes that a header has for them.
        root BLOB NOT NULL CHECK (length(root) = 32),
        totals BLOB NOT NULL,
        PRIMARY KEY (tenant, payee, number),
        FOREIGN KEY (tenant, payee, number) REFERENCES payee_file (tenant, payee, number)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER contradicted_file_is_never_changed BEFORE UPDATE ON contradicted_file
        BEGIN SELECT RAISE(ABORT, 'what was found of a file stands for ever'); END;
      CREATE TRIGGER contradicted_file_stands_for_ever BEFORE DELETE ON contradicted_file
        BEGIN SELECT RAISE(ABORT, 'what was found of a file stands for ever'); END`,
  },
]
