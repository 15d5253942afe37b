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
  {
    room: 'merchant-clearing',
    number: 7,
    sql: `
      -- A section that its bank refused, and that is sent again by itself, as it is: it stays counted in its host's file.
      ALTER TABLE day_end_file ADD COLUMN alone INTEGER NOT NULL DEFAULT 0 CHECK (alone = 0 OR host_number IS NOT NULL)`,
  },
  {
    room: 'merchant-clearing',
    number: 8,
    sql: `
      -- Whoever asks again for what was done in lost books is answered by its id.
      CREATE INDEX journal_recovered ON journal (chain, facts) WHERE kind = 'recovered' AND facts IS NOT NULL`,
  },
  {
    room: 'merchant-clearing',
    number: 9,
    sql: `
      -- Given back of what a card paid, to the account that it belongs to. The bank is the card's, and its file tells of it.
      CREATE TABLE card_refund (
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        payment TEXT NOT NULL,
        bank TEXT NOT NULL,
        minor INTEGER NOT NULL CHECK (minor > 0),
        posting INTEGER NOT NULL,
        clerk TEXT NOT NULL CHECK (clerk <> ''),
        reason TEXT NOT NULL CHECK (reason <> ''),
        PRIMARY KEY (tenant, id),
        UNIQUE (tenant, posting),
        FOREIGN KEY (tenant, payment) REFERENCES receiver_payment (tenant, id)
      ) STRICT;
      CREATE INDEX card_refund_of_payment ON card_refund (tenant, payment);
      CREATE INDEX card_refund_by_bank ON card_refund (tenant, bank, posting);
      CREATE TRIGGER card_refund_stands_for_ever BEFORE DELETE ON card_refund
        BEGIN SELECT RAISE(ABORT, 'a refund stands for ever'); END;
      -- In a line of such a refund the payment's id stands in place of a voucher's number.
      CREATE INDEX day_end_line_of_card ON day_end_line (tenant, voucher) WHERE kind = 'refund' AND length(voucher) = 32`,
  },
  {
    room: 'merchant-clearing',
    number: 10,
    sql: `
      -- Two people's decision to book a result that contradicts the file: its digest.
      ALTER TABLE day_end_file ADD COLUMN decision TEXT CHECK (decision IS NULL OR state = 'reconciled');
      -- The file whose dates it tells again, as its bank's people have declared that one void: it is refused, and held is 0.
      ALTER TABLE day_end_file ADD COLUMN retells INTEGER;
      CREATE UNIQUE INDEX day_end_file_retelling ON day_end_file (tenant, bank, retells) WHERE retells IS NOT NULL`,
  },
  {
    room: 'merchant-clearing',
    number: 11,
    sql: `
      -- Which letter of the bank told it: a bank whose books went back may know nothing of that letter.
      ALTER TABLE day_end_line ADD COLUMN break_epoch INTEGER;
      ALTER TABLE day_end_line ADD COLUMN break_sequence INTEGER`,
  },
  {
    room: 'merchant-clearing',
    number: 12,
    sql: `
      -- Declared void, and posted by its bank all the same, whose books went back to before that: it counts.
      ALTER TABLE day_end_file ADD COLUMN posted_after_all INTEGER NOT NULL DEFAULT 0 CHECK (posted_after_all IN (0, 1))`,
  },
  {
    room: 'merchant-clearing',
    number: 13,
    sql: `
      -- In which epoch of the bank it declared the file void (null: the first): only books that went back since post it after all.
      ALTER TABLE day_end_file ADD COLUMN void_in INTEGER;
      -- The latest epoch of the bank whose words about files before counted when its result was booked; null: booked before that was kept.
      ALTER TABLE day_end_file ADD COLUMN went_on_in INTEGER;

      -- Whatever a bank whose books went back has said of a file since its result; retold is the last of it.
      CREATE TABLE day_end_word (
        tenant TEXT NOT NULL,
        bank TEXT NOT NULL,
        number INTEGER NOT NULL,
        -- The bank's.
        epoch INTEGER NOT NULL,
        word BLOB NOT NULL,
        PRIMARY KEY (tenant, bank, number, epoch),
        FOREIGN KEY (tenant, bank, number) REFERENCES day_end_file (tenant, bank, number)
      ) STRICT;
      INSERT INTO day_end_word (tenant, bank, number, epoch, word)
        SELECT tenant, bank, number, told_in, retold FROM day_end_file WHERE retold IS NOT NULL AND told_in IS NOT NULL;
      CREATE TRIGGER day_end_word_is_never_changed BEFORE UPDATE ON day_end_word
        BEGIN SELECT RAISE(ABORT, 'a word of a bank stands for ever'); END;
      CREATE TRIGGER day_end_word_is_never_forgotten BEFORE DELETE ON day_end_word
        BEGIN SELECT RAISE(ABORT, 'a word of a bank stands for ever'); END`,
  },
  {
    room: 'merchant-clearing',
    number: 14,
    sql: `
      -- A line of lost books that these cannot carry, and the digest of the decision by which it was booked all the same.
      CREATE TABLE day_end_loss (
        tenant TEXT NOT NULL,
        bank TEXT NOT NULL,
        number INTEGER NOT NULL,
        line INTEGER NOT NULL,
        decision TEXT NOT NULL,
        PRIMARY KEY (tenant, bank, number, line),
        FOREIGN KEY (tenant, bank, number, line) REFERENCES day_end_line (tenant, bank, number, line)
      ) STRICT;
      CREATE TRIGGER day_end_loss_is_never_changed BEFORE UPDATE ON day_end_loss
        BEGIN SELECT RAISE(ABORT, 'a loss that was booked stands for ever'); END;
      CREATE TRIGGER day_end_loss_is_never_forgotten BEFORE DELETE ON day_end_loss
        BEGIN SELECT RAISE(ABORT, 'a loss that was booked stands for ever'); END`,
  },
  {
    room: 'merchant-clearing',
    number: 15,
    sql: `
      -- Taken from its bank, which did not show that it was signed here: two people look at it before anything of it is placed.
      ALTER TABLE day_end_file ADD COLUMN unsigned INTEGER NOT NULL DEFAULT 0 CHECK (unsigned = 0 OR (unsigned = 1 AND held IS NOT NULL))`,
  },
]
