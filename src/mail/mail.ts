/**
 * An institution's mail: letters out of its outbox to every pinned peer, letters and queries in, questions to peers. What
 * is written with `writeLetter` in a command is delivered exactly once, however unreliable the transport.
 */

import type { InstitutionId } from '../ids.ts'
import type { KeyStore, PublicKey, Signature } from '../keys/keys.ts'
import { type Runtime, randomId, withDeadline } from '../runtime.ts'
import type { ReadTx, Store } from '../store/store.ts'
import { decodeBundle, encodeBundle } from './bundle.ts'
import { Courier } from './courier.ts'
import { freshNonce, openReply, sealEnvelope } from './envelope.ts'
import type { HeldHead } from './held-heads.ts'
import type { ContentOf, ToldHead } from './letter.ts'
import { type Answer, type QueryType, type Question, queries } from './messages.ts'
import { type Peer, pinnedPeers } from './peers.ts'
import { type LetterHandlers, type QueryHandlers, receiver } from './reception.ts'
import { readSigned, signContent } from './signed.ts'
import { type Transports, Undeliverable } from './transport.ts'

export interface Mail {
  /** After a commit that may have written letters. */
  wake(): void
  /** Asks a peer something that changes nothing there. Rejects with `DeadlineExceeded` or `Undeliverable`. */
  ask<T extends QueryType>(to: InstitutionId, type: T, question: Question<T>, deadlineMs: number): Promise<Answer<T>>
  /** After a peer was pinned: corresponds with it from now on. */
  meetPeers(): Promise<void>
  /** Resolves when no letter waits that a peer would take. */
  idle(): Promise<void>
  close(): Promise<void>
}

/** Told what went wrong where nobody waits for an answer, for the log. Nothing secret is in it. */
export type Troubled = (error: unknown) => void

export interface MailOffice {
  readonly institution: InstitutionId
  readonly store: Store
  readonly runtime: Runtime
  readonly keys: KeyStore
  readonly transports: Transports
  readonly letters: LetterHandlers
  readonly queries: QueryHandlers
  /** The heads of the own ledger, for receipts. */
  readonly heads: (tx: ReadTx) => Promise<readonly ToldHead[]>
  readonly signHead: (head: ToldHead, at: number) => Promise<Signature>
  /** Whether a peer's ledger key signed a head that came with a receipt. */
  readonly isHeadSignedBy: (key: PublicKey, head: HeldHead) => boolean
  readonly deliveryDeadlineMs: number
  readonly troubled: Troubled
}

/** Starts listening and carrying. The peers are those that are pinned now. */
export async function openMail(office: MailOffice): Promise<Mail> {
  const { institution: tenant, store, runtime, transports } = office
  const peers = new Map<string, Peer>()
  const couriers = new Map<string, Courier>()
  const peer = (id: string) => peers.get(id)
  const route = { ...office, transport: transports.outgoing }
  const meetPeers = async () => {
    for (const each of await store.read(tx => pinnedPeers(tx, tenant))) {
      peers.set(each.institution, each)
      await couriers.get(each.institution)?.close()
      couriers.set(each.institution, new Courier(route, each))
    }
  }
  await meetPeers()
  const entrance = await transports.incoming.listen(tenant, receiver({ ...office, peer }))
  const wake = () => {
    for (const courier of couriers.values()) courier.wake()
  }
  wake()
  return {
    wake,
    meetPeers: async () => {
      await meetPeers()
      wake()
    },
    ask: async (to, type, question, deadlineMs) => {
      const receiverPeer = peer(to)
      if (receiverPeer === undefined) throw new Undeliverable(to, 'it is not a pinned peer')
      const id = randomId(runtime)
      const query = await signContent(office, { kind: 'query', from: tenant, to, id, type, question })
      const nonce = freshNonce(runtime)
      const bundle = encodeBundle({ contents: [query], log: null })
      const asked = await sealEnvelope(office, receiverPeer, { kind: 'bundle', nonce }, bundle)
      const bytes = await withDeadline(
        runtime,
        `question to ${to}`,
        deadlineMs,
        transports.outgoing.deliver(to, asked, deadlineMs),
      )
      const content = await readAnswer(office, receiverPeer, nonce, bytes)
      const answer = content?.id === id ? queries[type].answer.safeParse(content.answer) : undefined
      if (!answer?.success) throw new Undeliverable(to, 'it did not answer the question')
      return answer.data as Answer<typeof type>
    },
    idle: async () => void (await Promise.all([...couriers.values()].map(courier => courier.idle()))),
    close: async () => {
      await entrance.close()
      await Promise.all([...couriers.values()].map(courier => courier.close()))
    },
  }
}

/** Undefined when the bytes are no answer that can be believed. */
async function readAnswer(
  office: MailOffice,
  from: Peer,
  nonce: Uint8Array,
  bytes: Uint8Array,
): Promise<ContentOf<'answer'> | undefined> {
  try {
    const [answer] = decodeBundle(await openReply(office, from, nonce, bytes)).contents
    const content = answer && readSigned(office.institution, from, answer)?.content
    return content?.kind === 'answer' ? content : undefined
  } catch {
    return undefined
  }
}
