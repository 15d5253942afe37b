/**
 * A maker takes back what they proposed, signed by their own key: nobody can approve it any more. What was approved is done, and stays.
 */
import { encodeCanonical } from '../canonical.ts'
import type { Tx } from '../store/store.ts'
import { proposalOf } from './approval.ts'
import { isSigned, liveOf, people } from './people.ts'
import type { Signer } from './person-key.ts'

export interface Withdrawal {
  /** Of the proposal, 64 hexadecimal digits. */
  readonly digest: string
  /** The maker's key. */
  readonly maker: string
  readonly signature: Uint8Array
}

export type Withdrawn = {
  readonly outcome:
    | 'withdrawn'
    | 'unknown-proposal'
    | 'unknown-person'
    | 'not-its-maker'
    | 'bad-signature'
    | 'already-approved'
}

const message = (digest: string) => encodeCanonical(['tonebank: I withdraw', digest])

export function signWithdrawal(maker: Signer, digest: string): Withdrawal {
  return { digest, maker: maker.keyId, signature: maker.sign(message(digest)) }
}

/** The same once more is kept once. */
export async function withdraw(
  tx: Tx,
  tenant: string,
  { digest, maker, signature }: Withdrawal,
  at: number,
): Promise<Withdrawn> {
  const found = await proposalOf(tx, tenant, digest)
  if (found === undefined) return { outcome: 'unknown-proposal' }
  const person = liveOf(await people(tx, tenant), maker)
  if (person === undefined) return { outcome: 'unknown-person' }
  if (found.makerKey !== maker) return { outcome: 'not-its-maker' }
  if (!isSigned(person, message(digest), signature)) return { outcome: 'bad-signature' }
  if (found.checker !== undefined) return { outcome: 'already-approved' }
  await tx.run(
    `INSERT INTO withdrawal (tenant, digest, withdrawn_at, signature) VALUES (?, ?, ?, ?)
     ON CONFLICT (tenant, digest) DO NOTHING`,
    ...[tenant, digest, BigInt(at), signature],
  )
  return { outcome: 'withdrawn' }
}
