/** The signed directory: who asks, where it collects, and how payees are called. */
import { createPublicKey, verify } from 'node:crypto'
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import { z } from 'zod'
import { joined, unhex, utf8 } from './bytes.ts'

const bytes = z.instanceof(Uint8Array)
const place = { bank: z.string(), account: z.string() }
const shape = z.object({
  version: z.literal(1),
  madeAt: z.number(),
  institutions: z.array(
    z.object({
      number: z.number(),
      id: z.string(),
      name: z.string(),
      answerKey: bytes,
      answerKeyId: z.number(),
      collectsAt: z.object(place).optional(),
    }),
  ),
  payees: z.array(z.object({ ...place, name: z.string() })),
})

export interface Place {
  readonly bank: string
  readonly account: string
}
export interface Payee extends Place {
  readonly name: string
}

const signedByEdDsa = unhex('a10127')
const publicKeyHead = unhex('302a300506032b6570032100')

export class Directory {
  readonly #content: z.infer<typeof shape>

  /** @throws Error unless whoever has `key` signed it */
  constructor(key: Uint8Array, message: Uint8Array) {
    const [head, unprotected, payload, signature] = z
      .tuple([bytes, z.instanceof(Map), bytes, bytes])
      .parse(decode(message, { useMaps: true, strict: true }))
    if (!signedByEdDsa.every((byte, at) => byte === head[at]) || head.length !== signedByEdDsa.length)
      throw new Error('the directory is not signed by Ed25519')
    if (unprotected.size > 0) throw new Error('the directory has headers that nobody signed')
    const signed = encode(['Signature1', head, utf8('tonebank directory'), payload], rfc8949EncodeOptions)
    const verifier = createPublicKey({ key: Buffer.from(joined(publicKeyHead, key)), format: 'der', type: 'spki' })
    if (!verify(null, signed, verifier, signature)) throw new Error('the directory is not signed by its bank')
    this.#content = shape.parse(decode(payload, { strict: true }))
  }

  institution(number: number) {
    return this.#content.institutions.find(each => each.number === number)
  }

  /** Undefined for who is not in it. */
  payee({ bank, account }: Place): Payee | undefined {
    return this.#content.payees.find(each => each.bank === bank && each.account === account)
  }
}
