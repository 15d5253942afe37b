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
    room: 'mail-recovery',
    number: 3,
    sql: `
      -- Whoever lost its books is shown which headers it had signed.
      CREATE INDEX clearing_inbox_header ON clearing_inbox (tenant, peer, epoch, sequence)
        WHERE type IN ('day-end-file', 'host-file', 'host-file-sections', 'net-statement')`,
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
  {
    room: 'key-changes',
    number: 1,
    sql: `
      -- Every key by which a counterparty was ever known, in order: pinned by two people, or told by its letter at a place.
      CREATE TABLE peer_key (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        peer TEXT NOT NULL,
        purpose TEXT NOT NULL CHECK (purpose IN ('envelope', 'receive', 'ledger', 'transport')),
        number INTEGER NOT NULL CHECK (number >= 1),
        key_id TEXT NOT NULL,
        public_key BLOB NOT NULL CHECK (length(public_key) = 32),
        since INTEGER NOT NULL,
        epoch INTEGER,
        sequence INTEGER,
        -- From then on nothing counts that is signed by it or shown with it.
        ended_at INTEGER,
        PRIMARY KEY (tenant, peer, purpose, number),
        CHECK ((epoch IS NULL) = (sequence IS NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER peer_key_stands_for_ever BEFORE DELETE ON peer_key
        BEGIN SELECT RAISE(ABORT, 'a key by which a counterparty was known stands for ever'); END;
      INSERT INTO peer_key (tenant, peer, purpose, number, key_id, public_key, since)
        SELECT tenant, peer, 'envelope', 1, signing_key_id, signing_key, pinned_at FROM clearing_peer;
      INSERT INTO peer_key (tenant, peer, purpose, number, key_id, public_key, since)
        SELECT tenant, peer, 'receive', 1, receiving_key_id, receiving_key, pinned_at FROM clearing_peer;
      INSERT INTO peer_key (tenant, peer, purpose, number, key_id, public_key, since)
        SELECT tenant, peer, 'ledger', 1, ledger_key_id, ledger_key, pinned_at FROM clearing_peer;
      INSERT INTO peer_key (tenant, peer, purpose, number, key_id, public_key, since)
        SELECT tenant, peer, 'transport', 1, transport_key_id, transport_key, pinned_at FROM clearing_peer
        WHERE transport_key_id IS NOT NULL;

      -- Own keys, of each purpose from its first change on.
      CREATE TABLE own_key (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        purpose TEXT NOT NULL CHECK (purpose IN ('envelope', 'receive', 'ledger', 'transport')),
        number INTEGER NOT NULL CHECK (number >= 1),
        key_id TEXT NOT NULL,
        public_key BLOB NOT NULL CHECK (length(public_key) = 32),
        since INTEGER NOT NULL,
        -- first: it came with the institution. decided: by two people. renewed: its certificate came to its end. found: beside
        -- books that went back in time.
        origin TEXT NOT NULL CHECK (origin IN ('first', 'decided', 'renewed', 'found')),
        decision TEXT,
        destroyed_at INTEGER,
        PRIMARY KEY (tenant, purpose, number),
        UNIQUE (tenant, key_id),
        CHECK ((origin = 'decided') = (decision IS NOT NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER own_key_stands_for_ever BEFORE DELETE ON own_key
        BEGIN SELECT RAISE(ABORT, 'a key of our own stands for ever'); END;

      -- To whom a new key of our own was told, by which letter, whether it was taken, and since when nothing can come that
      -- was made for an older one.
      CREATE TABLE own_key_told (
        tenant TEXT NOT NULL,
        key_id TEXT NOT NULL,
        peer TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        taken_at INTEGER,
        confirmed_at INTEGER,
        PRIMARY KEY (tenant, key_id, peer),
        FOREIGN KEY (tenant, key_id) REFERENCES own_key (tenant, key_id),
        CHECK (confirmed_at IS NULL OR taken_at IS NOT NULL)
      ) STRICT, WITHOUT ROWID;

      -- By which of the peer's keys a receipt was signed.
      ALTER TABLE clearing_outbox ADD COLUMN receipt_signer TEXT;
      ALTER TABLE clearing_resend ADD COLUMN receipt_signer TEXT`,
  },
  {
    room: 'key-changes',
    number: 2,
    sql: `
      -- Two people's decision to destroy it, whoever has not confirmed a newer one.
      ALTER TABLE own_key ADD COLUMN let_go TEXT`,
  },
  {
    room: 'letter-traces',
    number: 1,
    sql: `
      -- In which trace a letter was written or taken, and in which its sender says that it was written: a hint, by which nothing is decided.
      ALTER TABLE clearing_outbox ADD COLUMN trace BLOB CHECK (trace IS NULL OR length(trace) = 16);
      ALTER TABLE clearing_inbox ADD COLUMN trace BLOB CHECK (trace IS NULL OR length(trace) = 16);
      ALTER TABLE clearing_inbox ADD COLUMN peer_trace BLOB CHECK (peer_trace IS NULL OR length(peer_trace) = 16)`,
  },
]
