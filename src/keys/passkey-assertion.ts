/**
 * What a passkey signed, kept as it came, and read again whenever it counts: within a command, which waits for nothing but its
 * transaction (Web Authentication Level 3, section 7.2).
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { sameBytes } from '../bytes.ts'
import { decodeCanonicalMaps } from '../canonical.ts'

/** How a passkey signed: what it said of itself, and what the browser said of the page. */
export interface ByPasskey {
  /** Base64url. */
  readonly id: string
  readonly authenticatorData: Uint8Array
  /** JSON in UTF-8, as the browser made it. */
  readonly clientData: Uint8Array
}

/** RP id's hash, flags, counter: section 6.1. */
const shortestData = 37
const present = 0x01
const verified = 0x04

/** The challenge by which a passkey signs `message`, base64url: its SHA-256. */
export const challengeOf = (message: Uint8Array): string => createHash('sha256').update(message).digest('base64url')

/** `key`: a COSE_Key and the one origin that it signs for. False for whatever does not fit in any way. */
export function isAssertion(
  key: { readonly publicKey: Uint8Array; readonly origin: string },
  challenge: string,
  { authenticatorData, clientData }: Omit<ByPasskey, 'id'>,
  signature: Uint8Array,
): boolean {
  try {
    const said = JSON.parse(Buffer.from(clientData).toString('utf8')) as Readonly<Record<string, unknown>>
    const isAsked =
      said['type'] === 'webauthn.get' &&
      said['challenge'] === challenge &&
      said['origin'] === key.origin &&
      said['crossOrigin'] !== true
    const site = createHash('sha256').update(new URL(key.origin).hostname).digest()
    const flags = authenticatorData[32] ?? 0
    const isHere = authenticatorData.length >= shortestData && sameBytes(authenticatorData.subarray(0, 32), site)
    if (!isAsked || !isHere || (flags & present) === 0 || (flags & verified) === 0) return false
    const signed = Buffer.concat([authenticatorData, createHash('sha256').update(clientData).digest()])
    const { hash, publicKey } = publicKeyIn(key.publicKey)
    return verify(hash, signed, publicKey, signature)
  } catch {
    return false
  }
}

/** RFC 9053: OKP with Ed25519, EC2 with P-256, RSA. Those are the ones that a passkey is asked for. @throws Error for others */
function publicKeyIn(cose: Uint8Array): { readonly hash: 'sha256' | null; readonly publicKey: KeyObject } {
  const read = decodeCanonicalMaps(cose)
  if (!(read instanceof Map)) throw new Error('a COSE_Key is a map')
  const part = (label: number) => Buffer.from(read.get(label) as Uint8Array).toString('base64url')
  const made = (key: Readonly<Record<string, string>>) => createPublicKey({ key, format: 'jwk' })
  switch (`${read.get(1)} ${read.get(3)}`) {
    case '1 -8':
      return { hash: null, publicKey: made({ kty: 'OKP', crv: 'Ed25519', x: part(-2) }) }
    case '2 -7':
      return { hash: 'sha256', publicKey: made({ kty: 'EC', crv: 'P-256', x: part(-2), y: part(-3) }) }
    case '3 -257':
      return { hash: 'sha256', publicKey: made({ kty: 'RSA', n: part(-1), e: part(-2) }) }
  }
  throw new Error('a key of another kind')
}
