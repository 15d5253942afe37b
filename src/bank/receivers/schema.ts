/** A bank's tables of who takes cards: what each says of itself, whom two people let collect, and what became of what each forwarded. */
import type { Migration } from '../../store/migrations.ts'

export const cardReceiverMigrations: readonly Migration[] = [
  {
    room: 'bank-receivers',
    number: 1,
    sql: `
      -- By its own letter: its number, and the key to which terminals encrypt, for the directory that they carry.
      CREATE TABLE card_receiver (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        receiver TEXT NOT NULL,
        number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 9999),
        key_number INTEGER NOT NULL CHECK (key_number BETWEEN 1 AND 255),
        key BLOB NOT NULL CHECK (length(key) = 32),
        PRIMARY KEY (tenant, receiver),
        UNIQUE (tenant, number)
      ) STRICT, WITHOUT ROWID;

      -- By two people's decision: it may collect for that payee, which is itself.
      CREATE TABLE admitted_receiver (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        receiver TEXT NOT NULL,
        payee_bank TEXT NOT NULL,
        payee_account TEXT NOT NULL,
        payee_name TEXT NOT NULL,
        -- The decision's digest, and that by which it ended.
        admitted_by TEXT NOT NULL,
        dismissed_by TEXT,
        -- It has been told of that, and of every card that is out of use.
        told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),
        list_number INTEGER NOT NULL DEFAULT 0 CHECK (list_number >= 0),
        PRIMARY KEY (tenant, receiver)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER admitted_receiver_stands_for_ever BEFORE DELETE ON admitted_receiver
        BEGIN SELECT RAISE(ABORT, 'who was admitted is dismissed, not forgotten'); END;

      -- What became of each signature that was forwarded here.
      CREATE TABLE card_collection (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        receiver TEXT NOT NULL,
        -- Of message and sealed password, as src/card-receiver/payment-id.ts has it.
        payment TEXT NOT NULL CHECK (length(payment) = 32),
        at INTEGER NOT NULL,
        outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'paid', 'came-back', 'refused')),
        -- Of one that moved money: its row among the payments.
        card TEXT,
        counter INTEGER,
        reference TEXT NOT NULL,
        reason TEXT NOT NULL,
        field TEXT,
        tries_left INTEGER,
        -- What its receiver was told last, and by which letter.
        told TEXT,
        letter_epoch INTEGER,
        letter_sequence INTEGER,
        PRIMARY KEY (tenant, receiver, payment),
        FOREIGN KEY (tenant, card, counter) REFERENCES card_payment (tenant, card, counter),
        CHECK ((outcome = 'refused') = (card IS NULL)),
        CHECK ((card IS NULL) = (counter IS NULL)),
        CHECK ((outcome = 'refused') = (reason <> '')),
        CHECK ((outcome = 'refused') = (reference = '')),
        CHECK ((told IS NULL) = (letter_epoch IS NULL)),
        CHECK ((letter_epoch IS NULL) = (letter_sequence IS NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX card_collection_of_card ON card_collection (tenant, card, counter) WHERE card IS NOT NULL;
      CREATE INDEX card_collection_untold ON card_collection (tenant, receiver) WHERE told IS NOT outcome;
      CREATE TRIGGER card_collection_stands_for_ever BEFORE DELETE ON card_collection
        BEGIN SELECT RAISE(ABORT, 'what was forwarded stands for ever'); END`,
  },
]
