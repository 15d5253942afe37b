/**
 * What happens when bytes arrive: each envelope is opened and believed or not, letters are taken in their order and
 * answered with receipts, queries are answered at once.
 */

import type { KeyStore, Signature } from '../keys/keys.ts'
import type { Runtime } from '../runtime.ts'
import type { ReadTx, Store, Tx } from '../store/store.ts'
import { decodeBundle, encodeBundle } from './bundle.ts'
import { type OpenedEnvelope, openEnvelope, sealEnvelope } from './envelope.ts'
import { type ArrivedLetter, earlierReceipt, refused, takeLetter, type Verdict } from './inbox.ts'
import type { Content, ContentOf, Head } from './letter.ts'
import {
  type Answer,
  type Letter,
  type LetterType,
  letters,
  type QueryType,
  type Question,
  queries,
} from './messages.ts'
import type { Peer } from './peers.ts'
import type { Place } from './streams.ts'
import type { Receiver } from './transport.ts'

/** What a room does with one type of letter: those that come, and those that it wrote itself. */
export interface LetterHandler<T extends LetterType, P = unknown> {
  /** Slow work before the command, such as decrypting. It may run more than once for one letter. */
  prepare?(from: string, body: Letter<T>): Promise<P>
  /** Decides, and carries out what it accepts, in the command that also writes the receipt. */
  judge?(tx: Tx, from: string, body: Letter<T>, prepared: P): Promise<Verdict>
  /** After the commit of an accepted letter. */
  afterwards?(): void
  /** What became of a letter that was written here, once, in the command that notes its receipt. */
  answered?(tx: Tx, to: string, place: Place, verdict: Verdict): Promise<void>
}

export type LetterHandlers = { readonly [T in LetterType]?: LetterHandler<T> }
export type QueryHandlers = { readonly [T in QueryType]?: (from: string, question: Question<T>) => Promise<Answer<T>> }

export interface Reception {
  readonly institution: string
  readonly store: Store
  readonly runtime: Runtime
  readonly keys: KeyStore
  readonly peer: (id: string) => Peer | undefined
  readonly letters: LetterHandlers
  readonly queries: QueryHandlers
  /** Where the own ledger stands, for receipts. */
  readonly heads: (tx: ReadTx) => Promise<readonly Head[]>
  /** Signs a head. The same head and time always have the same signature. */
  readonly signHead: (head: Head, at: number) => Promise<Signature>
}

/**
 * The receiver of an institution. An envelope that cannot be believed is answered with nothing (an empty entry), so that a
 * stranger learns nothing. Rejects when the store cannot tell what became of a letter: then no answer is right.
 */
export function receiver(reception: Reception): Receiver {
  return async bytes => {
    const envelopes = decodeBundle(bytes)
    const opened = await Promise.all(envelopes.map(envelope => openOrNothing(reception, envelope)))
    const ready = await Promise.all(opened.map(envelope => envelope && prepare(reception, envelope)))
    // Commands are queued in the order of the bundle and share a commit.
    const replies = await Promise.all(ready.map(reply => reply?.()))
    return encodeBundle(
      await Promise.all(
        replies.map(async (reply, i) => {
          const from = opened[i]?.peer
          return reply && from ? sealEnvelope(reception, from, reply) : new Uint8Array()
        }),
      ),
    )
  }
}

async function openOrNothing(reception: Reception, envelope: Uint8Array): Promise<OpenedEnvelope | undefined> {
  try {
    return await openEnvelope(reception, reception.peer, envelope)
  } catch {
    return undefined
  }
}

type Reply = () => Promise<Content | undefined>

async function prepare(reception: Reception, envelope: OpenedEnvelope): Promise<Reply> {
  const { content, encoded, signature, signer } = envelope
  if (content.kind === 'query') {
    const answer = await answerQuery(reception, content.from, content.type, content.question)
    if (answer === undefined) return async () => undefined
    return async () => ({ kind: 'answer', from: reception.institution, to: content.from, id: content.id, answer })
  }
  if (content.kind !== 'letter') return async () => undefined
  const letter: ArrivedLetter = { content, encoded, signature, signer }
  const earlier = await reception.store.read(tx => earlierReceipt(tx, letter))
  if (earlier?.kind === 'receipt') return async () => withSignedHeads(reception, earlier)
  const { judge, afterwards } = await judgeOf(reception, letter)
  return async () => {
    const at = reception.runtime.wallNow()
    const reply = await reception.store.execute(tx => takeLetter(tx, letter, at, reception.heads, judge))
    if (reply.kind !== 'receipt') return reply
    reception.runtime.reached(`${content.type}.received`)
    if (reply.outcome === 'accepted') afterwards?.()
    return withSignedHeads(reception, reply)
  }
}

/** Signing is too slow for the command that wrote the receipt, and gives the same bytes whenever it is done. */
async function withSignedHeads(reception: Reception, receipt: ContentOf<'receipt'>): Promise<ContentOf<'receipt'>> {
  const signed = receipt.heads.map(async head => ({
    ...head,
    signature: await reception.signHead(head, Number(receipt.at)),
  }))
  return { ...receipt, heads: await Promise.all(signed) }
}

interface Judgement {
  readonly judge: (tx: Tx) => Promise<Verdict>
  readonly afterwards?: (() => void) | undefined
}

async function judgeOf(reception: Reception, { content: { type, from, body } }: ArrivedLetter): Promise<Judgement> {
  if (!isLetterType(type)) return { judge: async () => refused('unknown type') }
  return judgeTyped(reception, type, from, body)
}

async function judgeTyped<T extends LetterType>(
  reception: Reception,
  type: T,
  from: string,
  body: unknown,
): Promise<Judgement> {
  const handler = reception.letters[type] as LetterHandler<T> | undefined
  if (handler?.judge === undefined) return { judge: async () => refused('not for this kind of institution') }
  const { judge } = handler
  const parsed = letters[type].safeParse(body)
  if (!parsed.success) return { judge: async () => refused('malformed') }
  const letter = parsed.data as Letter<T>
  const prepared = await handler.prepare?.(from, letter)
  return { judge: tx => judge(tx, from, letter, prepared), afterwards: () => handler.afterwards?.() }
}

function isLetterType(type: string): type is LetterType {
  return Object.hasOwn(letters, type)
}

async function answerQuery(reception: Reception, from: string, type: string, question: unknown): Promise<unknown> {
  if (!Object.hasOwn(queries, type)) return undefined
  return answerTyped(reception, type as QueryType, from, question)
}

async function answerTyped<T extends QueryType>(reception: Reception, type: T, from: string, question: unknown) {
  const parsed = queries[type].question.safeParse(question)
  return parsed.success ? reception.queries[type]?.(from, parsed.data as Question<T>) : undefined
}
