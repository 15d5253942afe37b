/** The key that a card makes and never gives out. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { encode, rfc8949EncodeOptions } from 'cborg'
import { unhex, utf8 } from './bytes.ts'

/** As GENERATE ASYMMETRIC KEY PAIR names them. */
export const algorithms = { 1: 'Ed25519', 2: 'P-256' } as const
export type Algorithm = (typeof algorithms)[keyof typeof algorithms]
export const isAlgorithm = (number: number | undefined): number is keyof typeof algorithms =>
  number !== undefined && number in algorithms

const protectedHeaders = { Ed25519: unhex('a10127'), 'P-256': unhex('a10126') } as const

export class CardKey {
  readonly number: keyof typeof algorithms
  readonly publicBytes: Uint8Array
  readonly #secret: KeyObject

  constructor(number: keyof typeof algorithms) {
    const pair =
      algorithms[number] === 'Ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const described = pair.publicKey.export({ format: 'der', type: 'spki' })
    this.number = number
    // Of P-256 it is the point without compression: 04, x, y.
    this.publicBytes = new Uint8Array(described.subarray(algorithms[number] === 'Ed25519' ? -32 : -65))
    this.#secret = pair.privateKey
  }

  /** Over the Sig_structure of a COSE_Sign1. */
  sign(payload: Uint8Array): Uint8Array {
    const algorithm = algorithms[this.number]
    const signed = encode(['Signature1', protectedHeaders[algorithm], utf8(''), payload], rfc8949EncodeOptions)
    return new Uint8Array(
      algorithm === 'Ed25519'
        ? sign(null, signed, this.#secret)
        : sign('sha256', signed, { key: this.#secret, dsaEncoding: 'ieee-p1363' }),
    )
  }
}
