/**
 * COSE_Sign1 (RFC 9052 section 4.2), untagged, with one protected header, the algorithm, and no unprotected one. The encoding is
 * canonical both ways: what is encoded otherwise is refused, so that a message has one form.
 */
import { encodeCanonical } from '../../canonical.ts'
import { headersOf, messageParts, NotCose } from './message.ts'
import { coseAlgorithms, isSignedBy, type SigningAlgorithm, type SigningPublicKey } from './signing.ts'

export interface Sign1 {
  readonly algorithm: SigningAlgorithm
  /** The encoded map, as it is signed. */
  readonly protectedHeader: Uint8Array
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

const none = new Uint8Array()

/** What is signed: Sig_structure (RFC 9052 section 4.4). */
export function toBeSigned(
  { protectedHeader, payload }: Pick<Sign1, 'protectedHeader' | 'payload'>,
  externalAad: Uint8Array = none,
): Uint8Array {
  return encodeCanonical(['Signature1', protectedHeader, externalAad, payload])
}

export function protectedHeaderOf(algorithm: SigningAlgorithm): Uint8Array {
  return encodeCanonical(new Map([[headersOf.algorithm, coseAlgorithms[algorithm]]]))
}

export function encodeSign1(algorithm: SigningAlgorithm, payload: Uint8Array, signature: Uint8Array): Uint8Array {
  return encodeCanonical([protectedHeaderOf(algorithm), new Map(), payload, signature])
}

/** `kid`s and content types of others are read over; an algorithm that is not protected is not believed. @throws NotCose */
export function parseSign1(message: Uint8Array): Sign1 {
  const { protectedHeader, headers, unprotected, last } = messageParts(message, 4)
  const [payload, signature] = last
  if (!(payload instanceof Uint8Array) || !(signature instanceof Uint8Array)) throw new NotCose('it has no signature')
  if (unprotected.has(headersOf.algorithm)) throw new NotCose('its algorithm is not protected')
  const number = headers.get(headersOf.algorithm)
  const algorithm = (Object.keys(coseAlgorithms) as SigningAlgorithm[]).find(name => coseAlgorithms[name] === number)
  if (algorithm === undefined) throw new NotCose('its algorithm is none of ours')
  return { algorithm, protectedHeader, payload, signature }
}

/** Whether it is signed by that key, with that key's algorithm. */
export function isSign1By(key: SigningPublicKey, message: Sign1, externalAad?: Uint8Array): Promise<boolean> {
  if (message.algorithm !== key.algorithm) return Promise.resolve(false)
  return isSignedBy(key, toBeSigned(message, externalAad), message.signature)
}
