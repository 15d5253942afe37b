/**
 * The passkeys by which people sign on pages what they sign by their own keys in commands. A passkey counts because its holder's key signed
 * that it does: who holds the books cannot add one. Rows stand for ever; what it signed while it counted goes on counting.
 *
 *     1 vouched for   ──▶ in use    by its person's key, in a command of theirs
 *     2 let go        in use ──▶ removed, for ever    by that key as well
 *       the person is revoked: none of theirs counts from then on
 */
import { encodeCanonical } from '../canonical.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { type ByPasskey, challengeOf, isAssertion } from './passkey-assertion.ts'
import { isSigned, type Person } from './people.ts'
import type { Signer } from './person-key.ts'

/** A passkey as its person's key vouches for it. */
export interface VouchedPasskey {
  /** Base64url. */
  readonly id: string
  /** COSE_Key. */
  readonly publicKey: Uint8Array
  /** Of the pages that it signs for. */
  readonly origin: string
}

/** A signature by a person's own key (64 bytes, `by` undefined), or by a passkey that it vouched for. */
export interface Signature {
  readonly signature: Uint8Array
  readonly by?: ByPasskey | undefined
}

const mineMessage = (tenant: string, person: string, { id, publicKey, origin }: VouchedPasskey, at: number) =>
  encodeCanonical(['tonebank: this passkey signs for me', tenant, person, id, publicKey, origin, at])
const noMoreMessage = (tenant: string, person: string, id: string, at: number) =>
  encodeCanonical(['tonebank: this passkey signs for me no more', tenant, person, id, at])
const aboutToMessage = (tenant: string, person: string, at: number) =>
  encodeCanonical(['tonebank: I am about to set up a passkey', tenant, person, at])

export const signMine = (signer: Signer, tenant: string, passkey: VouchedPasskey, at: number): Uint8Array =>
  signer.sign(mineMessage(tenant, signer.keyId, passkey, at))
export const signNoMore = (signer: Signer, tenant: string, id: string, at: number): Uint8Array =>
  signer.sign(noMoreMessage(tenant, signer.keyId, id, at))
export const signAboutTo = (signer: Signer, tenant: string, at: number): Uint8Array =>
  signer.sign(aboutToMessage(tenant, signer.keyId, at))

export const isAboutTo = (person: Person, tenant: string, at: number, signature: Uint8Array): boolean =>
  isSigned(person, aboutToMessage(tenant, person.keyId, at), signature)

/** Notes a passkey that `person` vouched for. A passkey that was ever noted is not noted again. */
export async function keepPasskey(
  tx: Tx,
  tenant: string,
  person: Person,
  passkey: VouchedPasskey & { readonly counter: number },
  { at, signature }: { readonly at: number; readonly signature: Uint8Array },
): Promise<'kept' | 'bad-signature' | 'known-passkey'> {
  if (!isSigned(person, mineMessage(tenant, person.keyId, passkey, at), signature)) return 'bad-signature'
  const kept = await tx.run(
    `INSERT INTO person_passkey (tenant, id, person, public_key, origin, counter, enrolled_at, signature)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, id) DO NOTHING`,
    ...[tenant, passkey.id, person.keyId, passkey.publicKey, passkey.origin, BigInt(passkey.counter)],
    ...[BigInt(at), signature],
  )
  return kept === 1n ? 'kept' : 'known-passkey'
}

/** `used-since`: it signed after the time that their word names, which would disown what they signed. */
export type PasskeyLetGo = 'let-go' | 'bad-signature' | 'unknown-passkey' | 'used-since'

async function didSignSince(tx: ReadTx, tenant: string, id: string, at: number): Promise<boolean> {
  const row = await tx.one<{ last: bigint | null }>(
    `SELECT max(at) AS last FROM (SELECT max(enrolled_at, coalesce(used_at, 0)) AS at FROM person_passkey WHERE tenant = ? AND id = ?
       UNION ALL SELECT proposed_at FROM proposal WHERE tenant = ? AND passkey = ?
       UNION ALL SELECT approved_at FROM approval WHERE tenant = ? AND passkey = ?)`,
    ...[tenant, id, tenant, id, tenant, id],
  )
  return row?.last != null && row.last > BigInt(at)
}

export async function letPasskeyGo(
  tx: Tx,
  tenant: string,
  person: Person,
  id: string,
  { at, signature }: { readonly at: number; readonly signature: Uint8Array },
): Promise<PasskeyLetGo> {
  if (!isSigned(person, noMoreMessage(tenant, person.keyId, id, at), signature)) return 'bad-signature'
  if (await didSignSince(tx, tenant, id, at)) return 'used-since'
  const gone = await tx.run(
    `UPDATE person_passkey SET removed_at = ?, removal = ?
     WHERE tenant = ? AND id = ? AND person = ? AND removed_at IS NULL`,
    ...[BigInt(at), signature, tenant, id, person.keyId],
  )
  return gone === 1n ? 'let-go' : 'unknown-passkey'
}

export interface PersonPasskey extends VouchedPasskey {
  /** The key of whom it signs for. */
  readonly person: string
  readonly counter: number
  readonly enrolledAt: number
  readonly usedAt: number | undefined
}

/** Those in use, the oldest first. */
export async function passkeysInUse(tx: ReadTx, tenant: string): Promise<readonly PersonPasskey[]> {
  const rows = await tx.all<{
    id: string
    person: string
    public_key: Uint8Array
    origin: string
    counter: bigint
    enrolled_at: bigint
    used_at: bigint | null
  }>(
    `SELECT id, person, public_key, origin, counter, enrolled_at, used_at FROM person_passkey
     WHERE tenant = ? AND removed_at IS NULL ORDER BY enrolled_at, id`,
    tenant,
  )
  return rows.map(row => ({
    ...{ id: row.id, person: row.person, publicKey: row.public_key, origin: row.origin, counter: Number(row.counter) },
    enrolledAt: Number(row.enrolled_at),
    usedAt: row.used_at === null ? undefined : Number(row.used_at),
  }))
}

/** Whether the person signed `message`: by their key, or by a passkey of theirs that is in use. */
export async function didSign(
  tx: ReadTx,
  tenant: string,
  person: Person,
  message: Uint8Array,
  { signature, by }: Signature,
): Promise<boolean> {
  if (by === undefined) return isSigned(person, message, signature)
  const passkey = (await passkeysInUse(tx, tenant)).find(({ id }) => id === by.id)
  return passkey?.person === person.keyId && isAssertion(passkey, challengeOf(message), by, signature)
}

/** As columns of a row: the signature, and by which passkey, if any. */
export const signatureColumns = ({ signature, by }: Signature) =>
  [signature, by?.id ?? null, by?.authenticatorData ?? null, by?.clientData ?? null] as const

export type SignatureRow = {
  readonly signature: Uint8Array
  readonly passkey: string | null
  readonly authenticator_data: Uint8Array | null
  readonly client_data: Uint8Array | null
}

export function signatureIn({ signature, passkey, authenticator_data, client_data }: SignatureRow): Signature {
  if (passkey === null || authenticator_data === null || client_data === null) return { signature }
  return { signature, by: { id: passkey, authenticatorData: authenticator_data, clientData: client_data } }
}
