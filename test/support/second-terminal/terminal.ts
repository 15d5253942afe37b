/**
 * A second payment terminal, written from docs/protocol.md alone. It talks in push-button digits, hears nothing else, and
 * lies in the call beside its holder's telephone: `attend` lasts as long as the call.
 */
import type { CardReader, Identity } from './card-reader.ts'
import type { Directory } from './directory.ts'
import {
  frameTypes,
  inParts,
  type Result,
  readChallenge,
  readResult,
  type Unresolved,
  type Why,
  writeAnswer,
  writeDecline,
  writeInquiry,
} from './messages.ts'
import { type Keyed, type Order, putTogether } from './order.ts'
import { type PushButtonFrame, toDigits } from './push-button-frame.ts'
import { hearFrame, type Telephone } from './telephone.ts'

/** What the holder says to an order: no, or PIN and personal password. */
export type Hands = (shown: Order) => Promise<'no' | { readonly pin: string; readonly password: string }>

/** Signatures without a result, by card and receiver: they outlive the call. */
export type Kept = Map<string, Unresolved>

export interface Parts {
  readonly telephone: Telephone
  readonly directory: Directory
  /** Undefined: none is in it. */
  readonly card: CardReader | undefined
  readonly keyed: Keyed
  readonly hands: Hands
  readonly kept: Kept
  /** Of five bits, another one for each message of a call. */
  readonly firstNumber: number
}

/** What its holder sees in the end. */
export type Told =
  | { readonly outcome: 'result' | 'earlier'; readonly result: Result }
  | { readonly outcome: 'declined'; readonly why: Why }
  | { readonly outcome: 'unknown' | 'not-sent' }

/** What goes up in answer to a request. */
type Message = { readonly type: number; readonly parts: readonly Uint8Array[] } & (
  | { readonly kind: 'declined'; readonly why: Why }
  | { readonly kind: 'answer' | 'inquiry'; readonly place: string; readonly signature: Unresolved }
)

/** Of the holder. Nothing is signed when it is up. */
interface Time {
  isUp: boolean
}

const tries = 4
const replyMs = 20_000
const resultMs = 60_000
const handsMs = 110_000
/** More than the second of silence that stands around a frame. */
const pauseMs = 1_200
const none = new Uint8Array()
const up = (sequence: number) => (sequence + 1) & 255

export class SecondTerminal {
  readonly told: Told[] = []
  readonly #parts: Parts
  #messages = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async attend(): Promise<void> {
    const { telephone } = this.#parts
    let resolved: number | undefined
    let frame: PushButtonFrame | undefined
    while (!telephone.isOver) {
      frame ??= await hearFrame(telephone, Number.POSITIVE_INFINITY)
      const heard = frame
      frame = undefined
      if (heard?.type === frameTypes.challenge) {
        resolved = undefined
        const next = await this.#answer(heard)
        if (next?.type === frameTypes.challenge) frame = next
        else resolved = next?.sequence
      } else if (heard?.type === frameTypes.result && heard.sequence === resolved)
        await this.#acknowledge(heard.sequence)
    }
  }

  /** From a request to its result. @returns the result, acknowledged, or another request that came in its place */
  async #answer({ sequence, payload }: PushButtonFrame): Promise<PushButtonFrame | undefined> {
    await this.#acknowledge(sequence)
    const time = { isUp: false }
    const message = await this.#meanwhile(sequence, time, this.#prepare(payload, time))
    if (message === undefined || this.#parts.telephone.isOver) return this.#tell({ outcome: 'not-sent' })
    if (message.kind !== 'declined') this.#parts.kept.set(message.place, message.signature)
    const reply = await this.#send(up(sequence), message)
    if (message.kind === 'declined') {
      this.#tell({ outcome: 'declined', why: message.why })
      return reply
    }
    const last = reply ?? (await this.#awaitResult(up(sequence)))
    const result = last?.type === frameTypes.result ? readResult(last.payload) : undefined
    if (last === undefined || result === undefined) {
      this.#tell({ outcome: 'unknown' })
      return last
    }
    await this.#acknowledge(last.sequence)
    if (result.outcome !== 'unknown') this.#parts.kept.delete(message.place)
    this.#tell({ outcome: message.kind === 'inquiry' ? 'earlier' : 'result', result })
    return last
  }

  #tell(told: Told): undefined {
    this.told.push(told)
  }

  /** A request that is repeated while holder and card are at work is acknowledged, and handed on once. Undefined when they took too long. */
  async #meanwhile(sequence: number, time: Time, work: Promise<Message>): Promise<Message | undefined> {
    const { telephone } = this.#parts
    const until = telephone.nowMs() + handsMs
    let done: Message | undefined
    const working = work.then(message => {
      done = message
    })
    while (done === undefined && !telephone.isOver) {
      time.isUp = telephone.nowMs() >= until
      if (time.isUp) return undefined
      const frame = await hearFrame(telephone, telephone.nowMs() + 500)
      if (frame?.type === frameTypes.challenge && frame.sequence === sequence) await this.#acknowledge(sequence)
    }
    time.isUp = telephone.isOver
    await working
    return done
  }

  async #prepare(payload: Uint8Array, time: Time): Promise<Message> {
    const { card, directory, kept, keyed, hands } = this.#parts
    const challenge = readChallenge(payload)
    const receiver = challenge && directory.institution(challenge.institution)
    if (challenge === undefined || receiver === undefined) return declined('unfit')
    const holder = await card?.identify()
    if (card === undefined || holder === undefined) return declined('no-card')
    const place = `${holder.card} ${receiver.id}`
    const unresolved = kept.get(place)
    if (unresolved) {
      const parts = [writeInquiry(unresolved)]
      return { kind: 'inquiry', type: frameTypes.inquiry, parts, place, signature: unresolved }
    }
    const order = putTogether(challenge, directory, holder, keyed)
    return order === undefined ? declined('unfit') : this.#sign(order, card, holder, { place, hands, time })
  }

  async #sign(
    order: Order,
    card: CardReader,
    holder: Identity,
    { place, hands, time }: { readonly place: string; readonly hands: Hands; readonly time: Time },
  ): Promise<Message> {
    for (;;) {
      const said = await hands(order)
      if (said === 'no' || time.isUp) return declined('by-holder')
      const pin = await card.verify(said.pin)
      if (pin.outcome === 'wrong') continue
      if (pin.outcome !== 'right') return declined(pin.outcome === 'blocked' ? 'pin-blocked' : 'unfit')
      const signed = await card.sign(order.bytes)
      const password = signed && (await card.seal(said.password))
      if (signed === undefined || password === undefined) return declined('unfit')
      const { algorithm, account, card: number } = holder
      const answer = writeAnswer({ ...signed, algorithm, account, card: number, password })
      const parts = inParts(this.#parts.firstNumber + this.#messages++, answer)
      const signature = { card: number, counter: signed.counter, nonce: order.nonce }
      return { kind: 'answer', type: frameTypes.digitAnswer, parts, place, signature }
    }
  }

  /** Until it is acknowledged. @returns what came in place of that: the result, or another request */
  async #send(sequence: number, { type, parts }: Message): Promise<PushButtonFrame | undefined> {
    const { telephone } = this.#parts
    for (let tried = 0; tried < tries && !telephone.isOver; tried++) {
      for (const payload of parts) await this.#key({ type, sequence, keyId: 0, payload })
      const until = telephone.nowMs() + replyMs
      for (;;) {
        const frame = await hearFrame(telephone, until)
        if (frame === undefined) break
        if (isOther(frame, sequence)) return frame
        if (frame.type === frameTypes.challenge) break
        if (frame.sequence !== sequence) continue
        if (frame.type === frameTypes.result) return frame
        if (frame.type === frameTypes.acknowledged) return undefined
        // Garbled or busy: once more at once. Anything else will not become better.
        if (frame.type === frameTypes.refused && (frame.payload[0] ?? 0) > 1) return undefined
        if (frame.type === frameTypes.refused) break
      }
    }
    return undefined
  }

  async #awaitResult(sequence: number): Promise<PushButtonFrame | undefined> {
    const { telephone } = this.#parts
    const until = telephone.nowMs() + resultMs
    for (;;) {
      const frame = await hearFrame(telephone, until)
      if (frame === undefined || isOther(frame, sequence)) return frame
      if (frame.type === frameTypes.result && frame.sequence === sequence) return frame
    }
  }

  #acknowledge(sequence: number): Promise<void> {
    return this.#key({ type: frameTypes.acknowledged, sequence, keyId: 0, payload: none })
  }

  async #key(frame: PushButtonFrame): Promise<void> {
    await this.#parts.telephone.rest(pauseMs)
    await this.#parts.telephone.press(toDigits(frame))
  }
}

/** A request of another exchange: this one is over. */
function isOther(frame: PushButtonFrame, sequence: number): boolean {
  return frame.type === frameTypes.challenge && up(frame.sequence) !== sequence
}

function declined(why: Why): Message {
  return { kind: 'declined', type: frameTypes.decline, parts: [writeDecline(why)], why }
}
