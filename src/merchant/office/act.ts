/**
 * What one person of a payee does by a passkey of theirs: they sign its digest, and it is kept in the commit that does it. Nothing is done by a
 * person who may not, or by a passkey that does not count any more.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { decodeCanonical, encodeCanonical } from '../../canonical.ts'
import { intentIdShape } from '../../ids.ts'
import { liveOf, people } from '../../keys/people.ts'
import { didSign, type Signature, signatureColumns } from '../../keys/person-passkeys.ts'
import type { Tx } from '../../store/store.ts'

/** What is given back of one payment, and how. */
const request = z.strictObject({
  intent: intentIdShape,
  /** Of the payment: its six digits and its business date. */
  reference: z.string().regex(/^\d{6}$/),
  date: z.string(),
  minor: z.union([z.int(), z.bigint()]).transform(BigInt),
})

const contentShape = z.strictObject({
  what: z.literal('tonebank act'),
  tenant: z.string(),
  /** To the voucher on the date of the payment, or to the buyer's account later. */
  kind: z.enum(['reverse', 'refund']),
  request,
  why: z.string().min(1).max(500),
  /** Their key. */
  person: z.string(),
  at: z.union([z.int(), z.bigint()]).transform(Number),
})

export type Act = z.output<typeof contentShape>

/** An act that is not signed yet, and the message by which it is. */
export function unsignedAct(act: Omit<Act, 'what'>): {
  readonly content: Uint8Array
  readonly message: Uint8Array
} {
  const content = encodeCanonical({ what: 'tonebank act', ...act })
  return { content, message: messageOf(digestOf(content)) }
}

const digestOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')
const messageOf = (digest: string): Uint8Array => encodeCanonical(['tonebank: I do', digest])

/** What was signed in one session, and not long ago. */
const goodForMs = 30 * 60_000

export interface SignedAct extends Signature {
  readonly content: Uint8Array
}

/** Undefined: it is none of this payee, or too old. */
export function actIn({ content }: SignedAct, tenant: string, at: number): Act | undefined {
  try {
    const act = contentShape.parse(decodeCanonical(content))
    return act.tenant === tenant && Math.abs(at - act.at) <= goodForMs ? act : undefined
  } catch {
    return undefined
  }
}

/** The command that was to do it is undone. */
export class NotSigned extends Error {}

/** In the command that does it. @throws NotSigned where its person may not, or did not sign it by a passkey that counts */
export async function keepAct(tx: Tx, act: Act, { content, ...signature }: SignedAct, posting: bigint): Promise<void> {
  const { tenant, person: keyId, at } = act
  const person = liveOf(await people(tx, tenant), keyId)
  const digest = digestOf(content)
  const isSigned =
    signature.by !== undefined && person && (await didSign(tx, tenant, person, messageOf(digest), signature))
  if (!isSigned) throw new NotSigned('nobody who may has signed it')
  await tx.run(
    `INSERT INTO office_act (tenant, digest, content, person, signed_at, signature, passkey, authenticator_data, client_data, posting)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[tenant, digest, content, keyId, BigInt(at), ...signatureColumns(signature), posting],
  )
}
