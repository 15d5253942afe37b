/** What was listened to. How much of it was paid stands in the ledger, in the hold `listening <id>`. */
import type { Migration } from '../../store/migrations.ts'

export const informationMigrations: readonly Migration[] = [
  {
    room: 'information',
    number: 1,
    sql: `
      CREATE TABLE listening (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        id TEXT NOT NULL,
        voucher TEXT NOT NULL,
        item TEXT NOT NULL,
        -- The price of a unit, and how much sound a unit was. NULL: all of the item.
        minor INTEGER NOT NULL CHECK (minor > 0),
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        unit_ms INTEGER CHECK (unit_ms > 0),
        reference TEXT NOT NULL,
        PRIMARY KEY (tenant, id),
        FOREIGN KEY (tenant, voucher) REFERENCES voucher (tenant, number)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER listening_is_never_changed BEFORE UPDATE ON listening
        BEGIN SELECT RAISE(ABORT, 'what was listened to stands as it was'); END;
      CREATE TRIGGER listening_is_never_forgotten BEFORE DELETE ON listening
        BEGIN SELECT RAISE(ABORT, 'what was listened to stands for ever'); END`,
  },
]
