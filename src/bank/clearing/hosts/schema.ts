/** The bank's tables of hosts' day-end files. Each section is a payee's file besides, in the tables of those. */
import type { Migration } from '../../../store/migrations.ts'

export const hostedFileMigrations: readonly Migration[] = [
  {
    room: 'bank-hosted-files',
    number: 1,
    sql: `
      CREATE TABLE hosted_file (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        host TEXT NOT NULL,
        number INTEGER NOT NULL CHECK (number >= 1),
        date TEXT NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        header BLOB NOT NULL,
        -- How many sections it has, and lines in all of them, and how many of each have come.
        sections INTEGER NOT NULL CHECK (sections >= 0),
        sections_received INTEGER NOT NULL DEFAULT 0 CHECK (sections_received <= sections),
        lines INTEGER NOT NULL CHECK (lines >= 0),
        received INTEGER NOT NULL DEFAULT 0 CHECK (received <= lines),
        -- Its host lost it before all of it was here. Sections that are whole count all the same.
        void INTEGER NOT NULL DEFAULT 0 CHECK (void IN (0, 1)),
        PRIMARY KEY (tenant, host, number)
      ) STRICT;
      CREATE TRIGGER hosted_file_stands_for_ever BEFORE DELETE ON hosted_file
        BEGIN SELECT RAISE(ABORT, 'a day-end file stands for ever'); END;

      CREATE TABLE hosted_section (
        tenant TEXT NOT NULL,
        host TEXT NOT NULL,
        number INTEGER NOT NULL,
        section INTEGER NOT NULL CHECK (section >= 1),
        -- Whose file it is, under which of its numbers, and that file's hash.
        payee TEXT NOT NULL,
        payee_number INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        -- Where its lines lie among those of the host's file.
        first_line INTEGER NOT NULL CHECK (first_line >= 1),
        lines INTEGER NOT NULL CHECK (lines >= 0),
        -- Why it was not taken.
        refused TEXT,
        PRIMARY KEY (tenant, host, number, section),
        UNIQUE (tenant, host, number, payee),
        FOREIGN KEY (tenant, host, number) REFERENCES hosted_file (tenant, host, number)
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX hosted_section_of_line ON hosted_section (tenant, host, number, first_line) WHERE lines > 0;
      CREATE TRIGGER hosted_section_stands_for_ever BEFORE DELETE ON hosted_section
        BEGIN SELECT RAISE(ABORT, 'a section of a day-end file stands for ever'); END;

      -- Lines of other payees that come before them in the letter.
      ALTER TABLE payee_file_part ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0 CHECK (skipped >= 0)`,
  },
]
