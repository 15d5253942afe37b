/**
 * An institution's post: letters out of its outbox to every pinned peer, letters and queries in, questions to peers. What
 * is written with `writeLetter` in a command is delivered exactly once, however unreliable the transport.
 */
import { type Runtime, randomId, withDeadline } from '../runtime.ts'
import type { ReadTx, Store } from '../store/store.ts'
import { decodeBundle, encodeBundle } from './bundle.ts'
import { Courier } from './courier.ts'
import { type EnvelopeKeys, openEnvelope, sealEnvelope } from './envelope.ts'
import type { Head } from './letter.ts'
import { type Answer, type QueryType, type Question, queries } from './messages.ts'
import { pinnedPeers } from './peers.ts'
import { type LetterHandlers, type QueryHandlers, receiver } from './reception.ts'
import { type Transports, Undeliverable } from './transport.ts'

export interface Post {
  /** After a commit that may have written letters. */
  wake(): void
  /** Asks a peer something that changes nothing there. Rejects with `DeadlineExceeded` or `Undeliverable`. */
  ask<T extends QueryType>(to: string, type: T, question: Question<T>, deadlineMs: number): Promise<Answer<T>>
  /** Resolves when no letter waits that a peer would take. */
  idle(): Promise<void>
  close(): Promise<void>
}

export interface PostOffice {
  readonly tenant: string
  readonly store: Store
  readonly runtime: Runtime
  readonly keys: EnvelopeKeys
  readonly transports: Transports
  readonly letters: LetterHandlers
  readonly queries: QueryHandlers
  /** The heads of the own ledger, for receipts. */
  readonly heads: (tx: ReadTx) => Promise<readonly Head[]>
  readonly deliveryDeadlineMs: number
  readonly failed: (error: unknown) => void
}

/** Starts listening and carrying. The peers are those that are pinned now. */
export async function openPost(office: PostOffice): Promise<Post> {
  const { tenant, store, runtime, keys, transports } = office
  const peers = new Map((await store.read(tx => pinnedPeers(tx, tenant))).map(peer => [peer.institution, peer]))
  const peer = (id: string) => peers.get(id)
  const route = { ...office, transport: transports.outgoing }
  const couriers = [...peers.values()].map(each => new Courier(route, each))
  const entrance = await transports.incoming.listen(tenant, receiver({ ...office, peer }))
  const wake = () => {
    for (const courier of couriers) courier.wake()
  }
  wake()
  return {
    wake,
    ask: async (to, type, question, deadlineMs) => {
      const receiverPeer = peer(to)
      if (receiverPeer === undefined) throw new Undeliverable(to, 'it is not a pinned peer')
      const id = randomId(runtime)
      const asked = await sealEnvelope(keys, receiverPeer, { kind: 'query', from: tenant, to, id, type, question })
      const bytes = await withDeadline(
        runtime,
        `question to ${to}`,
        deadlineMs,
        transports.outgoing.deliver(to, encodeBundle([asked.bytes]), deadlineMs),
      )
      const [answer] = decodeBundle(bytes)
      if (answer === undefined || answer.length === 0) throw new Undeliverable(to, 'it gave no answer')
      const { content } = await openEnvelope(keys, peer, answer)
      // The id is fresh and random: an old answer, kept and played back, is refused here.
      if (content.kind !== 'answer' || content.from !== to || content.id !== id) {
        throw new Undeliverable(to, 'it answered something else')
      }
      return queries[type].answer.parse(content.answer) as Answer<typeof type>
    },
    idle: async () => void (await Promise.all(couriers.map(courier => courier.idle()))),
    close: async () => {
      await entrance.close()
      await Promise.all(couriers.map(courier => courier.close()))
    },
  }
}
