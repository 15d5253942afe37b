/** What the machine that serves asks of its mirror, and the answers: CBOR, one answer to each request. */
import { z } from 'zod'
import { bytes } from '../../bytes.ts'
import { decodeCanonical, encodeCanonical } from '../../canonical.ts'

/** Names, or keys, in one request. */
export const mostAtOnce = 256
/** Names whose digest is compared at once. */
export const pageSize = 1_024

/** Of a request and of an answer, with names as long as they may be. */
export const frameLimit = 1 << 20

const name = z.string().min(1).max(512)
const names = z.array(name).max(mostAtOnce).readonly()
const keyOfRecord = z.strictObject({ record: name, key: bytes.refine(key => key.length === 32) })
const keys = z.array(keyOfRecord).max(mostAtOnce).readonly()
const range = { after: z.string().max(512), upto: z.union([name, z.null()]) }

const request = z.discriminatedUnion('ask', [
  /** Asked first: whether the other end takes requests. */
  z.strictObject({ ask: z.literal('hello'), version: z.literal(1), institution: z.string() }),
  /** Answered once they are on its disk. */
  z.strictObject({ ask: z.literal('put'), keys }),
  /** Answered once nothing of them is left in its files. */
  z.strictObject({ ask: z.literal('destroy'), names }),
  /** What it destroyed itself while it served, and nobody has confirmed. */
  z.strictObject({ ask: z.literal('destructions') }),
  z.strictObject({ ask: z.literal('confirmed'), names }),
  /** Of the names of a range, `pageSize` and one more at most. */
  z.strictObject({ ask: z.literal('digest'), ...range }),
  /** `mostAtOnce` at most. */
  z.strictObject({ ask: z.literal('names'), ...range }),
  z.strictObject({ ask: z.literal('keys'), names }),
])

const done = z.literal('done')
const answers = {
  hello: z.enum(['done', 'serves itself', 'another institution']),
  put: done,
  destroy: done,
  destructions: names,
  confirmed: done,
  digest: bytes,
  names,
  keys,
} as const

export type MirrorRequest = z.output<typeof request>
type Asked = MirrorRequest['ask']
export type RequestOf<A extends Asked> = Extract<MirrorRequest, { ask: A }>
export type AnswerTo<A extends Asked> = z.output<(typeof answers)[A]>

/** Asks the mirror. Rejects when it did not answer in time, or with what is no answer: it is not asked again on this way. */
export type AskMirror = <A extends Asked>(request: RequestOf<A> & { readonly ask: A }) => Promise<AnswerTo<A>>

export const encodeRequest = (asked: MirrorRequest): Uint8Array => encodeCanonical(asked)

export const encodeAnswer = <A extends Asked>(answer: AnswerTo<A>): Uint8Array => encodeCanonical(answer)

/** @throws when it is none */
export function decodeRequest(frame: Uint8Array): MirrorRequest {
  return request.parse(decodeCanonical(frame))
}

/** @throws when it is no answer to that */
export function decodeAnswer<A extends Asked>(ask: A, frame: Uint8Array): AnswerTo<A> {
  return answers[ask].parse(decodeCanonical(frame)) as AnswerTo<A>
}
