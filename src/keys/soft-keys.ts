/** Keys in this process's memory. Each is 32 random bytes; where they are kept, if anywhere, is the caller's business. */
import { createCipheriv, createDecipheriv, createHash, createHmac, type KeyObject, sign } from 'node:crypto'
import { remembered } from '../remembered.ts'
import type { Runtime } from '../runtime.ts'
import { lifetimeMs, selfSigned, type TransportIdentity } from './certificate.ts'
import { openAnswerWith, openWith, publicHalf } from './hpke.ts'
import {
  type AnswerKey,
  type KeyStore,
  type PublicKey,
  type Purpose,
  purposes,
  Unopenable,
  type Wrapped,
} from './keys.ts'
import { privateKeyOf, publicBytesOf } from './raw-keys.ts'

export interface KeyRecord {
  readonly keyId: string
  readonly purpose: Purpose
  /** 1, 2, 3 … within the purpose; the highest is the one in use, unless another is said to be. */
  readonly generation: number
  /** Milliseconds since 1970. Keys of 0.1.0 do not say. */
  readonly madeAt?: number | undefined
  readonly material: Uint8Array
}

/** A key store whose missing keys are made from `runtime.random`, the same ones from the same seed. */
export function memoryKeys(runtime: Runtime): Promise<KeyStore> {
  return softKeys(runtime, [], () => {})
}

/** `keep` is called with each new key before it is used, `forget` with one that is destroyed before it is gone from here. */
export async function softKeys(
  runtime: Runtime,
  known: readonly KeyRecord[],
  keep: (record: KeyRecord) => void,
  forget: (record: KeyRecord) => void = () => {},
): Promise<KeyStore> {
  const keys = new Map<string, KeyRecord>()
  const current = new Map<Purpose, KeyRecord>()
  let published: PublicKey[] = []

  const add = async (record: KeyRecord): Promise<void> => {
    keys.set(record.keyId, record)
    const { keyId, purpose, material } = record
    if (purpose === 'receive') published.push({ keyId, purpose, bytes: await runtime.offThread(publicHalf(material)) })
    if (purpose === 'envelope' || purpose === 'ledger' || purpose === 'transport')
      published.push({ keyId, purpose, bytes: ed25519Public(material) })
  }
  const newest = (purpose: Purpose): KeyRecord | undefined =>
    [...keys.values()]
      .filter(record => record.purpose === purpose)
      .reduce<KeyRecord | undefined>((a, b) => (a && a.generation > b.generation ? a : b), undefined)
  const make = async (purpose: Purpose): Promise<KeyRecord> => {
    const material = runtime.random(32)
    const generation = (newest(purpose)?.generation ?? 0) + 1
    const print = createHash('sha256').update(`tonebank key ${purpose}`).update(material).digest('hex').slice(0, 12)
    const madeAt = Math.trunc(runtime.wallNow())
    const record = { keyId: `${purpose}-${generation}-${print}`, purpose, generation, madeAt, material }
    keep(record)
    await add(record)
    return record
  }
  const rotate = async (purpose: Purpose): Promise<string> => {
    const record = await make(purpose)
    current.set(purpose, record)
    return record.keyId
  }
  const publicKeyOf = (keyId: string): PublicKey => {
    const key = published.find(candidate => candidate.keyId === keyId)
    if (key === undefined) throw new Error(`no public key ${keyId}`)
    return key
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

  for (const record of known.toSorted((a, b) => a.generation - b.generation)) {
    await add(record)
    current.set(record.purpose, record)
  }
  for (const purpose of Object.keys(purposes) as Purpose[])
    if (!current.has(purpose) && !isMadeLater(purpose)) await rotate(purpose)

  /** One of those that are made when they are first asked for: once, whoever asks meanwhile. */
  const making = new Map<Purpose, Promise<string>>()
  const firstOf = async (purpose: Purpose): Promise<KeyRecord> => {
    if (!current.has(purpose)) {
      const made = making.get(purpose) ?? rotate(purpose)
      making.set(purpose, made)
      await made
    }
    return inUse(purpose)
  }
  const answerKey = async ({ keyId, generation, material }: KeyRecord): Promise<AnswerKey> => ({
    ...{ keyId, number: ((generation - 1) % 255) + 1 },
    bytes: await runtime.offThread(publicHalf(material)),
  })

  return {
    publicKey: purpose => publicKeyOf(inUse(purpose).keyId),
    publicKeys: () => [...published],
    madeAt: keyId => keys.get(keyId)?.madeAt,
    transportIdentity: id => identityOf(id === undefined ? inUse('transport') : byId(id, 'transport')),
    sign: async (purpose, message, id) => {
      const { keyId, material } = id === undefined ? inUse(purpose) : byId(id, purpose)
      return { keyId, bytes: sign(null, message, ed25519Private(material)) }
    },
    open: (sealed, context) =>
      runtime.offThread((async () => openWith(byId(sealed.keyId, 'receive').material, sealed.bytes, context))()),
    answerKeys: async () => {
      const first = await firstOf('answer')
      const older = [...keys.values()].filter(key => key.purpose === 'answer' && key !== first)
      const byAge = older.toSorted((a, b) => b.generation - a.generation)
      return [await answerKey(first), ...(await Promise.all(byAge.map(answerKey)))]
    },
    openAnswer: (keyId, sealed, binding) =>
      runtime.offThread((async () => openAnswerWith(byId(keyId, 'answer').material, sealed, binding))()),
    signDirectory: async message => {
      const { material } = await firstOf('directory')
      return { key: ed25519Public(material), signature: sign(null, message, ed25519Private(material)) }
    },
    wrap: async (plain, context) => wrapUnder(inUse('pepper'), runtime.random(12), plain, context),
    unwrap: async (wrapped, context) => unwrapUnder(byId(wrapped.keyId, 'pepper'), wrapped, context),
    isOutdated: wrapped => wrapped.keyId !== inUse('pepper').keyId,
    fingerprint: async secret =>
      createHmac('sha256', inUse('fingerprint').material).update(secret.reveal()).digest('hex'),
    rotate,
    make: async purpose => publicKeyOf((await make(purpose)).keyId),
    use: keyId => {
      const record = keys.get(keyId)
      if (record === undefined) throw new Error(`no key ${keyId}`)
      current.set(record.purpose, record)
    },
    destroy: async keyId => {
      const record = keys.get(keyId)
      if (record === undefined) return
      if (inUse(record.purpose) === record) throw new Error(`${keyId} is in use`)
      forget(record)
      keys.delete(keyId)
      published = published.filter(key => key.keyId !== keyId)
    },
  }
}

/** An institution that takes no cards has none of them. */
function isMadeLater(purpose: Purpose): boolean {
  return purpose === 'answer' || purpose === 'directory'
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

/** Parsing a key takes longer than signing with it, and its bytes never change. */
export const ed25519Private = remembered((seed: Uint8Array): KeyObject => privateKeyOf('Ed25519', seed))

const identityOf = remembered(({ material, madeAt }: KeyRecord): TransportIdentity => {
  const validity = madeAt === undefined ? undefined : { from: madeAt, until: madeAt + lifetimeMs }
  return selfSigned(ed25519Private(material), validity)
})

export const ed25519Public = remembered((seed: Uint8Array): Uint8Array => publicBytesOf(ed25519Private(seed)))
