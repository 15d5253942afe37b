/** Tables of a receiver: what it asked cards to sign, what it forwarded, and what the banks of the cards have said. */
import type { Migration } from '../store/migrations.ts'

export const receiverMigrations: readonly Migration[] = [
  {
    room: 'card-receiver',
    number: 1,
    sql: `
      -- A bank that has admitted this receiver, as its letters say. Each says what it told last.
      CREATE TABLE card_bank (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        bank TEXT NOT NULL,
        -- Where this receiver collects, and what it is called in an order.
        payee_bank TEXT NOT NULL,
        payee_account TEXT NOT NULL,
        payee_name TEXT NOT NULL,
        -- What the numbers of its cards begin with. NULL: it issues none.
        issuer INTEGER CHECK (issuer BETWEEN 0 AND 9999),
        -- Two people there have ended it.
        ended INTEGER NOT NULL CHECK (ended IN (0, 1)),
        -- Of its lists of cards, the last that came.
        list_number INTEGER NOT NULL DEFAULT 0 CHECK (list_number >= 0),
        PRIMARY KEY (tenant, bank)
      ) STRICT, WITHOUT ROWID;

      -- What each bank was told of this receiver.
      CREATE TABLE told_bank (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        bank TEXT NOT NULL,
        number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 9999),
        key_number INTEGER NOT NULL CHECK (key_number BETWEEN 1 AND 255),
        key BLOB NOT NULL CHECK (length(key) = 32),
        PRIMARY KEY (tenant, bank)
      ) STRICT, WITHOUT ROWID;

      -- Cards that their bank says are out of use: it makes the pre-check stronger, and decides nothing.
      CREATE TABLE listed_card (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        bank TEXT NOT NULL,
        card TEXT NOT NULL CHECK (length(card) = 14),
        state TEXT NOT NULL CHECK (state IN ('blocked', 'revoked')),
        algorithm TEXT NOT NULL CHECK (algorithm IN ('Ed25519', 'P-256')),
        key BLOB NOT NULL,
        PRIMARY KEY (tenant, card, bank)
      ) STRICT, WITHOUT ROWID;

      -- What was asked for, each under a nonce of its own. Under one intent one is open.
      CREATE TABLE receiver_order (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        nonce BLOB NOT NULL CHECK (length(nonce) = 8),
        -- Who was asked; empty where nobody has signed in.
        principal TEXT NOT NULL,
        intent TEXT NOT NULL,
        -- The request's fields, in canonical CBOR.
        request BLOB NOT NULL,
        asked_at INTEGER NOT NULL,
        -- Answered, or ended by the next one, or by whoever asked what became of it.
        over_at INTEGER,
        PRIMARY KEY (tenant, nonce)
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX receiver_order_open ON receiver_order (tenant, principal, intent) WHERE over_at IS NULL;
      CREATE TRIGGER receiver_order_stands_for_ever BEFORE DELETE ON receiver_order
        BEGIN SELECT RAISE(ABORT, 'what was asked for stands for ever'); END;

      -- Its states and steps are drawn in src/card-receiver/payments.ts.
      CREATE TABLE receiver_payment (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        -- Of message and sealed password, as src/card-receiver/payment-id.ts has it.
        id TEXT NOT NULL CHECK (length(id) = 32),
        nonce BLOB NOT NULL CHECK (length(nonce) = 8),
        principal TEXT NOT NULL,
        -- Empty in books that lost the asking.
        intent TEXT NOT NULL,
        issuer TEXT NOT NULL,
        card TEXT NOT NULL CHECK (length(card) = 14),
        counter INTEGER NOT NULL CHECK (counter BETWEEN 1 AND 4294967295),
        minor INTEGER NOT NULL CHECK (minor > 0),
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        -- COSE_Sign1, whole.
        message BLOB NOT NULL,
        at INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('forwarded', 'sent', 'paid', 'came-back', 'refused')),
        reference TEXT NOT NULL DEFAULT '',
        reason TEXT NOT NULL DEFAULT '',
        field TEXT,
        tries_left INTEGER,
        -- The letter that forwarded it, and the last of the issuing bank's that said what became of it.
        letter_epoch INTEGER,
        letter_sequence INTEGER,
        word_epoch INTEGER,
        word_sequence INTEGER,
        PRIMARY KEY (tenant, id),
        UNIQUE (tenant, nonce),
        CHECK ((letter_epoch IS NULL) = (letter_sequence IS NULL)),
        CHECK ((word_epoch IS NULL) = (word_sequence IS NULL)),
        CHECK (state <> 'forwarded' OR (letter_epoch IS NOT NULL AND word_epoch IS NULL)),
        CHECK ((state IN ('sent', 'paid', 'came-back')) = (reference <> '')),
        CHECK ((state = 'refused') = (reason <> ''))
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX receiver_payment_of_card ON receiver_payment (tenant, card, counter);
      CREATE INDEX receiver_payment_of_intent ON receiver_payment (tenant, principal, intent);
      CREATE INDEX receiver_payment_by_time ON receiver_payment (tenant, at);
      CREATE TRIGGER receiver_payment_stands_for_ever BEFORE DELETE ON receiver_payment
        BEGIN SELECT RAISE(ABORT, 'what was forwarded stands for ever'); END;

      -- Of this signature it was said that nothing came of it: nothing asked for before that instant is taken with it.
      CREATE TABLE receiver_inquiry (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        card TEXT NOT NULL CHECK (length(card) = 14),
        counter INTEGER NOT NULL CHECK (counter BETWEEN 0 AND 4294967295),
        at INTEGER NOT NULL,
        PRIMARY KEY (tenant, card, counter)
      ) STRICT, WITHOUT ROWID`,
  },
  {
    room: 'card-receiver',
    number: 2,
    // Whoever asks what became of a signature names the nonce since, and its order ends with that.
    sql: 'DROP TABLE receiver_inquiry',
  },
]
