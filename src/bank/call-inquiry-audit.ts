/** Whoever asked for the calls of an account was somebody then, and signed so, for `tonebank audit`. */
import { verifies } from '../institution/audit-keys.ts'
import { finding, type PersonRow, peopleRows } from '../institution/people-audit.ts'
import type { Identity } from '../ledger/audit/identity.ts'

type Row = {
  readonly tenant: string
  readonly number: bigint
  readonly account: string
  readonly why: string
  readonly signer: string
  readonly at: bigint
  readonly signature: Uint8Array
}

export const inquiryIdentity: Identity = async tx => {
  const people = new Map((await tx.all<PersonRow>(peopleRows)).map(person => [person.key_id, person]))
  const rows = await tx.all<Row>('SELECT tenant, number, account, why, signer, at, signature FROM call_inquiry')
  return rows.flatMap(({ tenant, number, account, why, signer, at, signature }) => {
    const person = people.get(signer)
    const message = ['tonebank: I ask for the calls of this account', tenant, account, why, at]
    const isSo =
      person !== undefined &&
      person.added_at <= at &&
      (person.revoked_at === null || person.revoked_at >= at) &&
      verifies(person, message, signature)
    return isSo ? [] : [finding(`inquiry ${number}`, 'nobody signed that they ask for these calls')]
  })
}
