/** A bank's tables of the cards that it issued, what it asked them to sign, and what they signed. */
import type { Migration } from '../../store/migrations.ts'

export const cardMigrations: readonly Migration[] = [
  {
    room: 'bank-cards',
    number: 1,
    sql: `
      -- Its states and steps are drawn in src/bank/cards/cards.ts.
      CREATE TABLE issued_card (
        tenant TEXT NOT NULL,
        number TEXT NOT NULL CHECK (length(number) = 14),
        account TEXT NOT NULL,
        -- The card that it takes the place of.
        replaces TEXT,
        issued_at INTEGER NOT NULL,
        -- In seconds since 1970, as the card itself has it.
        expires_at INTEGER NOT NULL CHECK (expires_at * 1000 > issued_at),
        -- The key of this bank to which it seals personal passwords.
        answer_key TEXT NOT NULL,
        -- The key that card and bank agreed on, under a key that is not in the database.
        agreed_under TEXT NOT NULL,
        agreed_key BLOB NOT NULL,
        -- Verifier of the personal password.
        password TEXT NOT NULL,
        -- As two people enrolled it.
        algorithm TEXT CHECK (algorithm IN ('Ed25519', 'P-256')),
        public_key BLOB,
        enrolled_at INTEGER,
        enrolled_by TEXT,
        state TEXT NOT NULL DEFAULT 'issued' CHECK (state IN ('issued', 'active', 'blocked', 'revoked')),
        -- The greatest that an order of it was accepted with.
        counter INTEGER NOT NULL DEFAULT 0 CHECK (counter BETWEEN 0 AND 4294967295),
        PRIMARY KEY (tenant, number),
        FOREIGN KEY (tenant, account) REFERENCES bank_customer (tenant, account),
        FOREIGN KEY (tenant, replaces) REFERENCES issued_card (tenant, number),
        CHECK ((algorithm IS NULL) = (public_key IS NULL)),
        CHECK ((public_key IS NULL) = (enrolled_by IS NULL)),
        CHECK ((enrolled_by IS NULL) = (enrolled_at IS NULL)),
        CHECK (public_key IS NOT NULL OR (state IN ('issued', 'revoked') AND counter = 0)),
        CHECK (public_key IS NULL OR state <> 'issued')
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX issued_card_of_account ON issued_card (tenant, account, issued_at);
      CREATE TRIGGER issued_card_stands_for_ever BEFORE DELETE ON issued_card
        BEGIN SELECT RAISE(ABORT, 'a card stands for ever'); END;

      -- What happened to a card after it was enrolled, in the order in which it did.
      CREATE TABLE card_step (
        tenant TEXT NOT NULL,
        card TEXT NOT NULL,
        number INTEGER NOT NULL CHECK (number >= 1),
        step TEXT NOT NULL CHECK (step IN ('blocked', 'unblocked', 'revoked')),
        -- Its holder's request, two people's decision, that by which another card took its place, or wrong passwords.
        by TEXT NOT NULL CHECK (by IN ('holder', 'people', 'replacement', 'password')),
        -- The intent or the decision's digest.
        reason TEXT,
        at INTEGER NOT NULL,
        PRIMARY KEY (tenant, card, number),
        FOREIGN KEY (tenant, card) REFERENCES issued_card (tenant, number),
        CHECK ((reason IS NULL) = (by = 'password'))
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER card_step_is_never_changed BEFORE UPDATE ON card_step
        BEGIN SELECT RAISE(ABORT, 'what happened to a card stands for ever'); END;
      CREATE TRIGGER card_step_stands_for_ever BEFORE DELETE ON card_step
        BEGIN SELECT RAISE(ABORT, 'what happened to a card stands for ever'); END;

      -- What was asked for, each under a nonce of its own. An account has one that is open.
      CREATE TABLE card_order (
        tenant TEXT NOT NULL,
        nonce BLOB NOT NULL CHECK (length(nonce) = 8),
        account TEXT NOT NULL,
        intent TEXT NOT NULL,
        -- The request's fields, in canonical CBOR.
        request BLOB NOT NULL,
        asked_at INTEGER NOT NULL,
        -- Answered, or ended by the next one, or by whoever asked what became of it.
        over_at INTEGER,
        PRIMARY KEY (tenant, nonce),
        FOREIGN KEY (tenant, account) REFERENCES bank_customer (tenant, account)
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX card_order_open ON card_order (tenant, account) WHERE over_at IS NULL;
      CREATE TRIGGER card_order_stands_for_ever BEFORE DELETE ON card_order
        BEGIN SELECT RAISE(ABORT, 'what was asked for stands for ever'); END;

      -- What was paid, with what the card signed: its counter and the receiver's nonce are used up by it.
      CREATE TABLE card_payment (
        tenant TEXT NOT NULL,
        card TEXT NOT NULL,
        counter INTEGER NOT NULL CHECK (counter BETWEEN 1 AND 4294967295),
        receiver TEXT NOT NULL,
        nonce BLOB NOT NULL,
        account TEXT NOT NULL,
        intent TEXT NOT NULL,
        -- The bank's id of the transfer.
        transfer TEXT NOT NULL,
        -- COSE_Sign1, whole.
        message BLOB NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (tenant, card, counter),
        UNIQUE (tenant, receiver, nonce),
        UNIQUE (tenant, transfer),
        FOREIGN KEY (tenant, card) REFERENCES issued_card (tenant, number)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER card_payment_is_never_changed BEFORE UPDATE ON card_payment
        BEGIN SELECT RAISE(ABORT, 'what a card signed stands for ever'); END;
      CREATE TRIGGER card_payment_stands_for_ever BEFORE DELETE ON card_payment
        BEGIN SELECT RAISE(ABORT, 'what a card signed stands for ever'); END`,
  },
]
