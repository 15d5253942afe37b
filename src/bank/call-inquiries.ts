/** Who asked for the calls of an account, and why: noted in the books before anybody sees them, signed by whoever asks. */
import { encodeCanonical } from '../canonical.ts'
import type { AccountNumber, InstitutionId } from '../ids.ts'
import { isSigned, liveOf, people } from '../keys/people.ts'
import type { Signer } from '../keys/person-key.ts'
import type { Migration } from '../store/migrations.ts'
import type { Tx } from '../store/store.ts'

export const callInquiryMigrations: readonly Migration[] = [
  {
    room: 'call-inquiries',
    number: 1,
    sql: `
      CREATE TABLE call_inquiry (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        number INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        why TEXT NOT NULL CHECK (why <> ''),
        -- The key of the person who asked, and when they signed that they did.
        signer TEXT NOT NULL,
        at INTEGER NOT NULL,
        signature BLOB NOT NULL CHECK (length(signature) = 64),
        FOREIGN KEY (tenant, signer) REFERENCES person (tenant, key_id),
        FOREIGN KEY (tenant, account) REFERENCES bank_customer (tenant, account)
      ) STRICT;
      CREATE TRIGGER call_inquiry_is_never_changed BEFORE UPDATE ON call_inquiry
        BEGIN SELECT RAISE(ABORT, 'who asked stands as it was signed'); END;
      CREATE TRIGGER call_inquiry_is_never_forgotten BEFORE DELETE ON call_inquiry
        BEGIN SELECT RAISE(ABORT, 'who asked stands for ever'); END`,
  },
]

export interface CallInquiry {
  readonly account: AccountNumber
  readonly why: string
  readonly by: { readonly signer: string; readonly at: number; readonly signature: Uint8Array }
}

export interface InquiryNoted {
  readonly outcome: 'noted' | 'unknown-account' | 'unknown-person' | 'bad-signature'
}

export function signInquiry(
  signer: Signer,
  tenant: InstitutionId,
  { account, why }: Pick<CallInquiry, 'account' | 'why'>,
  at: number,
): CallInquiry {
  const signature = signer.sign(inquiryMessage(tenant, account, why, at))
  return { account, why, by: { signer: signer.keyId, at, signature } }
}

const inquiryMessage = (tenant: InstitutionId, account: AccountNumber, why: string, at: number) =>
  encodeCanonical(['tonebank: I ask for the calls of this account', tenant, account, why, BigInt(at)])

export async function noteInquiry(
  tx: Tx,
  tenant: InstitutionId,
  { account, why, by: { signer, at, signature } }: CallInquiry,
): Promise<InquiryNoted> {
  const person = liveOf(await people(tx, tenant), signer)
  if (person === undefined) return { outcome: 'unknown-person' }
  if (!isSigned(person, inquiryMessage(tenant, account, why, at), signature)) return { outcome: 'bad-signature' }
  const known = await tx.one('SELECT 1 AS found FROM bank_customer WHERE tenant = ? AND account = ?', tenant, account)
  if (known === undefined) return { outcome: 'unknown-account' }
  const last = await tx.one<{ number: bigint | null }>('SELECT max(number) AS number FROM call_inquiry')
  await tx.run(
    'INSERT INTO call_inquiry (tenant, number, account, why, signer, at, signature) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ...[tenant, (last?.number ?? 0n) + 1n, account, why, signer, BigInt(at), signature],
  )
  return { outcome: 'noted' }
}
