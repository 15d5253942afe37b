/** The payee's tables of the day end: one file for each bank and business date, its lines, and refunds. */
import type { Migration } from '../../store/migrations.ts'

export const merchantClearingMigrations: readonly Migration[] = [
  {
    room: 'merchant-clearing',
    number: 1,
    sql: `
      -- Whoever builds a file reads one date's rows.
      CREATE INDEX journal_by_date ON journal (chain, business_date, seq);

      -- closed → built → sent → received → result → reconciled; refused: by the bank, as a whole.
      CREATE TABLE day_end_file (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        bank TEXT NOT NULL,
        number INTEGER NOT NULL CHECK (number >= 1),
        date TEXT NOT NULL,
        state TEXT NOT NULL
          CHECK (state IN ('closed', 'built', 'sent', 'received', 'result', 'reconciled', 'refused')),
        -- Up to which row of the journal its lines were written, and how many they are.
        scanned INTEGER NOT NULL DEFAULT 0,
        lines INTEGER NOT NULL DEFAULT 0,
        header BLOB,
        hash BLOB CHECK (hash IS NULL OR length(hash) = 32),
        -- How many lines are in letters, and which letter is the last of the file.
        sent INTEGER NOT NULL DEFAULT 0,
        letter_epoch INTEGER,
        letter_sequence INTEGER,
        -- What the bank refused, as told so far; its result, in its own bytes.
        breaks INTEGER NOT NULL DEFAULT 0,
        result BLOB,
        -- What it cleared: captures net of reversals and terminations, which the bank owes no more; then its fee and refunds.
        captured INTEGER,
        terminated INTEGER,
        fee INTEGER,
        refunded INTEGER,
        paid_out INTEGER,
        PRIMARY KEY (tenant, bank, number),
        UNIQUE (tenant, bank, date),
        CHECK ((state = 'closed') = (hash IS NULL)),
        CHECK (state NOT IN ('result', 'reconciled') OR result IS NOT NULL)
      ) STRICT;
      CREATE INDEX day_end_file_open ON day_end_file (tenant, bank, number) WHERE state <> 'reconciled';
      CREATE TRIGGER day_end_file_stands_for_ever BEFORE DELETE ON day_end_file
        BEGIN SELECT RAISE(ABORT, 'a day-end file stands for ever'); END;

      CREATE TABLE day_end_line (
        tenant TEXT NOT NULL,
        bank TEXT NOT NULL,
        number INTEGER NOT NULL,
        line INTEGER NOT NULL CHECK (line >= 1),
        kind TEXT NOT NULL CHECK (kind IN ('capture', 'reversal', 'termination', 'refund')),
        -- The row of the journal.
        ref INTEGER NOT NULL,
        voucher TEXT NOT NULL,
        minor INTEGER NOT NULL CHECK (minor > 0),
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        -- What the bank says of it, when it is not simply accepted.
        break TEXT,
        PRIMARY KEY (tenant, bank, number, line),
        FOREIGN KEY (tenant, bank, number) REFERENCES day_end_file (tenant, bank, number)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX day_end_break ON day_end_line (tenant, bank, number, line) WHERE break IS NOT NULL;
      CREATE TRIGGER day_end_line_stands_for_ever BEFORE DELETE ON day_end_line
        BEGIN SELECT RAISE(ABORT, 'a line of a day-end file stands for ever'); END;

      -- Given back after the day of the payment, to the account that bought the voucher.
      CREATE TABLE refund (
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        voucher TEXT NOT NULL,
        bank TEXT NOT NULL,
        minor INTEGER NOT NULL CHECK (minor > 0),
        posting INTEGER NOT NULL,
        clerk TEXT NOT NULL CHECK (clerk <> ''),
        reason TEXT NOT NULL,
        PRIMARY KEY (tenant, id),
        UNIQUE (tenant, posting),
        FOREIGN KEY (tenant, voucher) REFERENCES voucher (tenant, number)
      ) STRICT;
      CREATE INDEX refund_by_voucher ON refund (tenant, voucher);
      CREATE TRIGGER refund_stands_for_ever BEFORE DELETE ON refund
        BEGIN SELECT RAISE(ABORT, 'a refund stands for ever'); END`,
  },
  {
    room: 'merchant-clearing',
    number: 2,
    sql: `
      -- The row of the journal that was paid; none where it was asked for by the voucher.
      ALTER TABLE refund ADD COLUMN payment INTEGER;
      CREATE INDEX refund_of_payment ON refund (tenant, payment) WHERE payment IS NOT NULL`,
  },
  {
    room: 'merchant-clearing',
    number: 3,
    sql: `
      -- The row of the journal, where ref is not its number: rows of a later epoch, and whatever the bank told of lost books.
      ALTER TABLE day_end_line ADD COLUMN journal_row INTEGER;
      CREATE INDEX day_end_line_of_row ON day_end_line (tenant, bank, journal_row) WHERE journal_row IS NOT NULL;
      -- Taken from its bank, in the recall of this epoch. Refused besides, not all of its lines ever came there: it is void.
      ALTER TABLE day_end_file ADD COLUMN held INTEGER;
      -- The first date of whose rows it tells, where it follows files that were taken from its bank: what those have not.
      ALTER TABLE day_end_file ADD COLUMN since TEXT;

      -- Books that went back in time ask each bank which files it holds: due → asked → told.
      CREATE TABLE day_end_recall (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        bank TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('due', 'asked', 'told')),
        -- Two people's decision on what these books cannot tell by themselves.
        decision TEXT,
        PRIMARY KEY (tenant, bank, epoch)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER day_end_recall_stands_for_ever BEFORE DELETE ON day_end_recall
        BEGIN SELECT RAISE(ABORT, 'a recall stands for ever'); END`,
  },
  {
    room: 'merchant-clearing',
    number: 4,
    sql: `
      -- In which epoch of the bank its result came (null: the first); and what a bank whose books went back says of the file since.
      -- What was booked stands.
      ALTER TABLE day_end_file ADD COLUMN told_in INTEGER;
      ALTER TABLE day_end_file ADD COLUMN retold BLOB`,
  },
  {
    room: 'merchant-clearing',
    number: 5,
    sql: `
      -- Under which id it was asked for, and by whom, as its row of the journal says: a digest.
      ALTER TABLE day_end_line ADD COLUMN intent BLOB CHECK (intent IS NULL OR length(intent) = 16)`,
  },
  {
    room: 'merchant-clearing',
    number: 6,
    sql: `
      -- Of a hosted payee: the number of its host's file, of which it is a section. It stays built until its result comes.
      ALTER TABLE day_end_file ADD COLUMN host_number INTEGER;
      CREATE INDEX day_end_file_of_host ON day_end_file (bank, host_number, tenant) WHERE host_number IS NOT NULL`,
  },
]
