/** Keys in this process's memory. Each is 32 random bytes; where they are kept, if anywhere, is the caller's business. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
} from 'node:crypto'
import type { Runtime } from '../runtime.ts'
import { selfSigned } from './certificate.ts'
import { openWith, publicHalf } from './hpke.ts'
import { type KeyStore, type PublicKey, type Purpose, purposes, Unopenable, type Wrapped } from './keys.ts'

export interface KeyRecord {
  readonly keyId: string
  readonly purpose: Purpose
  /** 1, 2, 3 … within the purpose; the highest is the one in use. */
  readonly generation: number
  readonly material: Uint8Array
}

/** A key store whose missing keys are made from `runtime.random`, the same ones from the same seed. */
export function memoryKeys(runtime: Runtime): Promise<KeyStore> {
  return softKeys(runtime, [], () => {})
}

/** `keep` is called with each new key before it is used. */
export async function softKeys(
  runtime: Runtime,
  known: readonly KeyRecord[],
  keep: (record: KeyRecord) => void,
): Promise<KeyStore> {
  const keys = new Map<string, KeyRecord>()
  const current = new Map<Purpose, KeyRecord>()
  const published: PublicKey[] = []

  const add = async (record: KeyRecord): Promise<void> => {
    keys.set(record.keyId, record)
    if (record.generation >= (current.get(record.purpose)?.generation ?? 0)) current.set(record.purpose, record)
    const { keyId, purpose, material } = record
    if (purpose === 'receive') published.push({ keyId, purpose, bytes: await runtime.offThread(publicHalf(material)) })
    if (purpose === 'envelope' || purpose === 'ledger' || purpose === 'transport')
      published.push({ keyId, purpose, bytes: ed25519Public(material) })
  }
  const make = async (purpose: Purpose): Promise<string> => {
    const material = runtime.random(32)
    const generation = (current.get(purpose)?.generation ?? 0) + 1
    const print = createHash('sha256').update(`tonebank key ${purpose}`).update(material).digest('hex').slice(0, 12)
    const record = { keyId: `${purpose}-${generation}-${print}`, purpose, generation, material }
    keep(record)
    await add(record)
    return record.keyId
  }
  const inUse = (purpose: Purpose): KeyRecord => {
    const record = current.get(purpose)
    if (record === undefined) throw new Error(`no key for ${purpose}`)
    return record
  }
  const byId = (keyId: string, purpose: Purpose): KeyRecord => {
    const record = keys.get(keyId)
    if (record?.purpose !== purpose) throw new Unopenable(`no key ${keyId} for ${purpose}`)
    return record
  }

  for (const record of known) await add(record)
  for (const purpose of Object.keys(purposes) as Purpose[]) if (!current.has(purpose)) await make(purpose)

  return {
    publicKey: purpose => {
      const { keyId } = inUse(purpose)
      const key = published.find(candidate => candidate.keyId === keyId)
      if (key === undefined) throw new Error(`no public key ${keyId}`)
      return key
    },
    publicKeys: () => [...published],
    transportIdentity: () => selfSigned(ed25519Private(inUse('transport').material)),
    sign: async (purpose, message) => {
      const { keyId, material } = inUse(purpose)
      return { keyId, bytes: sign(null, message, ed25519Private(material)) }
    },
    open: (sealed, context) =>
      runtime.offThread((async () => openWith(byId(sealed.keyId, 'receive').material, sealed.bytes, context))()),
    wrap: async (plain, context) => wrapUnder(inUse('pepper'), runtime.random(12), plain, context),
    unwrap: async (wrapped, context) => unwrapUnder(byId(wrapped.keyId, 'pepper'), wrapped, context),
    isOutdated: wrapped => wrapped.keyId !== inUse('pepper').keyId,
    fingerprint: async secret =>
      createHmac('sha256', inUse('fingerprint').material).update(secret.reveal()).digest('hex'),
    rotate: make,
  }
}

function wrapUnder(key: KeyRecord, nonce: Uint8Array, plain: Uint8Array, context: string): Wrapped {
  const cipher = createCipheriv('aes-256-gcm', key.material, nonce).setAAD(Buffer.from(context))
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()])
  return { keyId: key.keyId, bytes: Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]) }
}

function unwrapUnder(key: KeyRecord, { bytes }: Wrapped, context: string): Uint8Array {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.material, bytes.subarray(0, 12), { authTagLength: 16 })
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-16))
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
  } catch (error) {
    throw new Unopenable(error)
  }
}

/** PKCS #8 of an Ed25519 key: this prefix, then the 32 bytes (RFC 8410 section 7). */
const ed25519Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Parsing a key takes longer than signing with it (0.6 ms on Node 20), and its bytes never change. */
const parsed = new WeakMap<Uint8Array, KeyObject>()

export function ed25519Private(seed: Uint8Array): KeyObject {
  const known = parsed.get(seed)
  if (known) return known
  const key = createPrivateKey({ key: Buffer.concat([ed25519Prefix, seed]), format: 'der', type: 'pkcs8' })
  parsed.set(seed, key)
  return key
}

const publicHalves = new WeakMap<Uint8Array, Uint8Array>()

/** The last 32 bytes of its SubjectPublicKeyInfo. */
export function ed25519Public(seed: Uint8Array): Uint8Array {
  const known = publicHalves.get(seed)
  if (known) return known
  const half = createPublicKey(ed25519Private(seed)).export({ format: 'der', type: 'spki' }).subarray(-32)
  publicHalves.set(seed, half)
  return half
}
