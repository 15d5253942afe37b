/** What must hold of what people did in an office, for `tonebank audit`: each signed just that by a passkey of theirs, and the books have just that. */
import { createHash } from 'node:crypto'
import { decode } from 'cborg'
import { didAssert, passkeyRows } from '../../institution/passkeys-audit.ts'
import { finding, isSame, type PersonRow, peopleRows, record } from '../../institution/people-audit.ts'
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
  readonly posting: bigint | null
  readonly kind: string | null
  readonly minor: bigint | null
  readonly clerk: string | null
  readonly reason: string | null
  readonly reference: string | null
  readonly date: string | null
  /** Of what a card paid. */
  readonly payment: string | null
}

const actRows = `
  SELECT act.digest, content, person, signed_at, signature, passkey, authenticator_data, client_data, act.posting,
    CASE done.kind WHEN 'reversal' THEN 'reverse' WHEN 'card-refund' THEN 'refund-card' ELSE done.kind END AS kind, entry.minor,
    back.clerk, back.reason, paid.reference, paid.business_date AS date, back.by_card AS payment
  FROM office_act AS act
  LEFT JOIN journal AS done ON done.chain = ? AND done.seq = act.posting
  LEFT JOIN entry ON entry.chain = done.chain AND entry.seq = done.seq AND side = 'debit'
  LEFT JOIN (SELECT tenant, posting, payment, clerk, reason, NULL AS by_card FROM reversal
    UNION ALL SELECT tenant, posting, payment, clerk, reason, NULL FROM refund
    UNION ALL SELECT tenant, posting, NULL, clerk, reason, payment FROM card_refund) AS back
    ON back.tenant = act.tenant AND back.posting = act.posting
  LEFT JOIN journal AS paid ON paid.chain = ? AND paid.seq = back.payment`

type KeyRow = {
  readonly id: string
  readonly name: string
  readonly verifier: Uint8Array
  readonly webhook: string | null
  readonly added_at: bigint
  readonly added_by: string
  readonly added_act: string | null
  readonly revoked_at: bigint | null
  readonly revoked_by: string | null
  readonly revoked_act: string | null
}

type Content = Readonly<Record<string, unknown>>

export const actIdentity: Identity = async tx => {
  const people = new Map((await tx.all<PersonRow>(peopleRows)).map(person => [person.key_id, person]))
  const passkeys = await passkeyRows(tx)
  const keys = await tx.all<KeyRow>(
    'SELECT id, name, verifier, webhook, added_at, added_by, added_act, revoked_at, revoked_by, revoked_act FROM api_key',
  )
  const rows = await tx.all<ActRow>(actRows, mainChain, mainChain)
  const found = rows.flatMap(row => {
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
    const isSo =
      said['person'] === row.person &&
      String(said['at']) === `${row.signed_at}` &&
      (row.posting === null ? isOfKey(said, row, keys) : isReturn(said, row, person))
    if (!isSo) found.push(finding(where, 'the books have something else than was signed'))
    return found
  })
  return [...found, ...strayKeys(keys, rows)]
}

/** Of what moved money: the return that it wrote. */
function isReturn(said: Content, row: ActRow, { name }: PersonRow): boolean {
  const request = record(said['request'])
  return (
    said['kind'] === row.kind &&
    said['why'] === row.reason &&
    name === row.clerk &&
    (request['reference'] ?? null) === row.reference &&
    (request['date'] ?? null) === row.date &&
    (request['payment'] ?? null) === row.payment &&
    String(request['minor']) === `${row.minor}`
  )
}

/** Of what moved none: the key that came or went by it, or whose shop was told again. */
function isOfKey(said: Content, { digest, person, signed_at }: ActRow, keys: readonly KeyRow[]): boolean {
  const request = record(said['request'])
  switch (said['kind']) {
    case 'add-key':
      return keys.some(
        key =>
          key.added_act === digest &&
          key.added_by === person &&
          key.added_at === signed_at &&
          key.id === request['id'] &&
          key.name === request['name'] &&
          key.webhook === request['webhook'] &&
          isSame(request['verifier'], key.verifier),
      )
    case 'revoke-key':
      return keys.some(
        key =>
          key.revoked_act === digest &&
          key.revoked_by === person &&
          key.revoked_at === signed_at &&
          key.id === request['key'],
      )
    case 'tell-again':
      return keys.some(({ id, webhook }) => id === request['key'] && webhook !== null)
    default:
      return false
  }
}

/** Keys that say that they came or went by an act, which says nothing of them. */
function strayKeys(keys: readonly KeyRow[], rows: readonly ActRow[]): readonly Finding[] {
  const names = (digest: string | null, kind: string, id: string, of: 'id' | 'key') => {
    if (digest === null) return true
    const said = contentOf(rows.find(row => row.digest === digest)?.content ?? new Uint8Array())
    return said['kind'] === kind && record(said['request'])[of] === id
  }
  return keys.flatMap(({ id, added_act, revoked_act }) => [
    ...(names(added_act, 'add-key', id, 'id')
      ? []
      : [finding(`API key ${id}`, 'nobody signed that it was added as it stands')]),
    ...(names(revoked_act, 'revoke-key', id, 'key')
      ? []
      : [finding(`API key ${id}`, 'nobody signed that it was revoked')]),
  ])
}

function contentOf(content: Uint8Array): Content {
  try {
    return record(decode(content, { rejectDuplicateMapKeys: true }))
  } catch {
    return {}
  }
}
