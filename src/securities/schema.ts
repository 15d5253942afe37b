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
]
