/** The letters that the mail itself writes, for no room: their bodies, and what reads them. */

import { z } from 'zod'
import { bytes } from '../bytes.ts'
import { integer } from './letter.ts'

/** Takes the place of a letter that can never pass, so that the ordered stream goes on. */
const voidBody = z.object({
  /** The type of the letter that it replaces, and the digest by which its receipt would name it. */
  type: z.string(),
  replaces: bytes.refine(digest => digest.length === 32),
  reason: z.string(),
})

export const voidType = 'void'

export type VoidBody = z.output<typeof voidBody>

/** Undefined when the letter is none, or malformed. */
export function voidBodyOf({ type, body }: { readonly type: string; readonly body: unknown }): VoidBody | undefined {
  return type === voidType ? voidBody.safeParse(body).data : undefined
}

/** The first letter of an epoch that is not the first: where each chain of the sender stood when it began. */
const epochBody = z.object({
  starts: z.array(z.object({ chain: z.string(), seq: integer, hash: z.string().regex(/^[0-9a-f]{64}$/) })).max(10_000),
  /** The place of the receiver's letters that the sender takes next: what came after it before was lost with its books. */
  due: z.object({ epoch: integer, sequence: integer }).optional(),
  /** The same of the bulk stream. */
  bulkDue: z.object({ epoch: integer, sequence: integer }).optional(),
  /** The last letter to the receiver that the sender's books know of: what the receiver took after it is lost with them. */
  sent: z.object({ epoch: integer, sequence: integer }).optional(),
  /** The same of the bulk stream. */
  bulkSent: z.object({ epoch: integer, sequence: integer }).optional(),
})

export const epochType = 'new-epoch'

/** The change log, among the chains of a ledger, which all have a name. */
export const logChain = ''

export type EpochBody = z.output<typeof epochBody>

/** Undefined when the letter is none, or malformed. */
export function epochBodyOf({ type, body }: { readonly type: string; readonly body: unknown }): EpochBody | undefined {
  return type === epochType ? epochBody.safeParse(body).data : undefined
}
