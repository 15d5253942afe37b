/** Questions to peers: asked and answered at once, changing nothing there, and remembered by nobody. */

import type { InstitutionId } from '../ids.ts'
import type { PublicKey } from '../keys/keys.ts'
import { randomId, withDeadline } from '../runtime.ts'
import { decodeBundle, encodeBundle, type ReceivingKey } from './bundle.ts'
import { type Correspondent, freshNonce, openReply, sealEnvelope } from './envelope.ts'
import type { ContentOf } from './letter.ts'
import { type HeldOfUs, isLogHeadOf, type LogHeadExchange } from './log-heads.ts'
import { type Query, type QueryAnswer, type QueryType, queries } from './messages.ts'
import type { Peer } from './peers.ts'
import { readSigned, signContent } from './signed.ts'
import { type Deliveries, Undeliverable } from './transport.ts'

export interface Asker extends Correspondent {
  readonly transport: Deliveries
  readonly logHeads: LogHeadExchange
  /** The peer did not answer, or not so that it could be believed. */
  readonly failed?: (to: InstitutionId) => void
  /** As a courier's (`Route`). */
  readonly receiving?: (to: InstitutionId) => ReceivingKey | undefined
  readonly sealTo?: (peer: InstitutionId, key: ReceivingKey) => void
}

/** Rejects with `DeadlineExceeded` or `Undeliverable`. */
export async function ask<T extends QueryType>(
  asker: Asker,
  of: Peer,
  type: T,
  question: Query<T>,
  deadlineMs: number,
): Promise<QueryAnswer<T>> {
  try {
    return await askOnce(asker, of, type, question, deadlineMs)
  } catch (error) {
    asker.failed?.(of.institution)
    throw error
  }
}

async function askOnce<T extends QueryType>(
  asker: Asker,
  of: Peer,
  type: T,
  question: Query<T>,
  deadlineMs: number,
): Promise<QueryAnswer<T>> {
  const { institution: from, runtime, transport, logHeads } = asker
  const to = of.institution
  const id = randomId(runtime)
  const query = await signContent(asker, { kind: 'query', from, to, id, type, question }, to)
  const nonce = freshNonce(runtime)
  const log = await logHeads.own(to)
  const bundle = encodeBundle({ contents: [query], log, receiving: asker.receiving?.(to) })
  const asked = await sealEnvelope(asker, of, { kind: 'bundle', nonce }, bundle)
  const delivery = transport.deliver(to, asked, deadlineMs)
  const bytes = await withDeadline(runtime, `question to ${to}`, deadlineMs, delivery)
  const content = await readAnswer(asker, of, nonce, bytes)
  const answer = content?.id === id ? queries[type].answer.safeParse(content.answer) : undefined
  if (!answer?.success) throw new Undeliverable(to, 'it did not answer the question')
  return answer.data as QueryAnswer<T>
}

/**
 * What a peer holds of our own books, and where its own letters stand. A head counts only with our own signature on it. One
 * that is ahead of our log says that our books went back in time. Rejects as `ask` does.
 */
export async function askWhatIsHeld(asker: Asker, of: Peer, deadlineMs: number): Promise<HeldOfUs> {
  const held = await ask(asker, of, 'highest-head', {}, deadlineMs)
  const own: readonly PublicKey[] = asker.keys.publicKeys()
  if (held.head !== null && !isLogHeadOf(asker.institution, own, held.head))
    throw new Undeliverable(of.institution, 'it showed a head that is not ours')
  return held
}

/** Undefined when the bytes are no answer that can be believed. */
async function readAnswer(
  asker: Asker,
  from: Peer,
  nonce: Uint8Array,
  bytes: Uint8Array,
): Promise<ContentOf<'answer'> | undefined> {
  try {
    const reply = decodeBundle(await openReply(asker, from, nonce, bytes))
    if (reply.refused !== undefined && reply.receiving) asker.sealTo?.(from.institution, reply.receiving)
    if (reply.refused !== undefined) throw new Undeliverable(from.institution, reply.refused)
    asker.logHeads.note(from, reply.log)
    const [answer] = reply.contents
    const content = answer && readSigned(asker.institution, from, answer)?.content
    return content?.kind === 'answer' ? content : undefined
  } catch (error) {
    if (error instanceof Undeliverable) throw error
    return undefined
  }
}
