/**
 * The end that asks: a bank's line, a payee's. It says that it is ready, sends the request until it is acknowledged, and then gives
 * the card's holder time. What came up is acknowledged at once; what became of it is told later by `tell`, which may be
 * seconds away, and ends the exchange.
 *
 *     ready ─ request ⇄ acknowledged ─ … the holder reads, keys a PIN … ─ answer ─ acknowledged ┈ result ⇄ acknowledged ─ goodbye
 */
import { frameTypes } from '../../card/messages/frame-types.ts'
import { PartJoiner } from '../../card/messages/parts.ts'
import type { Frame } from '../../modem/coded/frame.ts'
import { type Ladder, mostTries, replyWithinMs } from './ladder.ts'
import { delivered, isForGood, refused, replyIn } from './replies.ts'
import { type Came, type Content, type Exchange, type ExchangeMode, listen, type Message } from './step.ts'

/** How long a card's holder may take: to read, to find the card, to key a PIN and a password. An order lives for 300 s. */
const holderMs = 120_000
export const goodbye = { do: 'tone', tone: 'goodbye' } as const
/** At least so long is waited for the second of two frames of digits when the first has come: it has to begin and end. */
const otherPartMs = 30_000
/** In which a second half begins behind a first one: the pause between them, and some digits. */
const followsMs = 2_000

const ups: readonly number[] = [frameTypes.answer, frameTypes.digitAnswer, frameTypes.inquiry, frameTypes.decline]

/** What came up. `payload`: of one frame of sound, or of both in digits. */
export interface Upward {
  readonly type: number
  readonly keyId: number
  readonly payload: Uint8Array
  readonly way: 'sound' | 'digits'
  /** Under which the result goes back. */
  readonly sequence: number
}

export type Asked =
  | { readonly outcome: 'came'; readonly upward: Upward }
  /** Nobody acknowledged the request. */
  | { readonly outcome: 'no-terminal' }
  /** A terminal is there, and nothing came from it in time. */
  | { readonly outcome: 'no-answer' }
  /** The terminal is there and cannot go on. */
  | { readonly outcome: 'unsuitable' }

/** `sequence`: of the request; what comes up has the next. Where nothing came the terminal is told so by a goodbye. */
export function* ask(request: Message, ladder: Ladder, sequence: number): Exchange<Asked> {
  const asked = yield* untilAnswered(request, ladder, sequence)
  if (asked.outcome !== 'came') yield goodbye
  return asked
}

function* untilAnswered(request: Message, ladder: Ladder, sequence: number): Exchange<Asked> {
  if (ladder.mode !== 'dtmf') yield { do: 'tone', tone: 'ready' }
  const upward = new UpwardReader(sequence + 1)
  for (const sending of ladder.tries(request, sequence)) {
    yield sending
    const heard = yield* listen(replyWithinMs[sending.mode], came => replyOr(came, sequence, upward))
    if (heard === undefined || heard === 'again') continue
    if (heard === 'unsuitable') return { outcome: 'unsuitable' }
    const isWhole = heard !== 'delivered' && heard !== 'half'
    const came = isWhole ? heard : yield* untilUpward(upward, ladder, heard === 'half')
    if (came === undefined) return { outcome: 'no-answer' }
    // Nobody speaks into what is still being said.
    if (upward.isFollowed) yield* listen(followsMs, ({ came: what }) => (what === 'frame' ? what : undefined))
    ladder.heard(upward.mode)
    yield delivered(ladder.mode, came.sequence)
    return { outcome: 'came', upward: came }
  }
  return { outcome: 'no-terminal' }
}

/** `result`: told under the sequence of what it is the result of. True when the terminal has acknowledged it. */
export function* tell(result: Message, ladder: Ladder, sequence: number): Exchange<boolean> {
  let isTold = false
  for (const sending of ladder.tries(result, sequence)) {
    yield sending
    const heard = yield* listen(replyWithinMs[sending.mode], came => ofResult(came, sequence))
    isTold = heard === 'delivered'
    if (isTold || heard === 'unsuitable') break
  }
  yield goodbye
  return isTold
}

/** The terminal sends its answer again where it did not hear that we have it: then it has not heard the result either. */
function ofResult(came: Came, sequence: number): 'delivered' | 'again' | 'unsuitable' | undefined {
  if (came.came === 'garbled') return 'again'
  if (came.came !== 'frame') return undefined
  if (ups.includes(came.frame.type) && came.frame.sequence === sequence) return 'again'
  return meaning(came.frame, sequence)
}

function replyOr(came: Came, sequence: number, upward: UpwardReader) {
  if (came.came === 'garbled') return 'again' as const
  if (came.came !== 'frame') return undefined
  return upward.read(came) ?? meaning(came.frame, sequence)
}

function meaning(frame: Frame, sequence: number): 'delivered' | 'again' | 'unsuitable' | undefined {
  const reply = replyIn(frame, sequence)
  if (reply === undefined || reply.kind === 'delivered') return reply?.kind
  return isForGood(reply.reason) ? 'unsuitable' : 'again'
}

/**
 * Frames that cannot be read are refused, so that they come again at once, no more often than a message is tried. There is one end for all
 * of it: the first half that comes may put it off, once, and one that was there before puts off nothing.
 */
function* untilUpward(upward: UpwardReader, ladder: Ladder, hasHalf: boolean): Exchange<Upward | undefined> {
  let [leftMs, isHalfHere, refusals] = [holderMs, hasHalf, 0]
  for (;;) {
    let tookMs = 0
    const heard = yield* listen(leftMs, came => {
      tookMs += came.tookMs
      if (came.came === 'garbled') return refusals < mostTries ? came.came : undefined
      const read = came.came === 'frame' ? upward.read(came) : undefined
      return read === 'half' && isHalfHere ? undefined : read
    })
    if (heard !== 'garbled' && heard !== 'half') return heard
    leftMs -= tookMs
    if (heard === 'half') {
      isHalfHere = true
      leftMs = Math.max(leftMs, otherPartMs)
    } else {
      refusals++
      yield refused(ladder.mode, upward.sequence, 'garbled')
    }
  }
}

/** The other part of it is still to come. */
type Half = 'half'

/** Knows the messages of a terminal under one sequence, and joins those that come in two parts. */
class UpwardReader {
  readonly sequence: number
  readonly #joiner = new PartJoiner()
  mode: ExchangeMode = 'v23'
  /** The other half of what is whole comes once more. */
  isFollowed = false

  constructor(sequence: number) {
    this.sequence = sequence & 255
  }

  read({ frame, mode }: Extract<Came, { came: 'frame' }>): Upward | Half | undefined {
    const { type, keyId, payload, sequence } = frame
    if (sequence !== this.sequence || !ups.includes(type)) return undefined
    this.mode = mode
    if (type !== frameTypes.digitAnswer)
      return { type, keyId, payload, sequence, way: mode === 'dtmf' ? 'digits' : 'sound' }
    const read = this.#joiner.push(payload)
    if (read.outcome === 'half') return 'half'
    if (read.outcome !== 'whole') return undefined
    this.isFollowed = read.isFollowed
    return { type, keyId, payload: read.message, sequence, way: 'digits' }
  }
}

/** One message that has the same bytes as sound and as digits. */
export function alike(content: Content): Message {
  return { sound: content, digits: [content] }
}
