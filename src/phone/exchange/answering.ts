/**
 * The end that answers: a payment terminal. It acknowledges each request, hands it on once, and sends what its holder and card
 * made of it until that is acknowledged. From then on it waits for the result. What was signed is never signed again: where no result
 * comes it is unknown, and asked for by card, counter and nonce in the next exchange.
 */
import { frameTypes } from '../../card/messages/frame-types.ts'
import type { Frame } from '../../modem/coded/frame.ts'
import { type Ladder, replyWithinMs } from './ladder.ts'
import { delivered, isForGood, refused, replyIn } from './replies.ts'
import { type Came, type Exchange, listen, type Message } from './step.ts'

/** For the result, once the answer was acknowledged; for either, once every try was in vain. */
const resultWithinMs = 60_000
/** In which a result is still acknowledged that comes once more. */
const afterwardsMs = 8_000

const requests: readonly number[] = [frameTypes.request, frameTypes.challenge]

export type Answered =
  /** No request came, or the other end said goodbye before there was an answer. Nothing was sent. */
  | { readonly outcome: 'not-asked' }
  | { readonly outcome: 'not-answered' }
  /** The other end has it, and wants nothing more. */
  | { readonly outcome: 'declined' }
  | { readonly outcome: 'result'; readonly result: Frame }
  /** It was sent and may have arrived, or not. */
  | { readonly outcome: 'unknown' }

/** What one terminal remembers of its call. */
export interface Memory {
  readonly ladder: Ladder
  /** The sequence of the last result, which is acknowledged whenever it comes. */
  lastResult: number | undefined
}

/**
 * One request. @param requestMs how long to wait for it @param holderMs how long the holder may take: no `message` came by then
 * @param memory of this call, the same for each of its requests
 */
export function* answer(
  memory: Memory,
  { requestMs, holderMs }: { requestMs: number; holderMs: number },
): Exchange<Answered> {
  const asked = yield* untilAsked(memory, requestMs)
  if (asked === undefined) return { outcome: 'not-asked' }
  const { frame, mode } = asked
  memory.ladder.heard(mode)
  yield delivered(memory.ladder.mode, frame.sequence)
  yield { do: 'deliver', frame, mode }
  const message = yield* untilReady(memory, frame.sequence, holderMs)
  if (message === undefined) return { outcome: 'not-answered' }
  return yield* send(message, memory, frame.sequence)
}

function* untilAsked(memory: Memory, ms: number): Exchange<Extract<Came, { came: 'frame' }> | undefined> {
  const heard = yield* listenAndReply(ms, memory, came => {
    if (came.came === 'tone' && came.tone === 'goodbye') return 'goodbye'
    return came.came === 'frame' && requests.includes(came.frame.type) ? came : undefined
  })
  return heard === 'goodbye' ? undefined : heard
}

/** While the holder reads and keys, a request that comes again is acknowledged again. */
function* untilReady(memory: Memory, asked: number, ms: number): Exchange<Message | undefined> {
  for (let leftMs = ms; leftMs > 0; ) {
    const heard = yield* listenAndReply(leftMs, memory, came => {
      if (came.came === 'message' || (came.came === 'tone' && came.tone === 'goodbye')) return came
      return isRequest(came, asked) ? came : undefined
    })
    if (heard === undefined || heard.came === 'tone') return undefined
    if (heard.came === 'message') return heard.message
    if (heard.came !== 'frame') return undefined
    leftMs -= heard.tookMs
    memory.ladder.heard(heard.mode)
    yield delivered(memory.ladder.mode, asked)
  }
  return undefined
}

function* send(message: Message, memory: Memory, asked: number): Exchange<Answered> {
  const sequence = (asked + 1) & 255
  const wantsResult = (message.sound ?? message.digits?.[0])?.type !== frameTypes.decline
  for (const sending of memory.ladder.tries(message, sequence)) {
    yield sending
    const heard = yield* listen(replyWithinMs[sending.mode], came => ofAnswer(came, sequence, asked))
    if (heard === undefined || heard === 'again') continue
    if (heard === 'delivered') return wantsResult ? yield* untilResult(memory, sequence) : { outcome: 'declined' }
    if (heard === 'goodbye') return { outcome: wantsResult ? 'unknown' : 'declined' }
    if (heard === 'unsuitable') return { outcome: 'unknown' }
    return yield* accept(heard, memory)
  }
  return wantsResult ? yield* untilResult(memory, sequence) : { outcome: 'declined' }
}

/** A request once more says that the other end has heard neither that we have it nor our answer. */
function ofAnswer(came: Came, sequence: number, asked: number) {
  if (came.came === 'garbled' || isRequest(came, asked)) return 'again' as const
  if (came.came === 'tone') return came.tone === 'goodbye' ? ('goodbye' as const) : undefined
  if (came.came !== 'frame') return undefined
  if (isResult(came.frame, sequence)) return came
  const reply = replyIn(came.frame, sequence)
  if (reply === undefined || reply.kind === 'delivered') return reply?.kind
  return isForGood(reply.reason) ? ('unsuitable' as const) : ('again' as const)
}

function* untilResult(memory: Memory, sequence: number): Exchange<Answered> {
  const heard = yield* listenAndReply(resultWithinMs, memory, came => {
    if (came.came === 'tone') return came.tone === 'goodbye' ? ('goodbye' as const) : undefined
    return came.came === 'frame' && isResult(came.frame, sequence) ? came : undefined
  })
  if (heard === undefined || heard === 'goodbye') return { outcome: 'unknown' }
  return yield* accept(heard, memory)
}

/** Handed on at once; until the goodbye it is acknowledged as often as it comes. */
function* accept({ frame, mode }: Extract<Came, { came: 'frame' }>, memory: Memory): Exchange<Answered> {
  memory.ladder.heard(mode)
  memory.lastResult = frame.sequence
  yield delivered(memory.ladder.mode, frame.sequence)
  yield { do: 'deliver', frame, mode }
  yield* listenAndReply(afterwardsMs, memory, came =>
    came.came === 'tone' && came.tone === 'goodbye' ? came : undefined,
  )
  return { outcome: 'result', result: frame }
}

/** As `listen`. What cannot be read is refused, and a result that was had before acknowledged. */
function* listenAndReply<T>(ms: number, memory: Memory, of: (came: Came) => T | undefined): Exchange<T | undefined> {
  for (let leftMs = ms; leftMs > 0; ) {
    let tookMs = 0
    const heard = yield* listen(leftMs, came => {
      tookMs += came.tookMs
      const made = of(came)
      if (made !== undefined) return { made }
      if (came.came === 'garbled') return came
      return came.came === 'frame' && isResult(came.frame, memory.lastResult) ? came : undefined
    })
    if (heard === undefined) return undefined
    if ('made' in heard) return heard.made
    leftMs -= tookMs
    const { mode } = memory.ladder
    if (heard.came === 'garbled') yield refused(mode, heard.sequence, 'garbled')
    else if (heard.came === 'frame') yield delivered(mode, heard.frame.sequence)
  }
  return undefined
}

function isRequest(came: Came, sequence: number): boolean {
  return came.came === 'frame' && requests.includes(came.frame.type) && came.frame.sequence === sequence
}

function isResult({ type, sequence }: Frame, expected: number | undefined): boolean {
  return type === frameTypes.result && sequence === expected
}
