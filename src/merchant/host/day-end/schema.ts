/** The host's table of the day end: one file for each bank and business date. Its sections are its payees' own files. */
import type { Migration } from '../../../store/migrations.ts'

export const hostDayEndMigrations: readonly Migration[] = [
  {
    room: 'host-day-end',
    number: 1,
    sql: `
      -- closed → built → sent → received; refused: by the bank, as a whole.
      CREATE TABLE host_file (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        bank TEXT NOT NULL,
        number INTEGER NOT NULL CHECK (number >= 1),
        date TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('closed', 'built', 'sent', 'received', 'refused')),
        header BLOB,
        hash BLOB CHECK (hash IS NULL OR length(hash) = 32),
        -- How many sections it has, and lines in all of them.
        sections INTEGER NOT NULL DEFAULT 0,
        lines INTEGER NOT NULL DEFAULT 0,
        -- How many of each are in letters, and which letter is the last of the file.
        sections_sent INTEGER NOT NULL DEFAULT 0,
        sent INTEGER NOT NULL DEFAULT 0,
        letter_epoch INTEGER,
        letter_sequence INTEGER,
        -- Taken from its bank, in the recall of this epoch. Refused besides, not all of it ever came there: it is void.
        held INTEGER,
        PRIMARY KEY (tenant, bank, number),
        UNIQUE (tenant, bank, date),
        CHECK ((state = 'closed') = (hash IS NULL)),
        CHECK (sections_sent <= sections AND sent <= lines)
      ) STRICT;
      CREATE INDEX host_file_open ON host_file (tenant, bank, number) WHERE state IN ('closed', 'built');
      CREATE TRIGGER host_file_stands_for_ever BEFORE DELETE ON host_file
        BEGIN SELECT RAISE(ABORT, 'a day-end file stands for ever'); END`,
  },
]
