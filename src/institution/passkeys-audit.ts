/**
 * What must hold of the passkeys by which people sign, for `tonebank audit`: each was vouched for by its person's key, and signed what rows say
 * that it signed. The assertions are taken apart with code of its own (Web Authentication Level 3, section 7.2; RFC 9052, section 7).
 */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import type { Finding } from '../ledger/audit/finding.ts'
import type { Identity } from '../ledger/audit/identity.ts'
import type { ReadTx } from '../store/store.ts'
import { keyObject, pointObject, verifies } from './audit-keys.ts'

export type PasskeyRow = {
  readonly tenant: string
  readonly id: string
  readonly person: string
  readonly public_key: Uint8Array
  readonly origin: string
  readonly enrolled_at: bigint
  readonly signature: Uint8Array
  readonly removed_at: bigint | null
  readonly removal: Uint8Array | null
}

export const passkeyRows = (tx: ReadTx): Promise<PasskeyRow[]> =>
  tx.all<PasskeyRow>(
    'SELECT tenant, id, person, public_key, origin, enrolled_at, signature, removed_at, removal FROM person_passkey',
  )

/** Each counts because its person's key, which was theirs then, signed that it does; and no more, likewise. */
export const personPasskeyIdentity: Identity = async tx => {
  const keys = await tx.all<{ key_id: string; public_key: Uint8Array; added_at: bigint; revoked_at: bigint | null }>(
    'SELECT key_id, public_key, added_at, revoked_at FROM person',
  )
  return (await passkeyRows(tx)).flatMap(row => {
    const where = `passkey ${row.id}`
    const wrong = (what: string): Finding => ({ kind: 'identity', where, what })
    const key = keys.find(({ key_id }) => key_id === row.person)
    if (key === undefined) return [wrong('it is of nobody who may decide here')]
    const found: Finding[] = []
    const mine = ['tonebank: this passkey signs for me', row.tenant, row.person, row.id, row.public_key, row.origin]
    if (!verifies(key, [...mine, row.enrolled_at], row.signature))
      found.push(wrong('its person did not sign that it is theirs'))
    const wasThere = key.added_at <= row.enrolled_at && (key.revoked_at === null || key.revoked_at >= row.enrolled_at)
    if (!wasThere) found.push(wrong('its person could not decide when it came'))
    if (row.removed_at !== null) {
      const gone = ['tonebank: this passkey signs for me no more', row.tenant, row.person, row.id, row.removed_at]
      if (row.removal === null || !verifies(key, gone, row.removal))
        found.push(wrong('its person did not sign that it goes'))
    }
    return found
  })
}

/** What a passkey signed, as a row has it. */
export interface AssertionRow {
  readonly signature: Uint8Array
  readonly passkey: string
  readonly authenticatorData: Uint8Array
  readonly clientData: Uint8Array
}

/** Whether `person` signed `message` by a passkey that was theirs at `at`. */
export function didAssert(
  passkeys: readonly PasskeyRow[],
  person: string,
  message: readonly unknown[],
  { signature, passkey, authenticatorData, clientData }: AssertionRow,
  at: bigint,
): boolean {
  const row = passkeys.find(({ id }) => id === passkey)
  if (row === undefined || row.person !== person) return false
  if (row.enrolled_at > at || (row.removed_at !== null && row.removed_at < at)) return false
  const client = parsed(clientData)
  const asked = sha256(encode(message, rfc8949EncodeOptions)).toString('base64url')
  if (client['type'] !== 'webauthn.get' || client['challenge'] !== asked || client['origin'] !== row.origin)
    return false
  // Signed within another site's frame.
  if (client['crossOrigin'] === true) return false
  const data = Buffer.from(authenticatorData)
  // The user was there (bit 0), and the device knew them (bit 2).
  if (data.length < 37 || (data.readUInt8(32) & 5) !== 5) return false
  const host = /^https?:\/\/([^:/]+)/.exec(row.origin)?.[1] ?? ''
  if (!data.subarray(0, 32).equals(sha256(host))) return false
  return signsWith(row.public_key, Buffer.concat([data, sha256(clientData)]), signature)
}

function signsWith(cose: Uint8Array, signed: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = decode(cose, { useMaps: true }) as Map<number, unknown>
    const part = (label: number) => key.get(label) as Uint8Array
    if (key.get(3) === -8) return verify(null, signed, keyObject(part(-2)), signature)
    if (key.get(3) === -7)
      return verify('sha256', signed, pointObject(Buffer.concat([Buffer.from([4]), part(-2), part(-3)])), signature)
    if (key.get(3) !== -257) return false
    const base64url = (label: number) => Buffer.from(part(label)).toString('base64url')
    const rsa = { kty: 'RSA', n: base64url(-1), e: base64url(-2) }
    return verify('sha256', signed, createPublicKey({ key: rsa, format: 'jwk' }), signature)
  } catch {
    return false
  }
}

function parsed(clientData: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(Buffer.from(clientData).toString('utf8'))
    return typeof read === 'object' && read !== null ? (read as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}

const sha256 = (of: string | Uint8Array): Buffer => createHash('sha256').update(of).digest()
