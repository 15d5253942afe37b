/**
 * An authenticator that keeps its keys in memory and signs as a telephone or a security key would (Web Authentication Level 3,
 * ES256, no attestation). Its options say how it misbehaves.
 */
import { createHash, createPrivateKey, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { encode } from 'cborg'
import type { PasskeySite } from '../../src/keys/passkey.ts'

export interface Manner {
  /** Says that it has seen finger, face or PIN. */
  verifies?: boolean
  /** Counts each use. Passkeys that several devices keep say zero for ever. */
  counts?: boolean
}

export class Authenticator {
  readonly id: string
  readonly #key: KeyObject
  readonly #cose: Uint8Array
  readonly manner: Manner
  #counter = 0

  /** `seed`: another one, another id. */
  constructor(seed: string, manner: Manner = {}) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#key = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
    const bytes = (part: string) => new Uint8Array(Buffer.from(part, 'base64url'))
    this.#cose = encode(
      new Map<number, number | Uint8Array>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, bytes(x)],
        [-3, bytes(y)],
      ]),
    )
    this.id = sha256(`authenticator ${seed}`).toString('base64url')
    this.manner = { verifies: true, counts: true, ...manner }
  }

  /** What `navigator.credentials.create` gives, as JSON. */
  create(challenge: string, site: PasskeySite): string {
    const id = Buffer.from(this.id, 'base64url')
    const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, this.#cose])
    const authData = new Uint8Array(Buffer.concat([this.#data(site, 0x40), attested]))
    const attestation = encode({ fmt: 'none', attStmt: {}, authData })
    return this.#answer({
      clientDataJSON: clientData('webauthn.create', challenge, site),
      attestationObject: Buffer.from(attestation).toString('base64url'),
    })
  }

  /** What `navigator.credentials.get` gives, as JSON. */
  get(challenge: string, site: PasskeySite): string {
    if (this.manner.counts === true) this.#counter++
    const data = this.#data(site, 0)
    const client = clientData('webauthn.get', challenge, site)
    const signed = Buffer.concat([data, sha256(Buffer.from(client, 'base64url'))])
    return this.#answer({
      clientDataJSON: client,
      authenticatorData: data.toString('base64url'),
      signature: createSign('sha256').update(signed).sign(this.#key).toString('base64url'),
    })
  }

  #data({ id }: PasskeySite, flags: number): Buffer {
    const head = Buffer.alloc(5)
    head[0] = flags | 1 | (this.manner.verifies === true ? 4 : 0)
    head.writeUInt32BE(this.#counter, 1)
    return Buffer.concat([sha256(id), head])
  }

  #answer(response: Readonly<Record<string, string>>): string {
    return JSON.stringify({ id: this.id, rawId: this.id, type: 'public-key', clientExtensionResults: {}, response })
  }
}

const sha256 = (of: string | Buffer): Buffer => createHash('sha256').update(of).digest()

function clientData(type: string, challenge: string, { origin }: PasskeySite): string {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false })).toString('base64url')
}
