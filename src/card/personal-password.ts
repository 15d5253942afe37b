/**
 * The personal password on its way: sealed to the bank that issued the card, which alone can open it, and bound to what the
 * card signed with it: receiver, nonce, counter and all. Two forms: to the issuer's public key, and, where digits leave no room
 * for an ephemeral key, under a key that card and issuer agreed on when the card was made.
 */
import { joined } from '../bytes.ts'
import { encodeCanonical } from '../canonical.ts'
import type { InstitutionId } from '../ids.ts'
import type { Runtime } from '../runtime.ts'
import type { Secret } from '../secret.ts'
import { encapsulatedLength, type Opener, type Random, sealHpke, tagLength } from './cose/hpke.ts'
import { exact, sha256, subtle } from './cose/subtle.ts'
import { pinBlock, pinBlockLength, pinInBlock } from './pin-block.ts'

export type PasswordForm = 'hpke' | 'agreed'

/** `bytes`: encapsulated key (`hpke` alone), then ciphertext and tag. */
export interface SealedPassword {
  readonly form: PasswordForm
  readonly bytes: Uint8Array
}

/** Bytes of either form: 56 and 24. */
export const sealedPasswordLength = {
  hpke: encapsulatedLength + pinBlockLength + tagLength,
  agreed: pinBlockLength + tagLength,
} as const satisfies Record<PasswordForm, number>

/** Bytes of a key that card and issuer agree on. */
export const agreedKeyLength = 32

const label = 'tonebank personal password'

/** `payload`: what the card signed. `issuerKey`: 32 bytes of X25519. */
export async function sealPasswordTo(
  random: Random,
  { issuer, issuerKey }: { readonly issuer: InstitutionId; readonly issuerKey: Uint8Array },
  password: Secret,
  payload: Uint8Array,
): Promise<SealedPassword> {
  const binding = await hpkeBinding(issuer, payload)
  const { encapsulated, ciphertext } = await sealHpke(random, issuerKey, pinBlock(password), binding)
  return { form: 'hpke', bytes: joined(encapsulated, ciphertext) }
}

export async function sealPasswordUnder(
  agreedKey: Uint8Array,
  password: Secret,
  payload: Uint8Array,
): Promise<SealedPassword> {
  const key = await keyOfOrder(agreedKey, payload)
  const sealed = await subtle.encrypt(onlyUse, key, exact(pinBlock(password)))
  return { form: 'agreed', bytes: new Uint8Array(sealed) }
}

/** Where nobody keeps an account of what is done off the thread. */
export const unannounced: Pick<Runtime, 'offThread'> = { offThread: promise => promise }

/** How the issuer opens either form of one card. */
export interface PasswordKeys {
  readonly issuer: InstitutionId
  readonly open: Opener
  readonly agreedKey: Uint8Array
}

/** Undefined when it cannot be opened: it is for another bank, card or order, or was changed. */
export async function openPassword(
  { issuer, open, agreedKey }: PasswordKeys,
  { form, bytes }: SealedPassword,
  payload: Uint8Array,
  runtime: Pick<Runtime, 'offThread'> = unannounced,
): Promise<Secret | undefined> {
  if (bytes.length !== sealedPasswordLength[form]) return undefined
  try {
    if (form === 'agreed') {
      const opening = keyOfOrder(agreedKey, payload).then(key => subtle.decrypt(onlyUse, key, exact(bytes)))
      return pinInBlock(new Uint8Array(await runtime.offThread(opening)))
    }
    const [encapsulated, ciphertext] = [bytes.subarray(0, encapsulatedLength), bytes.subarray(encapsulatedLength)]
    return pinInBlock(await open({ encapsulated, ciphertext }, await runtime.offThread(hpkeBinding(issuer, payload))))
  } catch {
    return undefined
  }
}

async function hpkeBinding(issuer: InstitutionId, payload: Uint8Array) {
  return { info: encodeCanonical([label, 1, issuer]), aad: await sha256(payload) }
}

/** A key is used for one order, so that its one nonce may be zero (NIST SP 800-38D section 8). */
const onlyUse = { name: 'AES-GCM', iv: new Uint8Array(12) }

/** HKDF-SHA-256 (RFC 5869) of the agreed key, for one order alone. */
async function keyOfOrder(agreedKey: Uint8Array, payload: Uint8Array) {
  const info = joined(encodeCanonical([label, 1, 'agreed']), await sha256(payload))
  const key = await subtle.importKey('raw', exact(agreedKey), 'HKDF', false, ['deriveKey'])
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
  return subtle.deriveKey(derivation, key, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}
