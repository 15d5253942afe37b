/** Who asks for the calls of an account, and why: signed by somebody of the bank, before they see any. */
import { encodeCanonical } from '../canonical.ts'
import type { AccountNumber, InstitutionId } from '../ids.ts'
import { isSigned, liveOf, people } from '../keys/people.ts'
import type { Signer } from '../keys/person-key.ts'
import type { ReadTx } from '../store/store.ts'

export interface CallInquiry {
  readonly account: AccountNumber
  readonly why: string
  readonly by: { readonly signer: string; readonly at: number; readonly signature: Uint8Array }
}

export interface InquiryJudged {
  readonly outcome: 'signed' | 'unknown-account' | 'unknown-person' | 'bad-signature'
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

export async function judgeInquiry(
  tx: ReadTx,
  tenant: InstitutionId,
  { account, why, by: { signer, at, signature } }: CallInquiry,
): Promise<InquiryJudged> {
  const person = liveOf(await people(tx, tenant), signer)
  if (person === undefined) return { outcome: 'unknown-person' }
  if (!isSigned(person, inquiryMessage(tenant, account, why, at), signature)) return { outcome: 'bad-signature' }
  const known = await tx.one('SELECT 1 AS found FROM bank_customer WHERE tenant = ? AND account = ?', tenant, account)
  if (known === undefined) return { outcome: 'unknown-account' }
  return { outcome: 'signed' }
}
