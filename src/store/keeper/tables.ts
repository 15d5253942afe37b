/** What a keeper's PostgreSQL holds: for each institution its log, who may write to it, and snapshots from which the log goes on. */
import type { Link } from './link.ts'

/**
 * A lease's epoch is part of a key, so that a change of it waits for every record that is being written under the old one
 * (`FOR KEY SHARE`), and a renewal does not. Records are full of hashes and keys: compressing them took time and saved nothing.
 */
const tables = `
  SELECT pg_advisory_xact_lock(7072616);
  CREATE TABLE IF NOT EXISTS tonebank_lease (
    institution text PRIMARY KEY,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    renewals bigint NOT NULL,
    free boolean NOT NULL,
    UNIQUE (institution, epoch)
  );
  -- Drawn by who took it, by which it knows its own again.
  ALTER TABLE tonebank_lease ADD COLUMN IF NOT EXISTS holder text NOT NULL DEFAULT '';
  CREATE TABLE IF NOT EXISTS tonebank_log (
    institution text NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 1),
    epoch bigint NOT NULL,
    previous bytea NOT NULL CHECK (length(previous) = 32),
    record bytea NOT NULL,
    PRIMARY KEY (institution, sequence)
  );
  ALTER TABLE tonebank_log ALTER record SET STORAGE EXTERNAL;
  CREATE TABLE IF NOT EXISTS tonebank_checkpoint (
    institution text NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    facts text NOT NULL,
    parts bigint NOT NULL,
    PRIMARY KEY (institution, sequence)
  );
  CREATE TABLE IF NOT EXISTS tonebank_checkpoint_part (
    institution text NOT NULL,
    sequence bigint NOT NULL,
    part bigint NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (institution, sequence, part)
  );
  ALTER TABLE tonebank_checkpoint_part ALTER bytes SET STORAGE EXTERNAL;
  CREATE OR REPLACE FUNCTION tonebank_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the log only grows'; END $$;
  CREATE OR REPLACE TRIGGER tonebank_log_is_never_changed BEFORE UPDATE OR TRUNCATE ON tonebank_log
    FOR EACH STATEMENT EXECUTE FUNCTION tonebank_refuse()`

/** Makes them where they are missing. Later the role needs no right to make any. */
export async function makeTables(link: Link): Promise<void> {
  const [found] = await link.query(
    `SELECT to_regclass('tonebank_checkpoint_part') IS NOT NULL AND EXISTS (SELECT 1 FROM pg_attribute
       WHERE attrelid = to_regclass('tonebank_lease') AND attname = 'holder' AND NOT attisdropped) AS made`,
  )
  if (found?.['made'] !== true) await link.query(tables)
}
