/** A securities firm's tables: the prices that it dealt at, and its customers' trades. */
import type { Migration } from '../store/migrations.ts'

export const securitiesMigrations: readonly Migration[] = [
  {
    room: 'securities',
    number: 1,
    sql: `
      -- What the price list said, each time that it said something new or trading opened. A trade is executed at one of these.
      CREATE TABLE quote (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        isin TEXT NOT NULL CHECK (length(isin) = 12),
        number INTEGER NOT NULL CHECK (number >= 1),
        -- Since when the list says so.
        since INTEGER NOT NULL,
        minor INTEGER NOT NULL CHECK (minor > 0),
        PRIMARY KEY (tenant, isin, number)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER quote_is_never_changed BEFORE UPDATE ON quote
        BEGIN SELECT RAISE(ABORT, 'what a share cost stands for ever'); END;
      CREATE TRIGGER quote_stands_for_ever BEFORE DELETE ON quote
        BEGIN SELECT RAISE(ABORT, 'what a share cost stands for ever'); END;

      -- Its states and steps are drawn in src/securities/trade.ts.
      CREATE TABLE trade (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        id TEXT NOT NULL,
        -- By which the customer quotes it.
        number TEXT NOT NULL,
        account TEXT NOT NULL,
        side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
        isin TEXT NOT NULL,
        quantity INTEGER NOT NULL CHECK (quantity > 0),
        -- Per share; without one it was for the market's price.
        limit_minor INTEGER CHECK (limit_minor > 0),
        taken_at INTEGER NOT NULL,
        -- The end of its trading day.
        good_until INTEGER NOT NULL CHECK (good_until > taken_at),
        state TEXT NOT NULL CHECK (state IN ('open', 'executed', 'settled', 'cancelled', 'expired')),
        -- Of the quote that it was executed at.
        quote INTEGER,
        executed_at INTEGER,
        traded_on TEXT,
        settles_on TEXT,
        settles_at INTEGER,
        settled_at INTEGER,
        ended_at INTEGER,
        PRIMARY KEY (tenant, id),
        FOREIGN KEY (tenant, isin, quote) REFERENCES quote (tenant, isin, number),
        CHECK ((state IN ('executed', 'settled')) = (quote IS NOT NULL)),
        CHECK ((quote IS NULL) = (executed_at IS NULL) AND (quote IS NULL) = (traded_on IS NULL)
          AND (quote IS NULL) = (settles_on IS NULL) AND (quote IS NULL) = (settles_at IS NULL)),
        CHECK (settles_on > traded_on AND settles_at > executed_at),
        CHECK ((state = 'settled') = (settled_at IS NOT NULL) AND (settled_at IS NULL OR settled_at >= settles_at)),
        CHECK ((state IN ('cancelled', 'expired')) = (ended_at IS NOT NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX trade_of_account ON trade (tenant, account, id);
      CREATE INDEX trade_open ON trade (tenant, isin, id) WHERE state = 'open';
      CREATE INDEX trade_to_settle ON trade (tenant, settles_at) WHERE state = 'executed';
      CREATE TRIGGER trade_stands_for_ever BEFORE DELETE ON trade
        BEGIN SELECT RAISE(ABORT, 'a trade stands for ever'); END`,
  },
  {
    room: 'securities',
    number: 2,
    sql: `
      -- By its holder's signed sign-in, and by the word of the bank that issued it.
      CREATE TABLE client_card (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        card TEXT NOT NULL CHECK (length(card) = 14),
        bank TEXT NOT NULL,
        account TEXT NOT NULL,
        -- Its holder's, as the bank has it and an order that pays them.
        name TEXT NOT NULL,
        algorithm TEXT NOT NULL CHECK (algorithm IN ('Ed25519', 'P-256')),
        public_key BLOB NOT NULL,
        -- In seconds since 1970.
        expires_at INTEGER NOT NULL,
        enrolled_at INTEGER NOT NULL,
        -- The greatest that this firm acted on.
        counter INTEGER NOT NULL CHECK (counter BETWEEN 0 AND 4294967295),
        PRIMARY KEY (tenant, card)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER client_card_stands_for_ever BEFORE DELETE ON client_card
        BEGIN SELECT RAISE(ABORT, 'a card that was enrolled stands for ever'); END;

      -- What this firm did by itself because a card signed it: its counter and the nonce are used up by it.
      CREATE TABLE card_act (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        card TEXT NOT NULL,
        counter INTEGER NOT NULL CHECK (counter BETWEEN 1 AND 4294967295),
        nonce BLOB NOT NULL CHECK (length(nonce) = 8),
        kind TEXT NOT NULL CHECK (kind IN ('sign-in', 'trade', 'cancel', 'fund')),
        -- The trade or the payout that it is about; a sign-in is about none.
        subject TEXT CHECK ((subject IS NULL) = (kind = 'sign-in')),
        -- COSE_Sign1, whole.
        message BLOB NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (tenant, card, counter),
        UNIQUE (tenant, nonce),
        FOREIGN KEY (tenant, card) REFERENCES client_card (tenant, card)
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX card_act_about ON card_act (tenant, kind, subject) WHERE subject IS NOT NULL;
      CREATE TRIGGER card_act_is_never_changed BEFORE UPDATE ON card_act
        BEGIN SELECT RAISE(ABORT, 'what a card signed stands for ever'); END;
      CREATE TRIGGER card_act_stands_for_ever BEFORE DELETE ON card_act
        BEGIN SELECT RAISE(ABORT, 'what a card signed stands for ever'); END;

      -- Its states and steps are drawn in src/securities/clients/pay-out.ts.
      CREATE TABLE payout (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        id TEXT NOT NULL CHECK (length(id) = 32),
        account TEXT NOT NULL,
        minor INTEGER NOT NULL CHECK (minor > 0),
        at INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('sent', 'paid', 'returned')),
        letter_epoch INTEGER NOT NULL,
        letter_sequence INTEGER NOT NULL,
        PRIMARY KEY (tenant, id)
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX payout_letter ON payout (tenant, letter_epoch, letter_sequence);
      CREATE INDEX payout_of_account ON payout (tenant, account, id);
      CREATE TRIGGER payout_stands_for_ever BEFORE DELETE ON payout
        BEGIN SELECT RAISE(ABORT, 'what was paid out stands for ever'); END`,
  },
  {
    // Letters are counted for each bank apart, and a firm may come to have its account at another one.
    room: 'securities',
    number: 3,
    sql: `
      ALTER TABLE payout ADD COLUMN bank TEXT NOT NULL DEFAULT '';
      -- A letter that became void does not name its payout any more.
      UPDATE payout SET bank = coalesce((SELECT letter.peer
        FROM clearing_peer AS known JOIN clearing_outbox AS letter ON letter.tenant = known.tenant AND letter.peer = known.peer
          AND letter.epoch = payout.letter_epoch AND letter.sequence = payout.letter_sequence
        WHERE known.tenant = payout.tenant AND letter.type = 'pay-out'
        ORDER BY instr(letter.content, CAST(payout.id AS BLOB)) = 0 LIMIT 1), '');
      DROP INDEX payout_letter;
      CREATE UNIQUE INDEX payout_letter ON payout (tenant, bank, letter_epoch, letter_sequence)`,
  },
]
