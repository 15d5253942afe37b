/**
 * Carries one stream of letters to a peer out of the outbox until each has its receipt: in order, in bundles, again and again while the
 * peer is away. Woken by each commit that wrote a letter; asleep, and without a timer, while there is none.
 */
import { BackOff, pauseAbout } from '../back-off.ts'
import type { InstitutionId } from '../ids.ts'
import type { KeyStore, PublicKey } from '../keys/keys.ts'
import type { RecordKeys } from '../keys/record-keys.ts'
import type { Runtime } from '../runtime.ts'
import type { Store } from '../store/store.ts'
import {
  bulkBundleBytes,
  bundleBytes,
  bundleSize,
  decodeBundle,
  encodeBundle,
  type ReceivingKey,
  type SignedBytes,
} from './bundle.ts'
import { freshNonce, openReply, sealEnvelope } from './envelope.ts'
import { tellReceipted, tellWriter } from './fates.ts'
import type { HeldHead } from './held-heads.ts'
import { isKeyLetter } from './key-letters.ts'
import type { ContentOf } from './letter.ts'
import type { LogHeadExchange } from './log-heads.ts'
import { carriesSecrets } from './messages.ts'
import type { WaitingLetter } from './outbox.ts'
import {
  answersLetter,
  type LetterReply,
  letterLimit,
  mayCount,
  noteReply,
  voidLetter,
  waitingLetters,
} from './outbox.ts'
import { keysOf, type Peer } from './peers.ts'
import type { LetterHandlers } from './reception.ts'
import { destroyLetterKeys, openWaiting } from './sealed-letters.ts'
import { readSigned, signContent } from './signed.ts'
import type { Stream } from './streams.ts'
import { isSuspended } from './suspension.ts'
import { type Deliveries, TooLarge, Undeliverable } from './transport.ts'

export interface Route {
  readonly institution: InstitutionId
  readonly store: Store
  readonly runtime: Runtime
  readonly keys: KeyStore
  /** The keys of letters that are sealed until they leave. */
  readonly recordKeys: RecordKeys
  readonly transport: Deliveries
  /** The rooms that write letters, to be told what became of them. */
  readonly letters: LetterHandlers
  readonly isHeadSignedBy: (key: PublicKey, head: HeldHead) => boolean
  /** As it is known now. @throws Undeliverable when it is not pinned */
  readonly met: (id: InstitutionId) => Peer
  readonly signing: (to: InstitutionId) => string
  /** Our receiving key, for a peer that knows none of those that are left. */
  readonly receiving: (to: InstitutionId) => ReceivingKey | undefined
  /** The peer has said that it opens with no other key. */
  readonly sealTo: (peer: InstitutionId, key: ReceivingKey) => void
  /** It did not answer, or not so that it could be believed. */
  readonly failed: (to: InstitutionId) => void
  /** After a commit that changed which keys count. */
  readonly keysChanged: () => void
  readonly logHeads: LogHeadExchange
  readonly deliveryDeadlineMs: number
  readonly troubled: (error: unknown) => void
}

const pauses = { firstMs: 200, mostMs: 10_000 }
/** How often a suspended peer is asked whether it has the letters that it must have. */
const probeEveryMs = 60_000
/** So often a letter that travels alone is refused as too large before it is given up. */
const refusalsBeforeVoid = 3

type Outcome = 'delivered' | 'nothing' | 'again'

/** Between two bundles of the bulk stream, however long the first of them took. */
const mostRestMs = 50

export class Courier {
  readonly #route: Route
  readonly #to: InstitutionId
  readonly #stream: Stream
  readonly #closing = new AbortController()
  #woken = false
  #round: Promise<void> | undefined
  #probing: Promise<void> | undefined
  /** The probe waits for its answer. */
  #isProbing = false
  #looking: Promise<void> | undefined
  #suspended: boolean
  /** Less than a receiver may take, once this one has refused as much. */
  #mostBytes: number
  #refusedAlone = 0

  constructor(route: Route, peer: Peer, stream: Stream) {
    this.#route = route
    this.#to = peer.institution
    this.#stream = stream
    this.#mostBytes = stream === 'bulk' ? bulkBundleBytes : bundleBytes
    this.#suspended = peer.suspended
  }

  /** There may be letters. */
  wake(): void {
    this.#woken = true
    if (this.#closing.signal.aborted) return
    if (this.#suspended) {
      this.#looking ??= this.#lookAgain().finally(() => {
        this.#looking = undefined
      })
      this.#probing ??= this.#probe().finally(() => {
        this.#probing = undefined
        if (!this.#suspended) this.wake()
      })
      return
    }
    this.#round ??= this.#carry().finally(() => {
      this.#round = undefined
      if (this.#woken) this.wake()
    })
  }

  /** Resolves when nothing waits that the peer would take. For tests and for an orderly end. */
  async idle(): Promise<void> {
    for (;;) {
      const under = this.#round ?? this.#looking
      if (under === undefined) return
      await under
    }
  }

  /** Ends as soon as a delivery under way has ended. What is left goes with the next start. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('closing'))
    await this.#looking
    await this.#round
    await this.#probing
  }

  /** A new epoch of the peer, or two people, may have resumed it meanwhile: nobody waits for the next probe then. */
  async #lookAgain(): Promise<void> {
    const { institution: tenant, store, troubled } = this.#route
    try {
      if (await store.read(tx => isSuspended(tx, tenant, this.#to))) return
      // A probe on its way says by itself how it came out.
      if (this.#isProbing || this.#closing.signal.aborted) return
      this.#suspended = false
      this.wake()
    } catch (error) {
      if (!this.#closing.signal.aborted) troubled(error)
    }
  }

  async #carry(): Promise<void> {
    const backOff = new BackOff(this.#route.runtime, pauses)
    while (!this.#closing.signal.aborted && !this.#suspended) {
      this.#woken = false
      const startedMs = this.#route.runtime.monotonicMs()
      const outcome = await this.#tryNext(bundleSize)
      if (outcome === 'nothing' && !this.#woken) return
      if (outcome === 'again') {
        if (!(await backOff.pause(this.#closing.signal))) return
      } else backOff.forget()
      if (outcome === 'delivered' && this.#stream === 'bulk') await this.#rest(startedMs)
    }
    // Suspended: what waits is for the probe, which a next waking begins.
    this.#woken ||= this.#suspended
  }

  /** A file takes no more than half of the receiver's time: whoever is on the phone there wants some of it, too. */
  async #rest(sinceMs: number): Promise<void> {
    const { runtime } = this.#route
    const tookMs = Math.min(mostRestMs, runtime.monotonicMs() - sinceMs)
    if (tookMs > 0) await runtime.sleep(tookMs, this.#closing.signal).catch(() => {})
  }

  /** Sends the one letter that should be due, now and then, until the answer proves that the peer has all before it. */
  async #probe(): Promise<void> {
    while (this.#suspended && (await pauseAbout(this.#route.runtime, probeEveryMs, this.#closing.signal))) {
      if (!this.#suspended) return
      this.#isProbing = true
      const outcome = await this.#tryNext(1).finally(() => {
        this.#isProbing = false
      })
      if (outcome === 'nothing') return
    }
  }

  async #tryNext(most: number): Promise<Outcome> {
    try {
      return await this.#deliverNext(most)
    } catch (error) {
      this.#route.troubled(error)
      return 'again'
    }
  }

  /** Delivers the next bundle and notes the replies. */
  async #deliverNext(most: number): Promise<Outcome> {
    const { institution: tenant, store, runtime } = this.#route
    const next = await store.read(tx =>
      waitingLetters(tx, tenant, this.#to, { letters: most, bytes: this.#mostBytes }, this.#stream),
    )
    const { letters: waiting, lost } = await openWaiting(this.#route, this.#to, next)
    const [first] = waiting
    if (first === undefined) return lost === undefined ? 'nothing' : this.#giveUp(lost, 'its key is lost')
    // Written by an earlier version, which knew no limit.
    if (waiting.length === 1 && first.content.length > letterLimit) return this.#giveUp(first, 'it is too large')
    for (const { type } of waiting) runtime.reached(`${type}.sending`)
    let answers: readonly (SignedBytes | null)[]
    try {
      answers = await this.#deliver(waiting)
    } catch (error) {
      if (error instanceof TooLarge) return this.#makeSmaller(waiting, error)
      this.#route.failed(this.#to)
      throw error
    }
    this.#refusedAlone = 0
    for (const { type } of waiting) runtime.reached(`${type}.sent`)
    const replies = this.#readReplies(waiting, answers)
    return (await this.#note(replies)) ? 'delivered' : 'again'
  }

  async #deliver(waiting: readonly WaitingLetter[]): Promise<readonly (SignedBytes | null)[]> {
    const { runtime, transport, deliveryDeadlineMs } = this.#route
    const contents = await Promise.all(waiting.map(({ content }) => signContent(this.#route, content, this.#to)))
    const nonce = freshNonce(runtime)
    const log = await this.#route.logHeads.own(this.#to)
    const bundle = encodeBundle({ contents, log, receiving: this.#route.receiving(this.#to) })
    const envelope = await sealEnvelope(this.#route, this.#route.met(this.#to), { kind: 'bundle', nonce }, bundle)
    const answer = await transport.deliver(this.#to, envelope, deliveryDeadlineMs)
    const peer = this.#route.met(this.#to)
    const reply = decodeBundle(await openReply(this.#route, peer, nonce, answer))
    this.#route.logHeads.note(peer, reply.log)
    if (reply.refused !== undefined && reply.receiving) this.#route.sealTo(this.#to, reply.receiving)
    if (reply.refused !== undefined) throw new Undeliverable(this.#to, reply.refused)
    return reply.contents
  }

  async #makeSmaller(waiting: readonly WaitingLetter[], refusal: TooLarge): Promise<Outcome> {
    const [first] = waiting
    if (waiting.length > 1) {
      const size = waiting.reduce((sum, { content }) => sum + content.length, 0)
      this.#mostBytes = Math.floor(size / 2)
      return 'delivered'
    }
    this.#refusedAlone++
    if (first === undefined || this.#refusedAlone < refusalsBeforeVoid) throw refusal
    return this.#giveUp(first, 'the peer refuses it as too large')
  }

  async #giveUp(letter: WaitingLetter, reason: string): Promise<Outcome> {
    const { institution: tenant, store, runtime } = this.#route
    const at = runtime.wallNow()
    this.#refusedAlone = 0
    await store.execute(tx => voidLetter(tx, tenant, this.#to, letter, reason, at))
    return 'delivered'
  }

  #readReplies(waiting: readonly WaitingLetter[], answers: readonly (SignedBytes | null)[]) {
    const replies: { letter: WaitingLetter; reply: LetterReply }[] = []
    for (const [i, letter] of waiting.entries()) {
      const answer = answers[i]
      const signed = answer && readSigned(this.#route.institution, this.#route.met(this.#to), answer)
      if (!signed) continue
      const { content } = signed
      if (content.kind !== 'receipt' && content.kind !== 'not-due' && content.kind !== 'conflict') continue
      const headsAreGenuine = content.kind === 'receipt' && this.#hasGenuineHeads(content)
      const reply = { ...signed, content, headsAreGenuine }
      if (answersLetter(reply, letter)) replies.push({ letter, reply })
    }
    return replies
  }

  /** Looked at before the command that keeps them, as a bundle's 64 signatures take 10 ms. */
  #hasGenuineHeads({ from, at, heads }: ContentOf<'receipt'>): boolean {
    const keys = keysOf(this.#route.met(this.#to), 'ledger')
    const isGenuine = ({ signature, ...head }: (typeof heads)[number]) =>
      signature !== undefined &&
      keys.some(key => this.#route.isHeadSignedBy(key, { ...head, signer: from, at: Number(at), signature }))
    return heads.length > 0 && heads.every(isGenuine)
  }

  /** Whether a letter has its receipt now. */
  async #note(replies: readonly { letter: WaitingLetter; reply: LetterReply }[]): Promise<boolean> {
    const { institution: tenant, store, runtime } = this.#route
    const at = runtime.wallNow()
    const noted = await store.execute(
      async tx => {
        let receipts = 0
        for (const { letter, reply } of replies) {
          if (!(await mayCount(tx, tenant, this.#to, reply, at))) continue
          await tellWriter(tx, this.#route, this.#to, letter, reply.content)
          await noteReply(tx, tenant, this.#to, letter, reply, at)
          if (reply.content.kind === 'receipt') receipts++
        }
        return { receipts, suspended: await isSuspended(tx, tenant, this.#to) }
      },
      this.#stream === 'bulk' ? 'unhurried' : 'awaited',
    )
    this.#suspended = noted.suspended
    for (const { letter, reply } of replies)
      if (reply.content.kind === 'receipt') tellReceipted(this.#route.letters, letter)
    for (const { letter } of replies) runtime.reached(`${letter.type}.receipted`)
    if (replies.some(({ letter }) => isKeyLetter(letter.type))) this.#route.keysChanged()
    if (replies.some(({ letter }) => carriesSecrets(letter.type))) await destroyLetterKeys(this.#route, 'receipt')
    return noted.receipts > 0
  }
}
