/**
 * Encrypts one value under a key that encrypts nothing else ever, bound to the key's name and to what the value is: one
 * that was put in another's place does not open there.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { encodeCanonical } from '../canonical.ts'
import { Unopenable } from './keys.ts'

/** What was sealed by 0.1.0 has no version in front, and is bound to its key's name alone. */
const version = 2

/** A key encrypts one value ever, so its nonce may be zero (NIST SP 800-38D section 8: no nonce twice under one key). */
const nonce = new Uint8Array(12)
const tagLength = 16

/** `name`: of the key. `context`: whose value it is, and which. */
export function sealOnce(key: Uint8Array, name: string, context: string, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(encodeCanonical([version, name, context]))
  return Buffer.concat([Buffer.of(version), cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** @throws Unopenable when it was changed, or is of another name or context. */
export function openOnce(key: Uint8Array, name: string, context: string, sealed: Uint8Array): Uint8Array {
  const bound = encodeCanonical([version, name, context])
  const opened = sealed[0] === version ? decrypt(key, bound, sealed.subarray(1)) : undefined
  // The first byte of what 0.1.0 sealed is as good as random, and now and then the version's.
  const found = opened ?? decrypt(key, Buffer.from(name), sealed)
  if (found === undefined) throw new Unopenable()
  return found
}

function decrypt(key: Uint8Array, bound: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength })
    decipher.setAAD(bound).setAuthTag(sealed.subarray(-tagLength))
    return Buffer.concat([decipher.update(sealed.subarray(0, -tagLength)), decipher.final()])
  } catch {
    return undefined
  }
}
