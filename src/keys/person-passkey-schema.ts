/** The step by which people sign by passkeys, too: where these stand, and how a decision says that one signed it. */
import type { Migration } from '../store/migrations.ts'
import { rebuiltTable } from '../store/rebuild.ts'

/** Either the 64 bytes of a person's own key, or whatever a passkey signs with, and over what. */
const signed = `
  signature BLOB NOT NULL,
  -- Of the signer, where a passkey signed.
  passkey TEXT,
  authenticator_data BLOB CHECK ((authenticator_data IS NULL) = (passkey IS NULL)),
  client_data BLOB CHECK ((client_data IS NULL) = (passkey IS NULL)),
  CHECK (passkey IS NOT NULL OR length(signature) = 64),
  FOREIGN KEY (tenant, passkey) REFERENCES person_passkey (tenant, id)`

export const personPasskeys: Migration = {
  room: 'people',
  number: 2,
  rebuilds: ['proposal', 'approval'],
  sql: `
    CREATE TABLE person_passkey (
      tenant TEXT NOT NULL,
      -- Base64url, as its authenticator chose it.
      id TEXT NOT NULL,
      person TEXT NOT NULL,
      -- COSE_Key.
      public_key BLOB NOT NULL,
      origin TEXT NOT NULL,
      counter INTEGER NOT NULL CHECK (counter >= 0),
      enrolled_at INTEGER NOT NULL,
      -- By the person's key: that it signs for them.
      signature BLOB NOT NULL CHECK (length(signature) = 64),
      used_at INTEGER,
      removed_at INTEGER,
      -- By the person's key: that it signs for them no more.
      removal BLOB CHECK (removal IS NULL OR length(removal) = 64),
      PRIMARY KEY (tenant, id),
      FOREIGN KEY (tenant, person) REFERENCES person (tenant, key_id),
      CHECK ((removed_at IS NULL) = (removal IS NULL))
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER person_passkey_stands_for_ever BEFORE DELETE ON person_passkey
      BEGIN SELECT RAISE(ABORT, 'a passkey stands for ever'); END;
    ${rebuiltTable({
      table: 'proposal',
      make: name => `CREATE TABLE ${name} (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        digest TEXT NOT NULL CHECK (length(digest) = 64),
        content BLOB NOT NULL,
        maker TEXT NOT NULL,
        proposed_at INTEGER NOT NULL,
        ${signed},
        PRIMARY KEY (tenant, digest),
        FOREIGN KEY (tenant, maker) REFERENCES person (tenant, key_id)
      ) STRICT`,
      columns: ['tenant', 'digest', 'content', 'maker', 'proposed_at', 'signature'],
      belongings: `
        CREATE TRIGGER proposal_is_never_changed BEFORE UPDATE ON proposal
          BEGIN SELECT RAISE(ABORT, 'a proposal stands as it was signed'); END;
        CREATE TRIGGER proposal_is_never_forgotten BEFORE DELETE ON proposal
          BEGIN SELECT RAISE(ABORT, 'a proposal stands for ever'); END;`,
    })}
    ${rebuiltTable({
      table: 'approval',
      make: name => `CREATE TABLE ${name} (
        tenant TEXT NOT NULL,
        digest TEXT NOT NULL,
        checker TEXT NOT NULL,
        approved_at INTEGER NOT NULL,
        ${signed},
        PRIMARY KEY (tenant, digest),
        FOREIGN KEY (tenant, digest) REFERENCES proposal (tenant, digest),
        FOREIGN KEY (tenant, checker) REFERENCES person (tenant, key_id)
      ) STRICT`,
      columns: ['tenant', 'digest', 'checker', 'approved_at', 'signature'],
      belongings: `
        CREATE TRIGGER approval_is_never_changed BEFORE UPDATE ON approval
          BEGIN SELECT RAISE(ABORT, 'an approval stands as it was signed'); END;
        CREATE TRIGGER approval_is_never_forgotten BEFORE DELETE ON approval
          BEGIN SELECT RAISE(ABORT, 'an approval stands for ever'); END;`,
    })}`,
}
