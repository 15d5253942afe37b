/**
 * Who may decide at an institution: people with a role and a key each. What one alone must not do is proposed by one and
 * approved by another; `approval.ts` has the rule. Rows stand for ever: who has left is revoked, never deleted.
 */
import { verify } from 'node:crypto'
import { steppedOnce } from '../invariant.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { ed25519PublicKey } from './keys.ts'
import { type PersonPublic, personKeyId } from './person-key.ts'
import { personPasskeys } from './person-passkey-schema.ts'
import { areTwoPeople } from './two-people.ts'
import { withdrawals } from './withdrawal-schema.ts'

/** An officer may propose and approve everything; a teller what is done for customers at a branch. */
export const roles = ['officer', 'teller'] as const
export type Role = (typeof roles)[number]

export interface Person extends PersonPublic {
  readonly role: Role
  readonly addedAt: number
  readonly revokedAt: number | undefined
}

export const peopleMigrations: readonly Migration[] = [
  {
    room: 'people',
    number: 1,
    sql: `
      CREATE TABLE person (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        key_id TEXT NOT NULL,
        name TEXT NOT NULL CHECK (name <> ''),
        role TEXT NOT NULL CHECK (role IN ('officer', 'teller')),
        public_key BLOB NOT NULL CHECK (length(public_key) = 32),
        added_at INTEGER NOT NULL,
        -- The decision of two people; NULL for the first two, who came with the institution.
        added_by TEXT,
        revoked_at INTEGER,
        revoked_by TEXT,
        PRIMARY KEY (tenant, key_id),
        CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
      ) STRICT;
      CREATE TRIGGER person_is_never_forgotten BEFORE DELETE ON person
        BEGIN SELECT RAISE(ABORT, 'who could decide stands for ever'); END;

      CREATE TABLE proposal (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        digest TEXT NOT NULL CHECK (length(digest) = 64),
        content BLOB NOT NULL,
        maker TEXT NOT NULL,
        signature BLOB NOT NULL CHECK (length(signature) = 64),
        proposed_at INTEGER NOT NULL,
        PRIMARY KEY (tenant, digest),
        FOREIGN KEY (tenant, maker) REFERENCES person (tenant, key_id)
      ) STRICT;
      CREATE TRIGGER proposal_is_never_changed BEFORE UPDATE ON proposal
        BEGIN SELECT RAISE(ABORT, 'a proposal stands as it was signed'); END;
      CREATE TRIGGER proposal_is_never_forgotten BEFORE DELETE ON proposal
        BEGIN SELECT RAISE(ABORT, 'a proposal stands for ever'); END;

      CREATE TABLE approval (
        tenant TEXT NOT NULL,
        digest TEXT NOT NULL,
        checker TEXT NOT NULL,
        signature BLOB NOT NULL CHECK (length(signature) = 64),
        approved_at INTEGER NOT NULL,
        PRIMARY KEY (tenant, digest),
        FOREIGN KEY (tenant, digest) REFERENCES proposal (tenant, digest),
        FOREIGN KEY (tenant, checker) REFERENCES person (tenant, key_id)
      ) STRICT;
      CREATE TRIGGER approval_is_never_changed BEFORE UPDATE ON approval
        BEGIN SELECT RAISE(ABORT, 'an approval stands as it was signed'); END;
      CREATE TRIGGER approval_is_never_forgotten BEFORE DELETE ON approval
        BEGIN SELECT RAISE(ABORT, 'an approval stands for ever'); END`,
  },
  personPasskeys,
  withdrawals,
]

export type FirstPeople = { readonly outcome: 'added' | 'one-person-only' | 'there-are-people' }

/** The first two, who need nobody's approval as there is nobody yet. Both are officers. */
export async function addFirstPeople(
  tx: Tx,
  tenant: string,
  two: readonly [PersonPublic, PersonPublic],
  at: number,
): Promise<FirstPeople> {
  const [one, other] = two
  if (!areTwoPeople(one.name, other.name) || one.keyId === other.keyId) return { outcome: 'one-person-only' }
  if ((await people(tx, tenant)).length > 0) return { outcome: 'there-are-people' }
  for (const person of two) await insert(tx, tenant, { ...person, role: 'officer' }, at, null)
  return { outcome: 'added' }
}

export type Addition = { readonly outcome: 'added' | 'name-taken' | 'key-taken' }

/** `by`: the digest of what two people decided. */
export async function addPerson(
  tx: Tx,
  tenant: string,
  person: { readonly name: string; readonly role: Role; readonly publicKey: Uint8Array },
  at: number,
  by: string,
): Promise<Addition> {
  const keyId = personKeyId(person.publicKey)
  const known = await people(tx, tenant)
  if (known.some(other => other.keyId === keyId)) return { outcome: 'key-taken' }
  const isTaken = known.some(other => other.revokedAt === undefined && !areTwoPeople(other.name, person.name))
  if (isTaken) return { outcome: 'name-taken' }
  await insert(tx, tenant, { ...person, keyId }, at, by)
  return { outcome: 'added' }
}

export type Revocation = { readonly outcome: 'revoked' | 'unknown-person' | 'two-officers-must-stay' }

export async function revokePerson(tx: Tx, tenant: string, name: string, at: number, by: string): Promise<Revocation> {
  const known = await people(tx, tenant)
  const leaving = known.find(each => each.revokedAt === undefined && each.name === name)
  if (leaving === undefined) return { outcome: 'unknown-person' }
  const staying = known.filter(each => each.revokedAt === undefined && each.role === 'officer' && each !== leaving)
  if (staying.length < 2) return { outcome: 'two-officers-must-stay' }
  const revoked = await tx.run(
    'UPDATE person SET revoked_at = ?, revoked_by = ? WHERE tenant = ? AND key_id = ? AND revoked_at IS NULL',
    BigInt(at),
    by,
    tenant,
    leaving.keyId,
  )
  steppedOnce(revoked, 'a key was revoked twice', leaving.keyId)
  return { outcome: 'revoked' }
}

/** Everybody who ever could decide, in the order in which they came. */
export async function people(tx: ReadTx, tenant: string): Promise<readonly Person[]> {
  const rows = await tx.all<{
    key_id: string
    name: string
    role: Role
    public_key: Uint8Array
    added_at: bigint
    revoked_at: bigint | null
  }>(
    'SELECT key_id, name, role, public_key, added_at, revoked_at FROM person WHERE tenant = ? ORDER BY added_at, name',
    tenant,
  )
  return rows.map(row => ({
    keyId: row.key_id,
    name: row.name,
    role: row.role,
    publicKey: row.public_key,
    addedAt: Number(row.added_at),
    revokedAt: row.revoked_at === null ? undefined : Number(row.revoked_at),
  }))
}

export function liveOf(known: readonly Person[], keyId: string): Person | undefined {
  return known.find(each => each.keyId === keyId && each.revokedAt === undefined)
}

/** By the person's own key. */
export function isSigned(person: Person, message: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === 64 && verify(null, message, ed25519PublicKey(person.publicKey), signature)
}

async function insert(
  tx: Tx,
  tenant: string,
  { keyId, name, role, publicKey }: PersonPublic & { readonly role: Role },
  at: number,
  by: string | null,
): Promise<void> {
  await tx.run(
    'INSERT INTO person (tenant, key_id, name, role, public_key, added_at, added_by) VALUES (?, ?, ?, ?, ?, ?, ?)',
    tenant,
    keyId,
    name,
    role,
    publicKey,
    BigInt(at),
    by,
  )
}
