/**
 * DHKEM(X25519, HKDF-SHA256) of HPKE (RFC 9180 section 4.1): the library's, by Node's own X25519. Otherwise it goes to the threads of
 * WebCrypto and back for every key that is parsed, derived or written down.
 */
import { diffieHellman, type KeyObject } from 'node:crypto'
import { DhkemX25519HkdfSha256, NotSupportedError } from '@hpke/core'
import { NodeHkdfSha256, viewOf } from './hkdf.ts'
import { privateKeyOf, publicBytesOf, publicKeyOf } from './raw-keys.ts'

type Bytes = ArrayBufferLike | ArrayBufferView

/** `suite_id` within the KEM: "KEM", then the number of DHKEM(X25519, HKDF-SHA256). */
const suiteId = Uint8Array.of(0x4b, 0x45, 0x4d, 0x00, 0x20)
/** Labels of DeriveKeyPair (section 7.1.3). */
const [pairLabel, secretLabel] = [Buffer.from('dkp_prk'), Buffer.from('sk')]
const none = new Uint8Array(0)

export class NodeDhkemX25519 extends DhkemX25519HkdfSha256 {
  constructor() {
    super()
    const hkdf = new NodeHkdfSha256()
    hkdf.init(suiteId)
    this._kdf = hkdf
    this._prim = new X25519(hkdf)
  }
}

/** A key as the library hands it around; nobody else looks into it. */
class X25519Key implements CryptoKey {
  readonly algorithm = { name: 'X25519' }
  readonly extractable = false
  readonly usages = []
  readonly type: 'public' | 'private'
  readonly key: KeyObject
  /** Of its public half. */
  readonly bytes: Uint8Array

  constructor(type: X25519Key['type'], key: KeyObject, bytes: Uint8Array) {
    this.type = type
    this.key = key
    this.bytes = bytes
  }
}

function ofOurs(key: CryptoKey): X25519Key {
  if (key instanceof X25519Key) return key
  throw new TypeError('a key that was made elsewhere')
}

/** What the library's KEM is built on. */
class X25519 {
  readonly #hkdf: NodeHkdfSha256

  constructor(hkdf: NodeHkdfSha256) {
    this.#hkdf = hkdf
  }

  async serializePublicKey(key: CryptoKey): Promise<ArrayBuffer> {
    return new Uint8Array(ofOurs(key).bytes).buffer
  }

  async deserializePublicKey(bytes: Bytes): Promise<CryptoKey> {
    return publicOf(viewOf(bytes))
  }

  async deserializePrivateKey(bytes: Bytes): Promise<CryptoKey> {
    return privateOf(viewOf(bytes))
  }

  /** Section 7.1.3. */
  async deriveKeyPair(ikm: Bytes): Promise<CryptoKeyPair> {
    const secret = await this.#hkdf.labeledExtract(none, pairLabel, viewOf(ikm))
    const scalar = new Uint8Array(await this.#hkdf.labeledExpand(secret, secretLabel, none, 32))
    const privateKey = privateOf(scalar)
    scalar.fill(0)
    return { privateKey, publicKey: publicOf(privateKey.bytes) }
  }

  async derivePublicKey(key: CryptoKey): Promise<CryptoKey> {
    return publicOf(ofOurs(key).bytes)
  }
  async dh(own: CryptoKey, other: CryptoKey): Promise<ArrayBuffer> {
    // Node refuses a result of zeros, as section 7.1.4 wants it.
    const agreed = diffieHellman({ privateKey: ofOurs(own).key, publicKey: ofOurs(other).key })
    return new Uint8Array(agreed).buffer
  }

  async serializePrivateKey(): Promise<ArrayBuffer> {
    throw new NotSupportedError('private keys stay here')
  }

  async importKey(): Promise<CryptoKey> {
    throw new NotSupportedError('keys come in as their 32 bytes')
  }

  async generateKeyPair(): Promise<CryptoKeyPair> {
    throw new NotSupportedError('chance is handed in')
  }
}

function publicOf(bytes: Uint8Array): X25519Key {
  return new X25519Key('public', publicKeyOf('X25519', bytes), new Uint8Array(bytes))
}

function privateOf(bytes: Uint8Array): X25519Key {
  const key = privateKeyOf('X25519', bytes)
  return new X25519Key('private', key, publicBytesOf(key))
}
