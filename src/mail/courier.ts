/**
 * Carries one peer's letters out of the outbox until each has its receipt: in order, in bundles, again and again while the
 * peer is away. Woken by each commit that wrote a letter; asleep, and without a timer, while there is none.
 */

import type { KeyStore, PublicKey } from '../keys/keys.ts'
import type { Runtime } from '../runtime.ts'
import { randomBelow } from '../runtime.ts'
import type { Store } from '../store/store.ts'
import { bundleSize, decodeBundle, encodeBundle } from './bundle.ts'
import { openEnvelope, sealEnvelope } from './envelope.ts'
import { tellWriter } from './fates.ts'
import type { HeldHead } from './heads.ts'
import type { ContentOf } from './letter.ts'
import { answersLetter, noteReply, type Reply, type WaitingLetter, waitingLetters } from './outbox.ts'
import type { Peer } from './peers.ts'
import type { LetterHandlers } from './reception.ts'
import type { Transport } from './transport.ts'

export interface Route {
  readonly institution: string
  readonly store: Store
  readonly runtime: Runtime
  readonly keys: KeyStore
  readonly transport: Transport
  /** The rooms that write letters, to be told what became of them. */
  readonly letters: LetterHandlers
  readonly isHeadSignedBy: (key: PublicKey, head: HeldHead) => boolean
  readonly deliveryDeadlineMs: number
  readonly troubled: (error: unknown) => void
}

const firstPauseMs = 200
const longestPauseMs = 10_000

export class Courier {
  readonly #route: Route
  readonly #peer: Peer
  readonly #closing = new AbortController()
  #woken = false
  #round: Promise<void> | undefined
  #suspended: boolean

  constructor(route: Route, peer: Peer) {
    this.#route = route
    this.#peer = peer
    this.#suspended = peer.suspended
  }

  /** There may be letters. */
  wake(): void {
    this.#woken = true
    if (this.#closing.signal.aborted || this.#suspended) return
    this.#round ??= this.#carry().finally(() => {
      this.#round = undefined
      if (this.#woken) this.wake()
    })
  }

  /** Resolves when nothing waits that the peer would take. For tests and for an orderly end. */
  async idle(): Promise<void> {
    while (this.#round !== undefined) await this.#round
  }

  /** Ends as soon as a delivery under way has ended. What is left goes with the next start. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('closing'))
    await this.#round
  }

  async #carry(): Promise<void> {
    let pauseMs = firstPauseMs
    while (!this.#closing.signal.aborted && !this.#suspended) {
      this.#woken = false
      let outcome: 'delivered' | 'nothing' | 'again'
      try {
        outcome = await this.#deliverNext()
      } catch (error) {
        this.#route.troubled(error)
        outcome = 'again'
      }
      if (outcome === 'nothing' && !this.#woken) return
      if (outcome === 'again') {
        if (!(await this.#pause(pauseMs))) return
        pauseMs = Math.min(pauseMs * 2, longestPauseMs)
      } else pauseMs = firstPauseMs
    }
  }

  /** Delivers the next bundle and notes the replies. */
  async #deliverNext(): Promise<'delivered' | 'nothing' | 'again'> {
    const { institution: tenant, store, runtime, transport, deliveryDeadlineMs } = this.#route
    const waiting = await store.read(tx => waitingLetters(tx, tenant, this.#peer.institution, bundleSize))
    if (waiting.length === 0) return 'nothing'
    const sealed = await Promise.all(waiting.map(letter => sealEnvelope(this.#route, this.#peer, letter.content)))
    for (const { type } of waiting) runtime.reached(`${type}.sending`)
    const answer = await transport.deliver(this.#peer.institution, encodeBundle(sealed), deliveryDeadlineMs)
    for (const { type } of waiting) runtime.reached(`${type}.sent`)
    const replies = await this.#openReplies(waiting, decodeBundle(answer))
    await this.#note(replies)
    return replies.some(({ reply }) => reply.content.kind === 'receipt') ? 'delivered' : 'again'
  }

  async #openReplies(waiting: readonly WaitingLetter[], answers: readonly Uint8Array[]) {
    const replies: { letter: WaitingLetter; reply: Reply }[] = []
    for (const [i, letter] of waiting.entries()) {
      const bytes = answers[i]
      if (bytes === undefined || bytes.length === 0) continue
      const reply = await openEnvelope(
        this.#route,
        id => (id === this.#peer.institution ? this.#peer : undefined),
        bytes,
      )
      const { content } = reply
      if (content.kind !== 'receipt' && content.kind !== 'not-due' && content.kind !== 'conflict') continue
      const headsAreGenuine = content.kind === 'receipt' && this.#hasGenuineHeads(content)
      const read = { ...reply, content, headsAreGenuine }
      if (answersLetter(read, letter)) replies.push({ letter, reply: read })
    }
    return replies
  }

  /** Looked at before the command that keeps them, as a bundle's 64 signatures take 10 ms. */
  #hasGenuineHeads({ from, at, heads }: ContentOf<'receipt'>): boolean {
    const isGenuine = ({ signature, ...head }: (typeof heads)[number]) =>
      signature !== undefined &&
      this.#route.isHeadSignedBy(this.#peer.ledger, { ...head, signer: from, at: Number(at), signature })
    return heads.length > 0 && heads.every(isGenuine)
  }

  async #note(replies: readonly { letter: WaitingLetter; reply: Reply }[]): Promise<void> {
    const { institution: tenant, store, runtime } = this.#route
    const at = runtime.wallNow()
    const suspended = await store.execute(async tx => {
      for (const { letter, reply } of replies) {
        await tellWriter(tx, this.#route, this.#peer.institution, letter, reply.content)
        await noteReply(tx, tenant, this.#peer.institution, letter, reply, at)
      }
      const row = await tx.one<{ suspended: bigint }>(
        'SELECT suspended FROM clearing_peer WHERE tenant = ? AND peer = ?',
        tenant,
        this.#peer.institution,
      )
      return row?.suspended === 1n
    })
    this.#suspended = suspended
    for (const { letter } of replies) runtime.reached(`${letter.type}.receipted`)
  }

  /** False when closed meanwhile. A third more or less, so that two institutions do not keep meeting. */
  async #pause(ms: number): Promise<boolean> {
    const { runtime } = this.#route
    const spreadMs = randomBelow(runtime, Math.ceil((ms * 2) / 3))
    try {
      await runtime.sleep((ms * 2) / 3 + spreadMs, this.#closing.signal)
      return true
    } catch {
      return false
    }
  }
}
