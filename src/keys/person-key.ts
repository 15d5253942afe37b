/**
 * A person's own key: Ed25519, in a file of its own, sealed by a passphrase that only they know. It is opened in the
 * command that they type, and signs there; the process that owns the books sees signatures only.
 */

import { createCipheriv, createDecipheriv, createHash, sign } from 'node:crypto'
import { z } from 'zod'
import { fromHex, toHex } from '../bytes.ts'
import type { Runtime } from '../runtime.ts'
import type { Secret } from '../secret.ts'
import { type HashCost, HashPool } from './hash-pool.ts'
import { openAsPerson } from './person-seal.ts'
import { ed25519Private, ed25519Public } from './soft-keys.ts'

/** About a third of a second: a passphrase is typed a few times a day, and guessed by machines. RFC 9106, section 4. */
const personHashCost: HashCost = { memoryKiB: 131_072, passes: 3 }

export interface PersonPublic {
  readonly name: string
  readonly keyId: string
  /** 32 bytes (RFC 8032). */
  readonly publicKey: Uint8Array
}

/** A key that was opened. */
export interface Signer extends PersonPublic {
  sign(message: Uint8Array): Uint8Array
  /** Opens what was sealed to this person. @throws Unopenable */
  open(sealed: Uint8Array, context: Uint8Array): Promise<Uint8Array>
}

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`))

const keyFile = z.strictObject({
  format: z.literal('tonebank person 1'),
  name: z.string().min(1),
  publicKey: hex(32),
  memoryKiB: z.int().min(8),
  passes: z.int().min(1),
  salt: hex(16),
  nonce: hex(12),
  /** The 32 bytes of the private key and the tag of 16, AES-256-GCM. */
  sealed: hex(48),
})

export function drawSigner(runtime: Runtime, name: string): { readonly signer: Signer; readonly seed: Uint8Array } {
  const seed = runtime.random(32)
  return { signer: signerOf(name, seed), seed }
}

/** The text of the key's file. */
export async function sealPersonKey(
  runtime: Runtime,
  { signer, seed }: { readonly signer: Signer; readonly seed: Uint8Array },
  passphrase: Secret,
  cost: HashCost = personHashCost,
): Promise<string> {
  const [salt, nonce] = [runtime.random(16), runtime.random(12)]
  const cipher = createCipheriv('aes-256-gcm', await keyOf(runtime, passphrase, salt, cost), nonce)
  cipher.setAAD(contextOf(signer.name))
  const sealed = Buffer.concat([cipher.update(seed), cipher.final(), cipher.getAuthTag()])
  const text = { format: 'tonebank person 1', name: signer.name, publicKey: toHex(signer.publicKey), ...cost }
  return `${JSON.stringify({ ...text, salt: toHex(salt), nonce: toHex(nonce), sealed: toHex(sealed) }, undefined, 2)}\n`
}

/** Undefined when the passphrase is not this key's, or the file was changed. @throws Error when it is no such file */
export async function openPersonKey(runtime: Runtime, text: string, passphrase: Secret): Promise<Signer | undefined> {
  const { name, memoryKiB, passes, salt, nonce, sealed } = parse(text)
  const key = await keyOf(runtime, passphrase, fromHex(salt), { memoryKiB, passes })
  const bytes = fromHex(sealed)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, fromHex(nonce), { authTagLength: 16 })
    decipher.setAAD(contextOf(name)).setAuthTag(bytes.subarray(-16))
    return signerOf(name, Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]))
  } catch {
    return undefined
  }
}

/** What the file says without a passphrase. */
export function publicIn(text: string): PersonPublic {
  const { name, publicKey } = parse(text)
  const bytes = fromHex(publicKey)
  return { name, publicKey: bytes, keyId: personKeyId(bytes) }
}

/** Which key signed: a person who gets a new one is the same person with another id. */
export function personKeyId(publicKey: Uint8Array): string {
  return createHash('sha256').update('tonebank person').update(publicKey).digest('hex').slice(0, 16)
}

function signerOf(name: string, seed: Uint8Array): Signer {
  const publicKey = new Uint8Array(ed25519Public(seed))
  return {
    name,
    publicKey,
    keyId: personKeyId(publicKey),
    sign: message => new Uint8Array(sign(null, message, ed25519Private(seed))),
    open: (sealed, context) => openAsPerson(seed, sealed, context),
  }
}

function parse(text: string): z.output<typeof keyFile> {
  try {
    return keyFile.parse(JSON.parse(text))
  } catch {
    throw new Error('this file does not hold the key of a person')
  }
}

async function keyOf(runtime: Runtime, passphrase: Secret, salt: Uint8Array, cost: HashCost): Promise<Uint8Array> {
  const hash = await new HashPool(runtime, { parallel: 1, queueLimit: 0 }).hash(passphrase, salt, cost, 'background')
  if (hash === 'busy') throw new Error('a hash that nobody else asks for was told to wait')
  return hash
}

const contextOf = (name: string) => Buffer.from(`tonebank person ${name}`)
