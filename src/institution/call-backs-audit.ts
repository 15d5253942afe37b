/** What must hold of call-backs, for `tonebank audit`: whoever counts as having called back was somebody here, and signed the request as it stands. */
import type { Identity } from '../ledger/audit/identity.ts'
import { verifies } from './audit-keys.ts'

export const callBackIdentity: Identity = async tx => {
  const rows = await tx.all<{
    tenant: string
    number: bigint
    sealed: Uint8Array
    language: string
    asked_at: bigint
    signature: Uint8Array
    at: bigint
    public_key: Uint8Array | null
  }>(
    `SELECT call_back.tenant, number, sealed, language, asked_at, done.signature, done.at, public_key
     FROM call_back_done AS done JOIN call_back USING (tenant, number)
     LEFT JOIN person ON person.tenant = done.tenant AND key_id = signer`,
  )
  return rows.flatMap(({ tenant, number, sealed, language, asked_at, signature, at, public_key }) => {
    const wrong = (what: string) => [{ kind: 'identity', where: `call-back ${number}`, what } as const]
    if (public_key === null) return wrong('somebody unknown signed that it is done')
    const message = ['tonebank: this caller was called back', tenant, number, sealed, language, asked_at, at]
    return verifies({ public_key }, message, signature) ? [] : wrong('nobody signed that it is done')
  })
}
