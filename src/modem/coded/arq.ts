/**
 * Stop-and-wait: one frame under way at a time, repeated until it is acknowledged, falling back to slower modes on a line that will not carry it.
 *
 *     1 send                        idle     ──▶ awaiting
 *     2 acknowledged                awaiting ──▶ idle       delivered
 *     3 refused, nothing for 3 s    awaiting ──▶ awaiting   sent again; after 2 tries in a mode the next slower one
 *     4 the same after 4 tries      awaiting ──▶ idle       failed, as when it is refused for good
 *
 * Pure machines: time is handed in, what to do is handed out. The sender keeps the sequence over repetitions, so that the receiver can add up what
 * it heard of each; the receiver answers a repetition of what it has again, without handing it on twice.
 */

/** From fast to slow, as `modem.ts` names them. */
export type ArqMode = 'v23' | 'v21' | 'dtmf'

const MODES: readonly ArqMode[] = ['v23', 'v21', 'dtmf']
const MOST_TRIES = 4
const TRIES_PER_MODE = 2
export const ANSWER_TIMEOUT_MS = 3000

/** Why a frame is refused. `garbled` asks for a repetition, the others end the exchange. */
export type RefusalReason = 'garbled' | 'busy' | 'unknown-key' | 'unsuitable'

const REASONS: readonly RefusalReason[] = ['garbled', 'busy', 'unknown-key', 'unsuitable']

/** Frame types of the answers; all others are the application's. */
const ACKNOWLEDGE = 30
const REFUSE = 31

export type Answer =
  | { readonly kind: 'acknowledge'; readonly sequence: number }
  | { readonly kind: 'refuse'; readonly sequence: number; readonly reason: RefusalReason }

/** An answer as the type, sequence and payload of a frame. */
export function answerFrame(answer: Answer): { type: number; sequence: number; payload: Uint8Array } {
  const { sequence } = answer
  if (answer.kind === 'acknowledge') return { type: ACKNOWLEDGE, sequence, payload: new Uint8Array(0) }
  return { type: REFUSE, sequence, payload: Uint8Array.of(REASONS.indexOf(answer.reason)) }
}

/** Undefined if the frame is no answer, or says nothing that is known. */
export function parseAnswer(frame: { type: number; sequence: number; payload: Uint8Array }): Answer | undefined {
  const { type, sequence, payload } = frame
  if (type === ACKNOWLEDGE && payload.length === 0) return { kind: 'acknowledge', sequence }
  const reason = REASONS[payload[0] ?? -1]
  if (type !== REFUSE || payload.length !== 1 || reason === undefined) return undefined
  return { kind: 'refuse', sequence, reason }
}

export type SenderAction =
  | { readonly kind: 'transmit'; readonly payload: Uint8Array; readonly sequence: number; readonly mode: ArqMode }
  | { readonly kind: 'delivered'; readonly sequence: number; readonly tries: number }
  | { readonly kind: 'failed'; readonly sequence: number; readonly reason: 'no-answer' | RefusalReason }

interface UnderWay {
  readonly payload: Uint8Array
  readonly sequence: number
  tries: number
  triesInMode: number
  /** When to give up waiting; infinite while the frame is still being sent. */
  deadlineMs: number
  lastRefusal: RefusalReason | undefined
}

export class ArqSender {
  private underWay: UnderWay | undefined
  private sequence: number
  private mode: number

  /** `firstSequence` should differ from call to call, so that a late answer of another call is not taken for ours. */
  constructor(firstSequence: number, mode: ArqMode = 'v23') {
    this.sequence = firstSequence & 255
    this.mode = MODES.indexOf(mode)
  }

  /** The mode that the next transmission uses. It never becomes faster again within a call. */
  get currentMode(): ArqMode {
    return MODES[this.mode]!
  }

  /** When `tick` should be called next, or undefined if there is nothing to wait for. */
  get deadlineMs(): number | undefined {
    const deadline = this.underWay?.deadlineMs
    return deadline === undefined || deadline === Number.POSITIVE_INFINITY ? undefined : deadline
  }

  /** Throws if a frame is under way: stop and wait. */
  send(payload: Uint8Array): SenderAction {
    if (this.underWay !== undefined) throw new Error('a frame is under way')
    const { sequence } = this
    this.sequence = (sequence + 1) & 255
    this.underWay = { payload, sequence, tries: 0, triesInMode: 0, deadlineMs: 0, lastRefusal: undefined }
    return this.transmit(this.underWay)
  }

  /** The last sample of the transmission has left at `nowMs`: the wait begins. */
  transmitted(nowMs: number): void {
    if (this.underWay !== undefined) this.underWay.deadlineMs = nowMs + ANSWER_TIMEOUT_MS
  }

  /** An answer has come. One to another frame is late, and ignored. */
  answered(answer: Answer): SenderAction | undefined {
    const { underWay } = this
    if (underWay === undefined || answer.sequence !== underWay.sequence) return undefined
    if (answer.kind === 'acknowledge') {
      this.underWay = undefined
      return { kind: 'delivered', sequence: underWay.sequence, tries: underWay.tries }
    }
    underWay.lastRefusal = answer.reason
    if (answer.reason === 'unsuitable' || answer.reason === 'unknown-key') return this.fail(underWay)
    return this.again(underWay)
  }

  tick(nowMs: number): SenderAction | undefined {
    const { underWay } = this
    if (underWay === undefined || nowMs < underWay.deadlineMs) return undefined
    return this.again(underWay)
  }

  private again(underWay: UnderWay): SenderAction {
    if (underWay.tries === MOST_TRIES) return this.fail(underWay)
    if (underWay.triesInMode === TRIES_PER_MODE && this.mode < MODES.length - 1) {
      this.mode++
      underWay.triesInMode = 0
    }
    // The last try is worth most in the mode that carries on any line.
    if (underWay.tries === MOST_TRIES - 1) this.mode = MODES.length - 1
    return this.transmit(underWay)
  }

  private transmit(underWay: UnderWay): SenderAction {
    underWay.tries++
    underWay.triesInMode++
    underWay.deadlineMs = Number.POSITIVE_INFINITY
    return { kind: 'transmit', payload: underWay.payload, sequence: underWay.sequence, mode: this.currentMode }
  }

  private fail({ sequence, lastRefusal }: UnderWay): SenderAction {
    this.underWay = undefined
    return { kind: 'failed', sequence, reason: lastRefusal ?? 'no-answer' }
  }
}

export type ReceiverAction =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'deliver'; readonly payload: Uint8Array; readonly sequence: number; readonly answer: Answer }

export class ArqReceiver {
  private lastDelivered: number | undefined

  /** A frame was read: handed on once, acknowledged each time. */
  received(sequence: number, payload: Uint8Array): ReceiverAction {
    const answer: Answer = { kind: 'acknowledge', sequence }
    if (sequence === this.lastDelivered) return { kind: 'answer', answer }
    this.lastDelivered = sequence
    return { kind: 'deliver', payload, sequence, answer }
  }

  /** A frame was recognised but could not be read. */
  garbled(sequence: number): ReceiverAction {
    if (sequence === this.lastDelivered) return { kind: 'answer', answer: { kind: 'acknowledge', sequence } }
    return { kind: 'answer', answer: { kind: 'refuse', sequence, reason: 'garbled' } }
  }
}
