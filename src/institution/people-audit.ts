/**
 * What must hold of people and their decisions, as identities for `tonebank audit`: who decided what is read from raw rows,
 * and both signatures are verified with code of its own, which shares nothing with what made them.
 */
import { createHash } from 'node:crypto'
import { decode } from 'cborg'
import type { Finding } from '../ledger/audit/finding.ts'
import type { Identity } from '../ledger/audit/identity.ts'
import type { ReadTx } from '../store/store.ts'
import { verifies } from './audit-keys.ts'
import { didAssert, type PasskeyRow, passkeyRows, personPasskeyIdentity } from './passkeys-audit.ts'

export type PersonRow = {
  readonly key_id: string
  readonly name: string
  readonly role: string
  readonly public_key: Uint8Array
  readonly added_at: bigint
  readonly added_by: string | null
  readonly revoked_at: bigint | null
  readonly revoked_by: string | null
}

type DecisionRow = {
  readonly digest: string
  readonly content: Uint8Array
  readonly maker: string
  readonly made: Uint8Array
  readonly made_passkey: string | null
  readonly made_data: Uint8Array | null
  readonly made_client: Uint8Array | null
  readonly proposed_at: bigint
  readonly checker: string
  readonly checked: Uint8Array
  readonly checked_passkey: string | null
  readonly checked_data: Uint8Array | null
  readonly checked_client: Uint8Array | null
  readonly approved_at: bigint
}

interface Decision {
  readonly kind: unknown
  readonly request: Readonly<Record<string, unknown>>
}

export const finding = (where: string, what: string): Finding => ({ kind: 'identity', where, what })

export const peopleRows =
  'SELECT key_id, name, role, public_key, added_at, added_by, revoked_at, revoked_by FROM person'
const decisionRows = `
  SELECT proposal.digest, content, maker, proposal.signature AS made, proposal.passkey AS made_passkey,
    proposal.authenticator_data AS made_data, proposal.client_data AS made_client, proposed_at,
    checker, approval.signature AS checked, approval.passkey AS checked_passkey,
    approval.authenticator_data AS checked_data, approval.client_data AS checked_client, approved_at
  FROM approval JOIN proposal USING (tenant, digest)`

/** Decisions that a teller may take part in; all others are for officers. */
const atBranch = [
  ...['open-account', 'pay-in', 'unblock', 'reset-pin', 'lift-block', 'clear-voucher', 'set-limit', 'set-address'],
  ...['enrol-card', 'block-card', 'unblock-card', 'revoke-card'],
]

/** Every decision was signed by two people who could take it then, and says what its rows say. */
const decisions: Identity = async tx => {
  const people = await tx.all<PersonRow>(peopleRows)
  const rows = await tx.all<DecisionRow>(decisionRows)
  const passkeys = await passkeyRows(tx)
  const byKey = new Map(people.map(person => [person.key_id, person]))
  return rows.flatMap(row => {
    const where = `decision ${row.digest}`
    if (createHash('sha256').update(row.content).digest('hex') !== row.digest) {
      return [finding(where, 'its content is not what was signed')]
    }
    const [maker, checker] = [byKey.get(row.maker), byKey.get(row.checker)]
    if (maker === undefined || checker === undefined) return [finding(where, 'somebody unknown signed it')]
    const found: Finding[] = []
    const read = contentOf(row)
    if (maker === checker || maker.name === checker.name) found.push(finding(where, 'one person alone signed it'))
    if (read?.['maker'] !== row.maker) found.push(finding(where, 'its maker is not who it says'))
    if (!didPropose(passkeys, maker, row)) found.push(finding(where, "its maker's signature is wrong"))
    if (!didApprove(passkeys, checker, row)) found.push(finding(where, "its checker's signature is wrong"))
    for (const [person, at] of [
      [maker, row.proposed_at],
      [checker, row.approved_at],
    ] as const) {
      const isThere = person.added_at <= at && (person.revoked_at === null || person.revoked_at >= at)
      if (!isThere) found.push(finding(where, `${person.name} could not decide then`))
      const isFit = person.role === 'officer' || atBranch.includes(String(read?.['kind']))
      if (!isFit) found.push(finding(where, `a ${person.role} may not decide this`))
    }
    return found
  })
}

/** Nobody came or went but by a decision; the first two came with the institution. */
const people: Identity = async tx => {
  const rows = await tx.all<PersonRow>(peopleRows)
  const decided = await decisionsOf(tx)
  const found: Finding[] = []
  const first = rows.filter(({ added_by }) => added_by === null)
  if (first.length > 2) found.push(finding('people', `${first.length} came without a decision, not two`))
  for (const row of rows) {
    const where = `person ${row.name}`
    const keyId = createHash('sha256').update('tonebank person').update(row.public_key).digest('hex').slice(0, 16)
    if (row.key_id !== keyId) found.push(finding(where, 'the key is not the one that its id names'))
    if (row.added_by !== null) {
      const by = decided.get(row.added_by)
      const isSo =
        by?.kind === 'add-person' &&
        by.request['name'] === row.name &&
        by.request['role'] === row.role &&
        isSame(by.request['publicKey'], row.public_key)
      if (!isSo) found.push(finding(where, 'nobody decided that they come'))
    }
    if (row.revoked_by !== null) {
      const by = decided.get(row.revoked_by)
      if (by?.kind !== 'revoke-person' || by.request['name'] !== row.name)
        found.push(finding(where, 'nobody decided that they go'))
    }
  }
  return found
}

/** A counterparty's keys were pinned by a decision, or before there were people with keys. */
const peers: Identity = async tx => {
  const since = await peopleSince(tx)
  const decided = [...(await decisionsOf(tx)).values()]
  const rows = await tx.all<{
    peer: string
    fingerprint: string
    signing: Uint8Array
    receiving: Uint8Array
    ledger: Uint8Array
    transport: Uint8Array | null
  }>(
    `SELECT peer, fingerprint, signing_key AS signing, receiving_key AS receiving, ledger_key AS ledger,
       transport_key AS transport
     FROM clearing_peer WHERE pinned_at >= ?`,
    since,
  )
  return rows.flatMap(row => {
    const isDecided = decided.some(({ kind, request }) => {
      if (kind !== 'pin-peer' || request['fingerprint'] !== row.fingerprint) return false
      const card = record(request['card'])
      const key = (purpose: string) => record(card[purpose])['bytes']
      return (
        card['institution'] === row.peer &&
        isSame(key('signing'), row.signing) &&
        isSame(key('receiving'), row.receiving) &&
        isSame(key('ledger'), row.ledger) &&
        (row.transport === null ? card['transport'] === undefined : isSame(key('transport'), row.transport))
      )
    })
    return isDecided ? [] : [finding(`peer ${row.peer}`, 'two people did not decide on these keys')]
  })
}

/** Cash was paid in by a decision on that account and amount, or before there were people with keys. */
const deposits: Identity = async tx => {
  const since = await peopleSince(tx)
  const decided = await decisionsOf(tx)
  const rows = await tx.all<{ id: string; account: string; at: bigint; minor: bigint }>(
    `SELECT bank_deposit.id, bank_deposit.account, journal.at, entry.minor
     FROM bank_deposit JOIN journal ON journal.id = 'deposit ' || bank_deposit.id
     JOIN entry USING (chain, seq) WHERE entry.side = 'credit'`,
  )
  return rows.flatMap(({ id, account, at, minor }) => {
    const by = decided.get(id)
    if (by === undefined) return at < since ? [] : [finding(`deposit ${id}`, 'two people did not decide on it')]
    const isSo = by.kind === 'pay-in' && by.request['account'] === account && String(by.request['minor']) === `${minor}`
    return isSo ? [] : [finding(`deposit ${id}`, 'two people decided on something else')]
  })
}

/** What a customer blocked was opened, and a voucher cleared, by a decision on just that. */
const openings: Identity = async tx => {
  const decided = await decisionsOf(tx)
  const lifted = await tx.all<{ account: string; what: string; digest: string }>(
    'SELECT account, what, lifted_by AS digest FROM customer_block WHERE lifted_by IS NOT NULL',
  )
  const cleared = await tx.all<{ number: string; digest: string }>(
    `SELECT stock.number, decision AS digest FROM voucher_notice AS notice
     LEFT JOIN sale ON sale.tenant = notice.tenant AND sale.id = notice.sale
     LEFT JOIN stock USING (tenant, payee, batch, serial) WHERE decision IS NOT NULL`,
  )
  const closed = await tx.all<{ account: string; digest: string }>(
    'SELECT account, decision AS digest FROM closed_account',
  )
  const limits = await tx.all<{ account: string; channel: string; perItem: string; perDay: string; digest: string }>(
    `SELECT account, channel, CAST(per_item AS TEXT) AS perItem, CAST(per_day AS TEXT) AS perDay, decision AS digest
     FROM account_limit`,
  )
  const addresses = await tx.all<{ account: string; address: string; digest: string }>(
    `SELECT account, coalesce(address, '') AS address, decision AS digest FROM mail_address`,
  )
  const customers = await tx.all<{ account: string; en: string; zh: string; business: bigint }>(
    'SELECT account, name_en AS en, name_zh AS zh, is_business AS business FROM bank_customer',
  )
  const opened = [...decided.values()].filter(({ kind }) => kind === 'open-account')
  const left = await tx.all<{ payee: string; digest: string }>('SELECT payee, decision AS digest FROM payee_left')
  const isDecided = (digest: string, kind: string, request: Readonly<Record<string, string>>) => {
    const by = decided.get(digest)
    return by?.kind === kind && Object.entries(request).every(([key, value]) => String(by.request[key]) === value)
  }
  return [
    ...opened.flatMap(({ request: { account, name, isBusiness } }) => {
      const customer = customers.find(each => each.account === account)
      const { en, zh } = record(name)
      const isSo = customer?.en === en && customer?.zh === zh && (customer?.business === 1n) === isBusiness
      return isSo ? [] : [finding(`account ${account}`, 'two people decided to open it for somebody else')]
    }),
    ...closed.flatMap(({ account, digest }) =>
      isDecided(digest, 'close-account', { account })
        ? []
        : [finding(`account ${account}`, 'two people did not decide to close it')],
    ),
    ...limits.flatMap(({ account, digest, ...limit }) =>
      isDecided(digest, 'set-limit', { account, ...limit })
        ? []
        : [finding(`account ${account}`, 'two people did not decide on its limit')],
    ),
    ...addresses.flatMap(({ account, address, digest }) =>
      isDecided(digest, 'set-address', { account, address })
        ? []
        : [finding(`account ${account}`, 'two people did not decide where its customer is written to')],
    ),
    ...left.flatMap(({ payee, digest }) =>
      isDecided(digest, 'leave-payee', { payee })
        ? []
        : [finding(`payee ${payee}`, 'two people did not decide that this bank leaves it')],
    ),
    ...lifted.flatMap(({ account, what, digest }) =>
      isDecided(digest, 'lift-block', { account, what })
        ? []
        : [finding(`block of ${account}`, 'two people did not decide to lift it')],
    ),
    ...cleared.flatMap(({ number, digest }) =>
      isDecided(digest, 'clear-voucher', { voucher: number })
        ? []
        : [finding(`voucher ${number}`, 'two people did not decide to clear it')],
    ),
  ]
}

/** Whoever has looked into an alarm was somebody then, and signed the alarm as it stands. */
const acknowledgements: Identity = async tx => {
  const byKey = new Map((await tx.all<PersonRow>(peopleRows)).map(person => [person.key_id, person]))
  const rows = await tx.all<{
    tenant: string
    number: bigint
    signer: string
    signature: Uint8Array
    signed_at: bigint
    peer: string
    kind: string
    detail: string
    at: bigint
  }>(
    `SELECT noted.tenant, noted.number, signer, signature, noted.at AS signed_at, peer, kind, detail, alarm.at
     FROM alarm_acknowledged AS noted JOIN clearing_alarm AS alarm USING (number)`,
  )
  return rows.flatMap(({ signer, signature, tenant, number, peer, kind, detail, at, signed_at }) => {
    const where = `alarm ${number}`
    const person = byKey.get(signer)
    if (person === undefined) return [finding(where, 'somebody unknown acknowledged it')]
    const message = ['tonebank: I have looked into this alarm', tenant, number, peer, kind, detail, at, signed_at]
    return verifies(person, message, signature)
      ? []
      : [finding(where, `${person.name} did not sign that they looked into it`)]
  })
}

/** A proposal was taken back by its own maker, and by nobody after it was approved. */
const withdrawals: Identity = async tx => {
  const byKey = new Map((await tx.all<PersonRow>(peopleRows)).map(person => [person.key_id, person]))
  const rows = await tx.all<{ digest: string; maker: string; signature: Uint8Array; approved: bigint | null }>(
    `SELECT digest, maker, withdrawal.signature, approved_at AS approved FROM withdrawal
     JOIN proposal USING (tenant, digest) LEFT JOIN approval USING (tenant, digest)`,
  )
  return rows.flatMap(({ digest, maker, signature, approved }) => {
    const where = `decision ${digest}`
    const person = byKey.get(maker)
    const isSo = person !== undefined && verifies(person, ['tonebank: I withdraw', digest], signature)
    const faults = isSo ? [] : [finding(where, 'its maker did not take it back')]
    return approved === null
      ? faults
      : [...faults, finding(where, 'it was approved, though its maker had taken it back')]
  })
}

/** For every institution, and for one that takes cash besides. */
export const decisionIdentities: readonly Identity[] = [
  decisions,
  withdrawals,
  people,
  peers,
  acknowledgements,
  personPasskeyIdentity,
]
export const depositIdentity: Identity = deposits
/** For one that has branches. */
export const branchIdentity: Identity = openings

export async function decisionsOf(tx: ReadTx): Promise<ReadonlyMap<string, Decision>> {
  const rows = await tx.all<DecisionRow>(decisionRows)
  return new Map(
    rows.map(row => {
      const read = contentOf(row)
      return [row.digest, { kind: read?.['kind'], request: record(read?.['request']) }]
    }),
  )
}

/** Since when there are people with keys; for ever later where there are none. */
export async function peopleSince(tx: ReadTx): Promise<bigint> {
  const row = await tx.one<{ since: bigint | null }>('SELECT min(added_at) AS since FROM person')
  return row?.since ?? 2n ** 62n
}

function contentOf({ content }: DecisionRow): Readonly<Record<string, unknown>> | undefined {
  try {
    return record(decode(content, { rejectDuplicateMapKeys: true }))
  } catch {
    return undefined
  }
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

export function isSame(value: unknown, bytes: Uint8Array): boolean {
  return value instanceof Uint8Array && Buffer.from(value).equals(bytes)
}

function didPropose(passkeys: readonly PasskeyRow[], maker: PersonRow, row: DecisionRow): boolean {
  const { made, made_passkey: passkey, made_data: data, made_client: client } = row
  return isSigned(passkeys, maker, ['tonebank: I propose', row.digest], row.proposed_at, [made, passkey, data, client])
}

function didApprove(passkeys: readonly PasskeyRow[], checker: PersonRow, row: DecisionRow): boolean {
  const { checked, checked_passkey: passkey, checked_data: data, checked_client: client } = row
  const how = [checked, passkey, data, client] as const
  return isSigned(passkeys, checker, ['tonebank: I approve', row.digest], row.approved_at, how)
}

/** By the person's own key, or by a passkey that was theirs then. */
function isSigned(
  passkeys: readonly PasskeyRow[],
  person: PersonRow,
  message: readonly unknown[],
  at: bigint,
  how: readonly [signature: Uint8Array, passkey: string | null, data: Uint8Array | null, client: Uint8Array | null],
): boolean {
  const [signature, passkey, authenticatorData, clientData] = how
  if (passkey === null) return verifies(person, message, signature)
  if (authenticatorData === null || clientData === null) return false
  return didAssert(passkeys, person.key_id, message, { signature, passkey, authenticatorData, clientData }, at)
}
