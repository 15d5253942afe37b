/** What must hold of what people did in an office, for `tonebank audit`: each signed just that by a passkey of theirs, and the books have just that. */
import { createHash } from 'node:crypto'
import { decode } from 'cborg'
import { didAssert, passkeyRows } from '../../institution/passkeys-audit.ts'
import { finding, type PersonRow, peopleRows, record } from '../../institution/people-audit.ts'
import type { Finding } from '../../ledger/audit/finding.ts'
import type { Identity } from '../../ledger/audit/identity.ts'
import { mainChain } from '../../ledger/journal.ts'

type ActRow = {
  readonly digest: string
  readonly content: Uint8Array
  readonly person: string
  readonly signed_at: bigint
  readonly signature: Uint8Array
  readonly passkey: string
  readonly authenticator_data: Uint8Array
  readonly client_data: Uint8Array
  readonly kind: string | null
  readonly minor: bigint | null
  readonly clerk: string | null
  readonly reason: string | null
  readonly reference: string | null
  readonly date: string | null
}

const actRows = `
  SELECT act.digest, content, person, signed_at, signature, passkey, authenticator_data, client_data,
    CASE done.kind WHEN 'reversal' THEN 'reverse' ELSE done.kind END AS kind, entry.minor,
    back.clerk, back.reason, paid.reference, paid.business_date AS date
  FROM office_act AS act
  LEFT JOIN journal AS done ON done.chain = ? AND done.seq = act.posting
  LEFT JOIN entry ON entry.chain = done.chain AND entry.seq = done.seq AND side = 'debit'
  LEFT JOIN (SELECT tenant, posting, payment, clerk, reason FROM reversal
    UNION ALL SELECT tenant, posting, payment, clerk, reason FROM refund) AS back
    ON back.tenant = act.tenant AND back.posting = act.posting
  LEFT JOIN journal AS paid ON paid.chain = ? AND paid.seq = back.payment`

export const actIdentity: Identity = async tx => {
  const people = new Map((await tx.all<PersonRow>(peopleRows)).map(person => [person.key_id, person]))
  const passkeys = await passkeyRows(tx)
  return (await tx.all<ActRow>(actRows, mainChain, mainChain)).flatMap(row => {
    const where = `act ${row.digest}`
    if (createHash('sha256').update(row.content).digest('hex') !== row.digest)
      return [finding(where, 'its content is not what was signed')]
    const person = people.get(row.person)
    if (person === undefined) return [finding(where, 'somebody unknown signed it')]
    const found: Finding[] = []
    const { signature, passkey, authenticator_data: authenticatorData, client_data: clientData } = row
    const how = { signature, passkey, authenticatorData, clientData }
    if (!didAssert(passkeys, row.person, ['tonebank: I do', row.digest], how, row.signed_at))
      found.push(finding(where, `${person.name} did not sign it`))
    const isThere =
      person.added_at <= row.signed_at && (person.revoked_at === null || person.revoked_at >= row.signed_at)
    if (!isThere) found.push(finding(where, `${person.name} could not do anything here then`))
    const said = contentOf(row.content)
    const request = record(said['request'])
    const isSo =
      said['person'] === row.person &&
      String(said['at']) === `${row.signed_at}` &&
      said['kind'] === row.kind &&
      said['why'] === row.reason &&
      person.name === row.clerk &&
      request['reference'] === row.reference &&
      request['date'] === row.date &&
      String(request['minor']) === `${row.minor}`
    if (!isSo) found.push(finding(where, 'the books have something else than was signed'))
    return found
  })
}

function contentOf(content: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return record(decode(content, { rejectDuplicateMapKeys: true }))
  } catch {
    return {}
  }
}
