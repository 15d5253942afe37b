/** What a card signed, read and verified for an audit with code that shares nothing with what made or judged it. */
import { verify } from 'node:crypto'
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import { keyObject, pointObject } from './audit-keys.ts'
import { record } from './people-audit.ts'

export interface SignedRow {
  /** COSE_Sign1, whole. */
  readonly message: Uint8Array
  readonly algorithm: string | null
  readonly public_key: Uint8Array | null
}

/** Undefined: that key did not sign it. */
export function signedIn({ message, algorithm, public_key }: SignedRow) {
  try {
    const [header, , payload, signature] = decode(message, { useMaps: true }) as Uint8Array[]
    if (header === undefined || payload === undefined || signature === undefined || public_key === null)
      return undefined
    const key = algorithm === 'Ed25519' ? keyObject(public_key) : pointObject(public_key)
    const structure = encode(['Signature1', header, new Uint8Array(), payload], rfc8949EncodeOptions)
    const isGenuine =
      algorithm === 'Ed25519'
        ? verify(null, structure, key, signature)
        : verify('sha256', structure, { key, dsaEncoding: 'ieee-p1363' }, signature)
    if (!isGenuine) return undefined
    const [order, counter] = decode(payload) as [Uint8Array, number]
    return { order: record(decode(order)), counter }
  } catch {
    return undefined
  }
}
