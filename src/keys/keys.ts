/**
 * An institution's keys. Private ones never leave the store that holds them: callers name a purpose or a key id and get a
 * signature, an opened message, a wrapped value. Files hold them now (`key-folder.ts`), a PKCS#11 token may one day.
 */
import { type KeyObject, verify } from 'node:crypto'
import { remembered } from '../remembered.ts'
import type { Secret } from '../secret.ts'
import type { TransportIdentity } from './certificate.ts'
import { publicKeyOf } from './raw-keys.ts'

/** One key per purpose, so that none can be made to do another's work. */
export const purposes = {
  /** Signs what is sent to other institutions. */
  envelope: 'Ed25519',
  /** Signs heads of the journal. */
  ledger: 'Ed25519',
  /** Opens what other institutions encrypted to this one. */
  receive: 'X25519',
  /** Proves who one is on a connection between institutions. */
  transport: 'Ed25519',
  /** Wraps verifiers. The main defence of short PINs and passwords. */
  pepper: 'AES-256-GCM',
  /** Makes fingerprints of secrets. Never rotated, as a fingerprint must stay the same for ever. */
  fingerprint: 'HMAC-SHA-256',
  /** Opens what terminals and cards encrypted to this institution. Made when it is first asked for. */
  answer: 'X25519',
  /** Signs the directories that terminals carry. Made when it is first asked for. */
  directory: 'Ed25519',
} as const

export type Purpose = keyof typeof purposes
export type SigningPurpose = 'envelope' | 'ledger' | 'transport'
/** Of which other institutions have the public half. */
export type PublicPurpose = SigningPurpose | 'receive'
export const publicPurposes = ['envelope', 'receive', 'ledger', 'transport'] as const satisfies readonly PublicPurpose[]

/** The half of a signing or receiving key that others may have. Plain data. */
export interface PublicKey {
  readonly keyId: string
  readonly purpose: PublicPurpose
  /** 32 bytes: RFC 8032 (Ed25519) or RFC 7748 (X25519). */
  readonly bytes: Uint8Array
}

export interface Signature {
  readonly keyId: string
  readonly bytes: Uint8Array
}

/** Encrypted to a public key (HPKE, RFC 9180): the encapsulated key, then the ciphertext. */
export interface Sealed {
  readonly keyId: string
  readonly bytes: Uint8Array
}

/** Encrypted under a key of the store itself (AES-256-GCM): nonce, ciphertext, tag. */
export interface Wrapped {
  readonly keyId: string
  readonly bytes: Uint8Array
}

/** To which terminals encrypt answers, and cards the personal password. */
export interface AnswerKey {
  readonly keyId: string
  /** By which a frame's header names it: 1 to 255. */
  readonly number: number
  /** 32 bytes (RFC 7748). */
  readonly bytes: Uint8Array
}

/** What was encrypted to an answer key (HPKE-3 of COSE), and what it is bound to. */
export interface SealedAnswer {
  readonly encapsulated: Uint8Array
  readonly ciphertext: Uint8Array
}

export interface AnswerBinding {
  readonly info: Uint8Array
  readonly aad: Uint8Array
}

export interface KeyStore {
  /** The key of a purpose that is in use: what others should use from now on. */
  publicKey(purpose: PublicPurpose): PublicKey
  /** All of them, older ones too: what was signed or sealed before a rotation is still read. Oldest first within a purpose. */
  publicKeys(): readonly PublicKey[]
  /** When a key was made, in milliseconds since 1970; undefined when it says nothing of it, as those of 0.1.0. */
  madeAt(keyId: string): number | undefined
  /** For `node:tls`: the one private key that leaves the store. `keyId`: an older one; without it the one in use. */
  transportIdentity(keyId?: string): TransportIdentity
  /** `keyId`: another key than the one in use, as for somebody who knows the older one only. */
  sign(purpose: SigningPurpose, message: Uint8Array, keyId?: string): Promise<Signature>
  /** @throws Unopenable when it was not sealed to a key of this store, or with another context, or was changed. */
  open(sealed: Sealed, context: Uint8Array): Promise<Uint8Array>
  /** The one in use first, then older ones: an answer or a card may be for one of them. */
  answerKeys(): Promise<readonly [AnswerKey, ...AnswerKey[]]>
  /** HPKE-3 of COSE (`docs/protocol.md`). @throws Unopenable when it is not for that key, has another binding, or was changed */
  openAnswer(keyId: string, sealed: SealedAnswer, binding: AnswerBinding): Promise<Uint8Array>
  /** With Ed25519. `key`: the public half, which whoever sets a terminal up is told. */
  signDirectory(message: Uint8Array): Promise<{ readonly key: Uint8Array; readonly signature: Uint8Array }>
  /** `context` says whose value this is: it cannot be unwrapped as another's. */
  wrap(plain: Uint8Array, context: string): Promise<Wrapped>
  /** @throws Unopenable */
  unwrap(wrapped: Wrapped, context: string): Promise<Uint8Array>
  /** Whether `wrap` would use another key today: the value should be wrapped again. */
  isOutdated(wrapped: Wrapped): boolean
  /** Stands for a secret where requests are compared. Without the key nobody can find the secret from it. */
  fingerprint(secret: Secret): Promise<string>
  /** Makes a new key of the purpose and uses it; the old ones still verify, open and unwrap. */
  rotate(purpose: Exclude<Purpose, 'fingerprint'>): Promise<string>
  /** Makes a key that others have to be told of first: it is not used yet. */
  make(purpose: PublicPurpose): Promise<PublicKey>
  /** This key of its purpose is the one in use. */
  use(keyId: string): void
  /** Destroys a private key, wherever it is kept. Nothing happens where there is none of that id. */
  destroy(keyId: string): Promise<void>
}

/** It was changed on its way, or is not for this key, or not for this context. The three cannot be told apart. */
export class Unopenable extends Error {
  constructor(cause?: unknown) {
    super('cannot be opened with this key in this context', { cause })
    this.name = 'Unopenable'
  }
}

/** Whether `signature` is by that key over `message` (Ed25519, RFC 8032). */
export function isSignedBy(key: PublicKey, message: Uint8Array, signature: Signature): boolean {
  if (
    key.purpose === 'receive' ||
    key.purpose === 'transport' ||
    key.keyId !== signature.keyId ||
    key.bytes.length !== 32
  )
    return false
  return verify(null, message, ed25519PublicKey(key.bytes), signature.bytes)
}

/** A peer's bytes never change. */
export const ed25519PublicKey = remembered((bytes: Uint8Array): KeyObject => publicKeyOf('Ed25519', bytes))
