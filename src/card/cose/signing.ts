/** Signing keys of cards: Ed25519 (RFC 8032) and ECDSA with P-256 and SHA-256 (FIPS 186-5). Either signature is 64 bytes. */
import { fromHex, joined } from '../../bytes.ts'
import { exact, subtle } from './subtle.ts'

export type SigningAlgorithm = 'Ed25519' | 'P-256'

export interface SigningPublicKey {
  readonly algorithm: SigningAlgorithm
  /** Ed25519: 32 bytes. P-256: 65, the uncompressed point (SEC 1, section 2.3.3). */
  readonly bytes: Uint8Array
}

export interface SigningKey extends SigningPublicKey {
  /** 32 bytes: RFC 8032's seed, or the scalar of P-256. */
  readonly privateBytes: Uint8Array
}

export const signatureLength = 64

/** COSE's numbers of them (RFC 9053 sections 2.1 and 2.2). */
export const coseAlgorithms = { Ed25519: -8, 'P-256': -7 } as const satisfies Record<SigningAlgorithm, number>

const imports = { Ed25519: { name: 'Ed25519' }, 'P-256': { name: 'ECDSA', namedCurve: 'P-256' } }
const uses = { Ed25519: { name: 'Ed25519' }, 'P-256': { name: 'ECDSA', hash: 'SHA-256' } }

/** PKCS #8 of a private key: this prefix, then the 32 bytes (RFC 8410 section 7; RFC 5915). */
const prefixes = {
  Ed25519: fromHex('302e020100300506032b657004220420'),
  'P-256': fromHex('3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420'),
}

/** Makes a key from 32 bytes of chance at a time; of P-256 one in 2³² draws is no scalar, and another is drawn. */
export async function makeSigningKey(
  algorithm: SigningAlgorithm,
  random: (byteCount: number) => Uint8Array,
): Promise<SigningKey> {
  for (;;) {
    const privateBytes = random(32)
    try {
      return await signingKeyOf(algorithm, privateBytes)
    } catch (error) {
      if (algorithm === 'Ed25519') throw error
    }
  }
}

/** Rejects when the 32 bytes are no private key of that algorithm. */
export async function signingKeyOf(algorithm: SigningAlgorithm, privateBytes: Uint8Array): Promise<SigningKey> {
  const key = await privateKey(algorithm, privateBytes, true)
  const { x = '', y = '' } = await subtle.exportKey('jwk', key)
  const bytes =
    algorithm === 'Ed25519' ? fromBase64url(x) : joined(Uint8Array.of(4), fromBase64url(x), fromBase64url(y))
  return { algorithm, bytes, privateBytes }
}

export async function sign({ algorithm, privateBytes }: SigningKey, message: Uint8Array): Promise<Uint8Array> {
  const key = await privateKey(algorithm, privateBytes, false)
  return new Uint8Array(await subtle.sign(uses[algorithm], key, exact(message)))
}

/** Whether the signature is by that key over the message. Bytes that are no key have signed nothing. */
export async function isSignedBy(
  { algorithm, bytes }: SigningPublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  try {
    const key = await subtle.importKey('raw', exact(bytes), imports[algorithm], false, ['verify'])
    return await subtle.verify(uses[algorithm], key, exact(signature), exact(message))
  } catch {
    return false
  }
}

function privateKey(algorithm: SigningAlgorithm, bytes: Uint8Array, extractable: boolean) {
  return subtle.importKey('pkcs8', joined(prefixes[algorithm], bytes), imports[algorithm], extractable, ['sign'])
}

/** RFC 4648 section 5, without padding, as JSON Web Keys have their numbers. */
function fromBase64url(text: string): Uint8Array {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, letter => letter.charCodeAt(0))
}
