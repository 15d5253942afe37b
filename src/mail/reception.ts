/**
 * What happens when bytes arrive: an envelope is believed or not, letters are taken in their order and answered with
 * receipts, queries are answered at once.
 */

import type { InstitutionId } from '../ids.ts'
import type { KeyStore, Signature } from '../keys/keys.ts'
import { RateLimit } from '../keys/rate-limit.ts'
import { MirrorAway } from '../keys/record-keys.ts'
import { nextTurn, type Runtime } from '../runtime.ts'
import type { ReadTx, Store, Tx } from '../store/store.ts'
import { type Trace, type Tracing, traceIdIn } from '../trace.ts'
import { type Bundle, decodeBundle, encodeBundle, type ReceivingKey } from './bundle.ts'
import { believeEnvelope, openEnvelope, sealEnvelope } from './envelope.ts'
import type { Gate } from './gate.ts'
import { type ArrivedLetter, earlierReceipt, refused, takeLetter, type Verdict } from './inbox.ts'
import type { Content, ContentOf, ToldHead } from './letter.ts'
import type { LogHeadExchange, SignedLogHead } from './log-heads.ts'
import {
  type Letter,
  type LetterType,
  letters,
  type Query,
  type QueryAnswer,
  type QueryType,
  queries,
} from './messages.ts'
import { type ForgottenLetter, takeAnnouncement } from './new-epoch.ts'
import { epochType, voidBodyOf, voidType } from './own-letters.ts'
import type { Peer } from './peers.ts'
import { GivenAnswers } from './seen.ts'
import { readSigned, type SignedContent, signContent } from './signed.ts'
import { firstOf, type Place, placeDue, streamOf } from './streams.ts'
import { type BundleReceiver, TooBusy } from './transport.ts'

/** What a room does with one type of letter: those that come, and those that it wrote itself. */
export interface LetterHandler<T extends LetterType, P = unknown> {
  /** Slow work before the command, such as decrypting. It may run more than once for one letter. */
  prepare?(from: InstitutionId, body: Letter<T>): Promise<P>
  /** Decides, and carries out what it accepts, in the command that also writes the receipt. */
  judge?(tx: Tx, from: InstitutionId, body: Letter<T>, prepared: P, place: Place): Promise<Verdict>
  /** After the commit of an accepted letter. */
  afterwards?(): void
  /** A letter of this type is lost for good: a void one came in its place. */
  voided?(tx: Tx, from: InstitutionId): Promise<void>
  /** Its sender's books went back in time, and know nothing of a letter of this type that was taken here. It may be called again. */
  forgotten?(tx: Tx, from: InstitutionId, place: Place): Promise<void>
  /**
   * What became of a letter that was written here, once, in the command that notes its receipt. `body`: undefined of one that
   * carries secrets, or that a void one stands for.
   */
  answered?(tx: Tx, to: InstitutionId, place: Place, verdict: Verdict, body: Letter<T> | undefined): Promise<void>
  /** After the commit that noted a receipt of a letter that was written here. */
  receipted?(): void
}

/** A handler whose `judge` takes what its own `prepare` makes. */
export function preparing<T extends LetterType, P>(handler: LetterHandler<T, P>): LetterHandler<T> {
  return handler
}

export type LetterHandlers = { readonly [T in LetterType]?: LetterHandler<T> }
export type QueryHandlers = {
  readonly [T in QueryType]?: (from: InstitutionId, question: Query<T>) => Promise<QueryAnswer<T>>
}

export interface Reception {
  readonly institution: InstitutionId
  readonly store: Store
  readonly runtime: Runtime
  readonly keys: KeyStore
  readonly peer: (id: InstitutionId) => Peer | undefined
  readonly letters: LetterHandlers
  readonly queries: QueryHandlers
  /** Where the own ledger stands, for receipts. */
  readonly heads: (tx: ReadTx) => Promise<readonly ToldHead[]>
  readonly logHeads: LogHeadExchange
  readonly gate: Gate
  /** There may be letters to send. */
  readonly wake: () => void
  /** Signs a head. The same head and time always have the same signature. */
  readonly signHead: (head: ToldHead, at: number, keyId?: string) => Promise<Signature>
  /** The keys to sign with for a peer that does not know the newest yet; without them those in use. */
  readonly signing?: (to: InstitutionId) => string
  readonly headKey?: (to: InstitutionId) => string
  /** Our receiving key, for a peer that knows none of those that are left. */
  readonly receiving?: (to: InstitutionId) => ReceivingKey | undefined
  /** A letter that is due begins a trace. */
  readonly tracing?: Tracing | undefined
}

/**
 * The receiver of an institution. An envelope that cannot be believed is answered with no bytes, so that a stranger learns
 * nothing. Rejects when the store cannot tell what became of a letter: then no answer is right.
 */
export function receiver(reception: Reception): BundleReceiver {
  const { runtime } = reception
  const given = new GivenAnswers()
  const all = new RateLimit(runtime, envelopesOfPeer)
  const unbelievable = new RateLimit(runtime, forgeriesOfPeer)
  return async (bytes, from) => {
    if (from !== undefined && !all.take(from)) throw new TooBusy(from)
    return given.answerTo(bytes, async () => {
      if (from !== undefined && !unbelievable.has(from)) throw new TooBusy(from)
      const answer = await answerBundle(reception, bytes)
      if (answer.length === 0 && from !== undefined) unbelievable.take(from)
      return answer
    })
  }
}

/** A busy hour of one peer is a fifth of it. */
const envelopesOfPeer = { burst: 400, perMinute: 12_000 }
/** Each costs a hash and a verification. A peer that has not gone wrong sends none. */
const forgeriesOfPeer = { burst: 50, perMinute: 600 }

async function answerBundle(reception: Reception, bytes: Uint8Array): Promise<Uint8Array> {
  const opened = await openOrNothing(reception, bytes)
  if (opened === undefined) return new Uint8Array()
  const { peer, nonce } = opened
  const to = peer.institution
  if ('refused' in opened) {
    const log = await reception.logHeads.own(to)
    const reply = encodeBundle({ contents: [], log, refused: opened.refused, receiving: reception.receiving?.(to) })
    return sealEnvelope(reception, peer, { kind: 'reply', nonce }, reply)
  }
  const contents = await readContents(reception, peer, opened.bundle)
  const answers = await answerAll(reception, peer, contents, opened.bundle.log)
  const signed = await Promise.all(answers.map(async answer => answer && signContent(reception, answer, to)))
  const log = await reception.logHeads.own(to)
  const reply = encodeBundle({ contents: signed.map(each => each ?? null), log })
  // As it is known now: one of the letters may have told a new key.
  const known = reception.peer(to) ?? peer
  const { receiving } = opened.bundle
  const reader: Peer = receiving ? { ...known, receiving: { ...receiving, purpose: 'receive' } } : known
  return sealEnvelope(reception, reader, { kind: 'reply', nonce }, reply)
}

type OpenedBundle = { readonly peer: Peer; readonly nonce: Uint8Array } & (
  | { readonly bundle: Bundle }
  /** It is genuine and was sealed to a key that is gone. Its sender may know: it holds the key that signed it. */
  | { readonly refused: string }
)

async function openOrNothing(reception: Reception, bytes: Uint8Array): Promise<OpenedBundle | undefined> {
  try {
    const genuine = believeEnvelope(reception, reception.peer, bytes)
    if (genuine.kind !== 'bundle') return undefined
    const { sealedTo } = genuine
    if (!reception.keys.publicKeys().some(({ keyId, purpose }) => purpose === 'receive' && keyId === sealedTo))
      return { ...genuine, refused: `it was sealed to ${sealedTo}, which is no key of ours any more` }
    return { ...genuine, bundle: decodeBundle(await openEnvelope(reception, genuine)) }
  } catch {
    return undefined
  }
}

/** Signatures verified at a stretch, before everybody else has a turn: 2 ms of a core. */
const sliceLength = 8

async function readContents({ institution, runtime }: Reception, peer: Peer, { contents }: Bundle) {
  const read: (SignedContent | undefined)[] = []
  for (const [i, signed] of contents.entries()) {
    if (i > 0 && i % sliceLength === 0) await nextTurn(runtime)
    read.push(signed === null ? undefined : readSigned(institution, peer, signed))
  }
  return read
}

/** In the order of the bundle. */
async function answerAll(
  reception: Reception,
  peer: Peer,
  contents: readonly (SignedContent | undefined)[],
  log: SignedLogHead | null,
): Promise<readonly (Content | undefined)[]> {
  const isDue = await dueIn(reception, peer)
  const ready = await Promise.all(prepareAll(reception, contents, isDue))
  // Commands are queued in the order of the bundle and share a commit.
  const answers = ready.map(answer => answer?.())
  // After the letters, of which one may announce the epoch that it is of.
  reception.logHeads.note(peer, log)
  return Promise.all(answers)
}

/** Letters of the bulk stream one after another: what each puts off to the next turn would otherwise be done in one. */
function prepareAll(
  reception: Reception,
  contents: readonly (SignedContent | undefined)[],
  isDue: (letter: Place) => boolean,
): (Promise<Answering> | undefined)[] {
  let before: Promise<unknown> = Promise.resolve()
  return contents.map(content => {
    if (content === undefined) return undefined
    const isBulk = content.content.kind === 'letter' && streamOf(content.content) === 'bulk'
    if (!isBulk) return prepare(reception, content, isDue)
    const prepared = before.then(() => prepare(reception, content, isDue))
    before = prepared
    return prepared
  })
}

/**
 * Tells, asked in the order of a bundle, whether a letter will be due once those before it were taken. One that will not is
 * neither decoded further nor unpacked: a batch of vouchers costs hundreds of decryptions.
 */
async function dueIn({ store, institution }: Reception, peer: Peer): Promise<(letter: Place) => boolean> {
  const due = await store.read(async tx => ({
    first: await placeDue(tx, institution, peer.institution),
    bulk: await placeDue(tx, institution, peer.institution, 'bulk'),
  }))
  return ({ epoch, sequence }) => {
    const stream = streamOf({ sequence })
    const isNext = sequence === due[stream].sequence && epoch === due[stream].epoch
    const isFirst = sequence === firstOf(stream) && epoch > due[stream].epoch
    if (isNext || isFirst) due[stream] = { epoch, sequence: sequence + 1n }
    return isNext || isFirst
  }
}

/** Answers once those before it in the bundle have queued their commands. */
type Answering = () => Promise<Content | undefined>

async function prepare(
  reception: Reception,
  { content, encoded, signature, signer }: SignedContent,
  isDue: (letter: Place) => boolean,
): Promise<Answering> {
  // Of somebody to whom we are not open yet we only take the question that opens us to each other.
  if (!reception.gate.isOpenTo(content.from) && !asksForHead(content)) return async () => undefined
  if (content.kind === 'query') {
    const answer = await answerQuery(reception, content.from, content.type, content.question)
    if (answer === undefined) return async () => undefined
    return async () => ({ kind: 'answer', from: reception.institution, to: content.from, id: content.id, answer })
  }
  if (content.kind !== 'letter') return async () => undefined
  const letter: ArrivedLetter = { content, encoded, signature, signer }
  const willBeDue = isDue(content)
  const earlier = await reception.store.read(tx => earlierReceipt(tx, letter))
  if (earlier?.kind === 'receipt') return async () => withSignedHeads(reception, earlier)
  const trace = willBeDue ? traceOf(reception, content) : undefined
  let judgement: Judgement | undefined
  try {
    judgement = willBeDue ? await judgeOf(reception, letter) : undefined
  } catch (error) {
    if (!(error instanceof MirrorAway)) return failing(trace)(error)
    // It waits, without a receipt, and all behind it; what was before it is taken.
    trace?.end('waits')
    return async () => undefined
  }
  return async () => {
    const at = reception.runtime.wallNow()
    const take = async (tx: Tx) => {
      tx.trace = trace?.id
      return takeLetter(tx, letter, at, reception.heads, judgement?.judge)
    }
    const urgency = streamOf(content) === 'bulk' ? 'unhurried' : 'awaited'
    const reply = await reception.store.execute(take, urgency).catch(failing(trace))
    trace?.end(reply.kind === 'receipt' ? reply.outcome : reply.kind)
    if (reply.kind !== 'receipt') return reply
    reception.runtime.reached(`${content.type}.received`)
    if (reply.outcome === 'accepted') judgement?.afterwards?.()
    // What the peer has lost is to be sent to it again.
    if (content.type === epochType) reception.wake()
    return withSignedHeads(reception, reply)
  }
}

function traceOf({ tracing }: Reception, { type, from, trace }: ContentOf<'letter'>): Trace | undefined {
  // A type that is none of ours is a text of its sender's.
  const letter = isLetterType(type) || type === voidType || type === epochType ? type : 'unknown'
  return tracing?.begin('letter', { letter, from }, { causedBy: traceIdIn(trace) })
}

/** For a promise that rejects: the trace says so and ends, and whoever waits hears of it. */
function failing(trace: Trace | undefined) {
  return (error: unknown): never => {
    trace?.failed(error)
    trace?.end('fault')
    throw error
  }
}

function asksForHead(content: Content): boolean {
  return content.kind === 'query' && content.type === ('highest-head' satisfies QueryType)
}

/** Signing is too slow for the command that wrote the receipt, and gives the same bytes whenever it is done. */
async function withSignedHeads(reception: Reception, receipt: ContentOf<'receipt'>): Promise<ContentOf<'receipt'>> {
  const signed = receipt.heads.map(async head => ({
    ...head,
    signature: await reception.signHead(head, Number(receipt.at), reception.headKey?.(receipt.to)),
  }))
  return { ...receipt, heads: await Promise.all(signed) }
}

interface Judgement {
  readonly judge: (tx: Tx, at: number) => Promise<Verdict>
  readonly afterwards?: (() => void) | undefined
}

async function judgeOf(reception: Reception, { content }: ArrivedLetter): Promise<Judgement> {
  const { type, from, body, epoch, sequence } = content
  if (type === epochType)
    return { judge: (tx, at) => takeAnnouncement(tx, content, at, lost => tellForgotten(tx, reception, from, lost)) }
  if (type === voidType) return judgeVoid(reception, from, voidBodyOf({ type, body })?.type)
  if (!isLetterType(type)) return { judge: async () => refused('unknown type') }
  return judgeTyped(reception, type, from, body, { epoch, sequence })
}

function judgeVoid({ letters: handlers }: Reception, from: InstitutionId, replaced: string | undefined): Judgement {
  const handler = replaced !== undefined && isLetterType(replaced) ? handlers[replaced] : undefined
  return {
    judge: async tx => {
      await handler?.voided?.(tx, from)
      return refused('void')
    },
  }
}

async function tellForgotten(
  tx: Tx,
  { letters: handlers }: Reception,
  from: InstitutionId,
  letters: readonly ForgottenLetter[],
): Promise<void> {
  for (const { type, ...place } of letters) if (isLetterType(type)) await handlers[type]?.forgotten?.(tx, from, place)
}

async function judgeTyped<T extends LetterType>(
  reception: Reception,
  type: T,
  from: InstitutionId,
  body: unknown,
  place: Place,
): Promise<Judgement> {
  const handler = reception.letters[type] as LetterHandler<T> | undefined
  if (handler?.judge === undefined) return { judge: async () => refused('not for this kind of institution') }
  const { judge } = handler
  const parsed = letters[type].safeParse(body)
  if (!parsed.success) return { judge: async () => refused('malformed') }
  const letter = parsed.data as Letter<T>
  const prepared = await handler.prepare?.(from, letter)
  return { judge: tx => judge(tx, from, letter, prepared, place), afterwards: () => handler.afterwards?.() }
}

function isLetterType(type: string): type is LetterType {
  return Object.hasOwn(letters, type)
}

async function answerQuery(
  reception: Reception,
  from: InstitutionId,
  type: string,
  question: unknown,
): Promise<unknown> {
  if (!Object.hasOwn(queries, type)) return undefined
  return answerTyped(reception, type as QueryType, from, question)
}

async function answerTyped<T extends QueryType>(reception: Reception, type: T, from: InstitutionId, question: unknown) {
  const parsed = queries[type].question.safeParse(question)
  return parsed.success ? reception.queries[type]?.(from, parsed.data as Query<T>) : undefined
}
