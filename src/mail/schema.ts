/** The tables of the correspondence between institutions: who the counterparties are, what was sent, what came. */
import type { Migration } from '../store/migrations.ts'

export const clearingMigrations: readonly Migration[] = [
  {
    room: 'clearing',
    number: 1,
    sql: `
      CREATE TABLE clearing_peer (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        peer TEXT NOT NULL,
        signing_key_id TEXT NOT NULL,
        signing_key BLOB NOT NULL CHECK (length(signing_key) = 32),
        receiving_key_id TEXT NOT NULL,
        receiving_key BLOB NOT NULL CHECK (length(receiving_key) = 32),
        ledger_key_id TEXT NOT NULL,
        ledger_key BLOB NOT NULL CHECK (length(ledger_key) = 32),
        fingerprint TEXT NOT NULL,
        maker TEXT NOT NULL,
        checker TEXT NOT NULL CHECK (checker <> maker),
        pinned_at INTEGER NOT NULL,
        suspended INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1)),
        PRIMARY KEY (tenant, peer)
      ) STRICT;

      CREATE TABLE clearing_outbox (
        tenant TEXT NOT NULL,
        peer TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        type TEXT NOT NULL,
        content BLOB NOT NULL,
        receipt BLOB,
        receipt_signature BLOB,
        outcome TEXT CHECK (outcome IN ('accepted', 'refused')),
        PRIMARY KEY (tenant, peer, epoch, sequence),
        CHECK ((outcome IS NULL) = (receipt IS NULL))
      ) STRICT;
      CREATE INDEX clearing_outbox_waiting ON clearing_outbox (tenant, peer, epoch, sequence) WHERE outcome IS NULL;

      CREATE TABLE clearing_inbox (
        tenant TEXT NOT NULL,
        peer TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        type TEXT NOT NULL,
        digest BLOB NOT NULL CHECK (length(digest) = 32),
        content BLOB NOT NULL,
        signature BLOB NOT NULL,
        signer TEXT NOT NULL,
        receipt BLOB NOT NULL,
        PRIMARY KEY (tenant, peer, epoch, sequence)
      ) STRICT;
      CREATE TRIGGER clearing_inbox_is_never_changed BEFORE UPDATE ON clearing_inbox
        BEGIN SELECT RAISE(ABORT, 'what was received stands for ever'); END;

      CREATE TABLE clearing_head (
        tenant TEXT NOT NULL,
        peer TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        chain TEXT NOT NULL,
        seq INTEGER NOT NULL,
        hash TEXT NOT NULL,
        at INTEGER NOT NULL,
        key_id TEXT NOT NULL,
        signature BLOB NOT NULL,
        PRIMARY KEY (tenant, peer, epoch, chain, seq)
      ) STRICT;
      CREATE TRIGGER clearing_head_is_never_changed BEFORE UPDATE ON clearing_head
        BEGIN SELECT RAISE(ABORT, 'a head that was received stands for ever'); END;

      CREATE TABLE clearing_alarm (
        number INTEGER PRIMARY KEY,
        tenant TEXT NOT NULL,
        peer TEXT NOT NULL,
        kind TEXT NOT NULL,
        detail TEXT NOT NULL,
        at INTEGER NOT NULL
      ) STRICT`,
  },
  {
    room: 'clearing',
    number: 2,
    sql: 'ALTER TABLE clearing_outbox ADD COLUMN replaced BLOB CHECK (replaced IS NULL OR length(replaced) = 32)',
  },
  {
    room: 'clearing',
    number: 3,
    sql: `
      ALTER TABLE clearing_peer ADD COLUMN allowed_epoch INTEGER;

      CREATE TABLE clearing_log_head (
        tenant TEXT NOT NULL,
        peer TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        at INTEGER NOT NULL,
        key_id TEXT NOT NULL,
        signature BLOB NOT NULL CHECK (length(signature) = 64),
        PRIMARY KEY (tenant, peer, epoch, sequence, hash)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER clearing_log_head_is_never_changed BEFORE UPDATE ON clearing_log_head
        BEGIN SELECT RAISE(ABORT, 'a head that was received stands for ever'); END;

      CREATE TABLE clearing_epoch_start (
        tenant TEXT NOT NULL,
        peer TEXT NOT NULL,
        epoch INTEGER NOT NULL CHECK (epoch >= 2),
        chain TEXT NOT NULL,
        seq INTEGER NOT NULL,
        hash TEXT NOT NULL,
        PRIMARY KEY (tenant, peer, epoch, chain)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER clearing_epoch_start_is_never_changed BEFORE UPDATE ON clearing_epoch_start
        BEGIN SELECT RAISE(ABORT, 'an announcement stands for ever'); END`,
  },
  {
    room: 'clearing',
    number: 4,
    sql: `
      ALTER TABLE clearing_peer ADD COLUMN transport_key_id TEXT;
      ALTER TABLE clearing_peer ADD COLUMN transport_key BLOB CHECK (transport_key IS NULL OR length(transport_key) = 32)`,
  },
  {
    room: 'mail-recovery',
    number: 1,
    sql: `
      CREATE TABLE clearing_resend (
        tenant TEXT NOT NULL,
        peer TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        type TEXT NOT NULL,
        content BLOB NOT NULL,
        replaced BLOB CHECK (replaced IS NULL OR length(replaced) = 32),
        receipt BLOB,
        receipt_signature BLOB,
        PRIMARY KEY (tenant, peer, epoch, sequence),
        FOREIGN KEY (tenant, peer, epoch, sequence) REFERENCES clearing_outbox (tenant, peer, epoch, sequence),
        CHECK ((receipt IS NULL) = (receipt_signature IS NULL))
      ) STRICT`,
  },
  {
    room: 'mail-recovery',
    number: 2,
    sql: `
      -- Since a start, until it has said which head of our change log it holds: no letter to it is numbered meanwhile.
      ALTER TABLE clearing_peer ADD COLUMN closed INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1))`,
  },
  {
    room: 'sealed-letters',
    number: 1,
    sql: `
      -- Of a letter whose content in the outbox is sealed: by which key, and what its receipt calls it.
      CREATE TABLE sealed_letter (
        tenant TEXT NOT NULL,
        peer TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        key TEXT NOT NULL,
        digest BLOB NOT NULL CHECK (length(digest) = 32),
        key_destroyed INTEGER NOT NULL DEFAULT 0 CHECK (key_destroyed IN (0, 1)),
        PRIMARY KEY (tenant, peer, epoch, sequence),
        FOREIGN KEY (tenant, peer, epoch, sequence) REFERENCES clearing_outbox (tenant, peer, epoch, sequence)
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX sealed_letter_key ON sealed_letter (key);
      CREATE INDEX sealed_letter_to_finish ON sealed_letter (tenant, peer, epoch, sequence) WHERE key_destroyed = 0`,
  },
]
