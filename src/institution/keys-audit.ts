/**
 * What must hold of keys and of what was signed with them, as identities for `tonebank audit`: every key by which a counterparty
 * was known was pinned by two people or told by its letter, every letter and receipt was signed with a key of its time, and every
 * change of an own key has its reason. Signatures are verified with code of its own.
 */
import { type KeyObject, verify } from 'node:crypto'
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import type { Finding } from '../ledger/audit/finding.ts'
import type { Identity } from '../ledger/audit/identity.ts'
import type { ReadTx } from '../store/store.ts'
import { keyObject } from './audit-keys.ts'
import { decisionsOf, finding, isSame, peopleSince, record } from './people-audit.ts'

type PeerKeyRow = {
  readonly tenant: string
  readonly peer: string
  readonly purpose: string
  readonly key_id: string
  readonly public_key: Uint8Array
  readonly since: bigint
  readonly epoch: bigint | null
  readonly sequence: bigint | null
}

const peerKeyRows = `SELECT tenant, peer, purpose, key_id, public_key, since, epoch, sequence FROM peer_key
  ORDER BY tenant, peer, purpose, number`

/** How a card calls the key of a purpose. */
const onCard: Readonly<Record<string, string>> = {
  envelope: 'signing',
  receive: 'receiving',
  ledger: 'ledger',
  transport: 'transport',
}

/** Where each key of a counterparty came from. */
const peerKeys: Identity = async tx => {
  const since = await peopleSince(tx)
  const decided = [...(await decisionsOf(tx)).values()].filter(({ kind }) => kind === 'pin-peer')
  const rows = await tx.all<PeerKeyRow>(peerKeyRows)
  const found: Finding[] = []
  for (const row of rows) {
    const where = `key ${row.key_id} of ${row.peer}`
    if (row.epoch !== null) {
      const wrong = await wrongTelling(tx, row)
      if (wrong !== undefined) found.push(finding(where, wrong))
      continue
    }
    const isPinned = decided.some(({ request }) => {
      const card = record(request['card'])
      const key = record(card[onCard[row.purpose] ?? ''])
      return card['institution'] === row.peer && key['keyId'] === row.key_id && isSame(key['bytes'], row.public_key)
    })
    if (!isPinned && row.since >= since) found.push(finding(where, 'two people did not decide on it'))
  }
  return found
}

/** What is wrong with the letter by which a key is said to have come. Its signature is verified with all the others'. */
async function wrongTelling(tx: ReadTx, row: PeerKeyRow): Promise<string | undefined> {
  const letter = await tx.one<{ type: string; content: Uint8Array }>(
    'SELECT type, content FROM clearing_inbox WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ?',
    ...[row.tenant, row.peer, row.epoch, row.sequence],
  )
  const body = letter?.type === 'new-key' ? bodyOf(letter.content) : undefined
  const key = record(body?.['key'])
  if (body?.['purpose'] !== row.purpose || key['keyId'] !== row.key_id || !isSame(key['bytes'], row.public_key))
    return 'no letter told it'
  const statement = ['tonebank new key', 1, row.peer, row.purpose, row.key_id, row.public_key]
  if (row.purpose === 'receive') return undefined
  return isSigned(keyObject(row.public_key), encode(statement, rfc8949EncodeOptions), body['proof'])
    ? undefined
    : 'it has not signed for itself'
}

/** Every letter that came, and every receipt, was signed with a key that its sender had. */
const signatures: Identity = async tx => {
  const keys = await signingKeys(tx)
  const found: Finding[] = []
  const look = (where: string, peer: string, signer: string | null, message: Uint8Array, signature: unknown) => {
    const candidates = keys.filter(key => key.peer === peer && (signer === null || key.keyId === signer))
    if (candidates.length === 0) found.push(finding(where, `${peer} never had the key ${signer} that signed it`))
    else if (!candidates.some(({ key }) => isSigned(key, message, signature)))
      found.push(finding(where, `${peer} did not sign it`))
  }
  for (const table of ['clearing_inbox', 'clearing_outbox', 'clearing_resend'] as const) {
    for await (const row of signed(tx, table)) {
      const place = `letter ${row.epoch}/${row.sequence}`
      const where = table === 'clearing_inbox' ? `${place} of ${row.peer}` : `receipt of ${row.peer} for ${place}`
      look(where, row.peer, row.signer, row.message, row.signature)
    }
  }
  return found
}

type SignedRow = {
  readonly tenant: string
  readonly peer: string
  readonly epoch: bigint
  readonly sequence: bigint
  readonly signer: string | null
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly tenant_bytes: Uint8Array
  readonly peer_bytes: Uint8Array
}

const columns: Readonly<Record<'clearing_inbox' | 'clearing_outbox' | 'clearing_resend', string>> = {
  clearing_inbox: 'signer, content AS message, signature',
  clearing_outbox: 'receipt_signer AS signer, receipt AS message, receipt_signature AS signature',
  clearing_resend: 'receipt_signer AS signer, receipt AS message, receipt_signature AS signature',
}

/**
 * A few at a time. What is kept of a letter that carried secrets is its digest: nothing is left to verify. Each page begins behind the
 * very bytes of the last row's names: a name that is no text any more comes here as another, and the walk would stand before it for ever.
 */
async function* signed(tx: ReadTx, table: keyof typeof columns): AsyncGenerator<SignedRow> {
  let last: Pick<SignedRow, 'tenant_bytes' | 'peer_bytes' | 'epoch' | 'sequence'> | undefined
  for (;;) {
    const rows: readonly SignedRow[] = await tx.all<SignedRow>(
      `SELECT tenant, peer, epoch, sequence, ${columns[table]},
         CAST(tenant AS BLOB) AS tenant_bytes, CAST(peer AS BLOB) AS peer_bytes FROM ${table}
       WHERE (tenant, peer, epoch, sequence) > (CAST(? AS TEXT), CAST(? AS TEXT), ?, ?)
       ORDER BY tenant, peer, epoch, sequence LIMIT 500`,
      ...[last?.tenant_bytes ?? '', last?.peer_bytes ?? '', last?.epoch ?? 0n, last?.sequence ?? 0n],
    )
    for (const row of rows) if (row.message !== null && row.message.length > 0) yield row
    last = rows.at(-1)
    if (last === undefined) return
  }
}

/** Those by which a counterparty signed, of cards that were pinned before the history of keys began as well. */
async function signingKeys(tx: ReadTx) {
  const rows = await tx.all<PeerKeyRow>(peerKeyRows)
  const known = rows
    .filter(({ purpose }) => purpose === 'envelope')
    .map(({ peer, key_id, public_key }) => ({ peer, keyId: key_id, key: keyObject(public_key) }))
  for (const { kind, request } of (await decisionsOf(tx)).values()) {
    const card = record(request['card'])
    const { keyId, bytes } = record(card['signing'])
    if (kind !== 'pin-peer' || typeof keyId !== 'string' || !(bytes instanceof Uint8Array)) continue
    const peer = String(card['institution'])
    if (!known.some(each => each.peer === peer && each.keyId === keyId))
      known.push({ peer, keyId, key: keyObject(bytes) })
  }
  return known
}

/** Every change of an own key was decided on, or has a reason that needs nobody; and whoever counts as told was told. */
const ownKeys: Identity = async tx => {
  const decided = await decisionsOf(tx)
  const rows = await tx.all<{
    tenant: string
    purpose: string
    number: bigint
    key_id: string
    origin: string
    decision: string | null
    let_go: string | null
    destroyed_at: bigint | null
    newest: bigint
    epoch: bigint
  }>(
    `SELECT tenant, purpose, number, key_id, origin, decision, let_go, destroyed_at, epoch,
       (SELECT max(number) FROM own_key AS other WHERE other.tenant = own_key.tenant AND other.purpose = own_key.purpose) AS newest
     FROM own_key JOIN institution USING (tenant) ORDER BY purpose, number`,
  )
  const found: Finding[] = []
  for (const row of rows) {
    const where = `own key ${row.key_id}`
    const by = row.decision === null ? undefined : decided.get(row.decision)
    const isDecided = by?.kind === 'rotate-key' && by.request['purpose'] === row.purpose
    const hasReason =
      (row.origin === 'first' && row.number === 1n) ||
      (row.origin === 'decided' && isDecided) ||
      (row.origin === 'renewed' && row.purpose === 'transport') ||
      (row.origin === 'found' && row.epoch > 1n)
    if (!hasReason) found.push(finding(where, 'nobody decided that it is changed to'))
    const letGo = row.let_go === null ? undefined : decided.get(row.let_go)
    const isLetGo = letGo?.kind === 'let-key-go' && letGo.request['keyId'] === row.key_id && row.purpose === 'receive'
    if (row.let_go !== null && !isLetGo) found.push(finding(where, 'nobody decided to let it go'))
    if (row.destroyed_at !== null && row.number === row.newest)
      found.push(finding(where, 'it is in use and counts as destroyed'))
  }
  const told = await tx.all<{ key_id: string; peer: string; type: string | null; content: Uint8Array | null }>(
    `SELECT key_id, told.peer, type, content FROM own_key_told AS told
     LEFT JOIN clearing_outbox USING (tenant, peer, epoch, sequence) ORDER BY key_id, told.peer`,
  )
  for (const { key_id, peer, type, content } of told) {
    const body = type === 'new-key' && content !== null ? bodyOf(content) : undefined
    if (record(body?.['key'])['keyId'] !== key_id) found.push(finding(`own key ${key_id}`, `no letter told ${peer}`))
  }
  return found
}

export const keyIdentities: readonly Identity[] = [peerKeys, signatures, ownKeys]

function bodyOf(content: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    return record(record(decode(content, { rejectDuplicateMapKeys: true }))['body'])
  } catch {
    return undefined
  }
}

function isSigned(key: KeyObject, message: Uint8Array, signature: unknown): boolean {
  return signature instanceof Uint8Array && signature.length === 64 && verify(null, message, key, signature)
}
