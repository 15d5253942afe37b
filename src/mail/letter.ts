/**
 * The signed content of what travels: a letter and its receipt, a query and its answer. Contents are canonical bytes;
 * `signed.ts` signs them, `bundle.ts` puts several into one envelope.
 */

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { bytes } from '../bytes.ts'
import { decodeCanonical, encodeCanonical } from '../canonical.ts'
import { institutionIdShape } from '../ids.ts'

/** As large as a row can hold: what is larger would be an error of the database instead of an envelope that is not believed. */
export const integer = z
  .union([z.int(), z.bigint()])
  .transform(BigInt)
  .refine(number => number >= 0n && number < 1n << 63n)
const parties = { from: institutionIdShape, to: institutionIdShape }
const head = z.object({
  chain: z.string(),
  seq: integer,
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** By the ledger's key, over the head and the receipt's time. */
  signature: z.object({ keyId: z.string(), bytes }).optional(),
})

const content = z.discriminatedUnion('kind', [
  /** Delivered exactly once, in the order of `sequence` within `epoch`. */
  z.object({
    kind: z.literal('letter'),
    ...parties,
    epoch: integer,
    sequence: integer,
    type: z.string(),
    body: z.unknown(),
    /** By which its sender finds the trace in which it was written (`told-trace.ts`). A hint: of one that is none the rest of the letter still counts. */
    trace: bytes
      .refine(({ length }) => length === 16)
      .optional()
      .catch(undefined),
  }),
  /** The letter was taken (or refused) for good. Given again, word for word, when the letter comes again. */
  z.object({
    kind: z.literal('receipt'),
    ...parties,
    digest: bytes,
    outcome: z.enum(['accepted', 'refused']),
    reason: z.string(),
    at: integer,
    /** Where the receiver's own ledger stood. The sender keeps it as evidence. */
    epoch: integer,
    heads: z.array(head),
  }),
  /** The letter was not looked at: another one is due first. */
  z.object({ kind: z.literal('not-due'), ...parties, digest: bytes, epoch: integer, due: integer }),
  /** Another letter came under this number before. */
  z.object({ kind: z.literal('conflict'), ...parties, digest: bytes }),
  z.object({ kind: z.literal('query'), ...parties, id: z.string(), type: z.string(), question: z.unknown() }),
  z.object({ kind: z.literal('answer'), ...parties, id: z.string(), answer: z.unknown() }),
])

export type Content = z.output<typeof content>
export type ContentOf<K extends Content['kind']> = Extract<Content, { kind: K }>
/** The last row of a ledger's chain: its number and its hash in hexadecimal. */
export type ToldHead = z.output<typeof head>

export function encodeContent(value: Content): Uint8Array {
  return encodeCanonical(value)
}

/** @throws Error when the bytes are no content. */
export function decodeContent(encoded: Uint8Array): Content {
  return content.parse(decodeCanonical(encoded))
}

/** By what a receipt names its letter. */
export function digestOf(encoded: Uint8Array): Uint8Array {
  return createHash('sha256').update(encoded).digest()
}
