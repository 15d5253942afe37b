/**
 * What one person of a payee does by a passkey of theirs: they sign its digest, and it is kept in the commit that does it. Nothing is done by a
 * person who may not, or by a passkey that does not count any more.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { bytes } from '../../bytes.ts'
import { decodeCanonical, encodeCanonical } from '../../canonical.ts'
import { institutionIdShape, intentIdShape } from '../../ids.ts'
import { liveOf, people } from '../../keys/people.ts'
import { didSign, passkeysInUse, type Signature, signatureColumns } from '../../keys/person-passkeys.ts'
import type { Tx } from '../../store/store.ts'

const minor = z.union([z.int(), z.bigint()]).transform(BigInt)

/** What is given back of one payment. */
const ofPayment = z.strictObject({
  intent: intentIdShape,
  /** Of the payment: its six digits and its business date. */
  reference: z.string().regex(/^\d{6}$/),
  date: z.string(),
  minor,
})

const keyId = z.string().regex(/^[0-9a-f]{16}$/)
/** The intent makes the same, done again, another act. */
const ofKey = z.strictObject({ intent: intentIdShape, key: keyId })

const whose = {
  what: z.literal('tonebank act'),
  tenant: institutionIdShape,
  why: z.string().min(1).max(500),
  /** Their key. */
  person: z.string(),
  at: z.union([z.int(), z.bigint()]).transform(Number),
}

const contentShape = z.discriminatedUnion('kind', [
  /** To the voucher on the date of the payment. */
  z.strictObject({ ...whose, kind: z.literal('reverse'), request: ofPayment }),
  /** To the buyer's account later. */
  z.strictObject({ ...whose, kind: z.literal('refund'), request: ofPayment }),
  /** To the account of a card; `payment` as its bank knows it. */
  z.strictObject({
    ...whose,
    kind: z.literal('refund-card'),
    request: z.strictObject({ intent: intentIdShape, payment: intentIdShape, minor }),
  }),
  /** A program of a shop may ask the API. */
  z.strictObject({
    ...whose,
    kind: z.literal('add-key'),
    request: z.strictObject({
      intent: intentIdShape,
      id: keyId,
      name: z.string().min(1).max(80),
      verifier: bytes.refine(of => of.length === 32),
      webhook: z.url({ protocol: /^https?$/ }).nullable(),
    }),
  }),
  /** It may no more. */
  z.strictObject({ ...whose, kind: z.literal('revoke-key'), request: ofKey }),
  /** Its shop is told now what it has not heard. */
  z.strictObject({ ...whose, kind: z.literal('tell-again'), request: ofKey }),
])

export type Act = z.output<typeof contentShape>
export type ActOf<K extends Act['kind']> = Extract<Act, { kind: K }>
/** One that is to be signed. */
type Unsigned<A = Act> = A extends Act ? Omit<A, 'what'> : never
export type UnsignedAct = Unsigned

/** An act that is not signed yet, and the message by which it is. */
export function unsignedAct(act: UnsignedAct): {
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

/**
 * In the command that does it. `posting`: the row of the journal that it wrote, where it moves money. The same, sent again, is kept once.
 * @throws NotSigned where its person may not, or did not sign it by a passkey that counts
 */
export async function keepAct(
  tx: Tx,
  act: Act,
  { content, ...signature }: SignedAct,
  posting: bigint | null,
): Promise<{ readonly digest: string; readonly isNew: boolean }> {
  const { tenant, person: keyId, at } = act
  const person = liveOf(await people(tx, tenant), keyId)
  const digest = digestOf(content)
  const isSigned =
    signature.by !== undefined && person && (await didSign(tx, tenant, person, messageOf(digest), signature))
  // What it was read back for is dated before that passkey: it is read back once more.
  const passkey = (await passkeysInUse(tx, tenant)).find(({ id }) => id === signature.by?.id)
  const wasThere = passkey !== undefined && passkey.enrolledAt <= at
  if (!isSigned || !wasThere) throw new NotSigned('nobody who may has signed it')
  const kept = await tx.run(
    `INSERT INTO office_act (tenant, digest, content, person, signed_at, signature, passkey, authenticator_data, client_data, posting)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, digest) DO NOTHING`,
    ...[tenant, digest, content, keyId, BigInt(at), ...signatureColumns(signature), posting],
  )
  return { digest, isNew: kept === 1n }
}
