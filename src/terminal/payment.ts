/**
 * A payment at the terminal: waits in a call for what is to be signed, shows payee and amount out of the very bytes that the card will sign,
 * takes PIN and personal password, drives the card, sends the answer and says what became of it. What was signed is never signed
 * again: where no result came it is asked for by card, counter and nonce, the next time the same card is asked by the same receiver.
 *
 *     const opened = await telephone.open('9001')
 *     if (opened.outcome === 'open') await payInCall(opened.line, { card, directory, hands, unsettled, runtime })
 */

import { sameBytes } from '../bytes.ts'
import type { Absence, SecureElement } from '../card/apdu/secure-element.ts'
import { CardSession, type CardTrouble, type PinTrouble } from '../card/card-session.ts'
import { completeChallenge, type Keyed } from '../card/complete.ts'
import type { Directory, DirectoryInstitution } from '../card/directory.ts'
import { type Answer, encodeDigitAnswer, encryptAnswer } from '../card/messages/answer.ts'
import { parseChallenge } from '../card/messages/challenge.ts'
import { frameTypes } from '../card/messages/frame-types.ts'
import { type DeclineReason, encodeDecline, encodeInquiry, type Inquiry } from '../card/messages/inquiry.ts'
import { splitForDigits } from '../card/messages/parts.ts'
import { parseRequest } from '../card/messages/request.ts'
import { type CardResult, parseResult } from '../card/messages/result.ts'
import type { CardNumber } from '../card/numbers.ts'
import type { OrderRequest } from '../card/order.ts'
import type { Shown } from '../card/shown.ts'
import type { InstitutionId } from '../ids.ts'
import type { Frame } from '../modem/coded/frame.ts'
import { alike } from '../phone/exchange/asking.ts'
import type { ExchangeMode, Message } from '../phone/exchange/step.ts'
import type { Cancelled, Runtime } from '../runtime.ts'
import type { Secret } from '../secret.ts'
import { TerminalExchange } from './exchange.ts'
import type { TerminalLine } from './line.ts'
import { isWanted } from './wanted.ts'

/** The person at the terminal. */
export interface Hands {
  /** Shows what is to be signed, and takes PIN and personal password; or the holder says no. Asked again after a wrong PIN. */
  approve(asked: ToApprove): Promise<Approval>
  /** What became of an order that an earlier call left unknown. */
  onSettled(inquiry: Inquiry, result: CardResult): void
  /** What became of this one, as soon as it is known. */
  onResult(result: CardResult): void
}

export interface ToApprove {
  /** Out of the bytes that are to be signed. */
  readonly shown: Shown
  /** What the directory calls who asks. */
  readonly receiver: string
  /** The payee is in the signed directory, under this name. */
  readonly isListed: boolean
  readonly pinLength: number
  /** Aborted when the other end, or the line, is gone: nothing is signed any more. */
  readonly over: Cancelled
  /** Why the holder is asked again. */
  readonly trouble?: Exclude<PinTrouble, { outcome: 'blocked' }>
}

export type Approval = { readonly pin: Secret; readonly password: Secret } | 'no'

/** Keeps what was signed and has no result yet, by whichever card and for whomever. It has to outlive the terminal. */
export interface Unsettled {
  /** What this card signed for this receiver; of several what was added first. */
  find(receiver: InstitutionId, card: CardNumber): Promise<Signature | undefined>
  add(signature: Signature): Promise<void>
  /** It has its result, or was never sent. All others stay. */
  remove(signature: Signature): Promise<void>
}

export interface Signature extends Inquiry {
  readonly receiver: InstitutionId
}

export function isSameSignature(one: Signature, other: Signature): boolean {
  return (
    one.receiver === other.receiver &&
    one.card === other.card &&
    one.counter === other.counter &&
    sameBytes(one.nonce, other.nonce)
  )
}

export interface PaymentParts {
  readonly card: SecureElement
  readonly directory: Directory
  readonly hands: Hands
  readonly unsettled: Unsettled
  /** What the holder wants, where the terminal keyed it: another payee or amount is not signed. In digits it is needed. */
  readonly wish?: Keyed
  readonly runtime: Pick<Runtime, 'monotonicMs' | 'sleep' | 'random' | 'work'>
}

export type Paid =
  | { readonly outcome: 'result'; readonly result: CardResult }
  /** `absence`: why there was no card to talk to, of `no-card`. */
  | { readonly outcome: 'declined'; readonly why: DeclineReason; readonly absence?: Absence }
  /** Nobody asked for a signature. */
  | { readonly outcome: 'not-asked' }
  /** The other end gave up before anything was sent. */
  | { readonly outcome: 'not-answered' }
  /** It was signed and sent, and nobody knows here what became of it. */
  | { readonly outcome: 'unknown'; readonly signature: Signature }

/** Rejects when the hands or the store fail. */
export async function payInCall(line: TerminalLine, parts: PaymentParts): Promise<Paid> {
  const talk = new TerminalExchange(line, parts.runtime)
  for (;;) {
    const payment = new Payment(parts)
    try {
      const answered = await talk.take(payment)
      const paid = await payment.after(answered)
      if (paid !== 'ask again') return paid
    } finally {
      await payment.letGoOfCard()
    }
  }
}

class Payment {
  readonly #parts: PaymentParts
  readonly #over = new AbortController()
  #inquiry: Signature | undefined
  #signature: Signature | undefined
  #session: CardSession | undefined
  #declined: Omit<Extract<Paid, { outcome: 'declined' }>, 'outcome'> | undefined
  #result: CardResult | undefined

  constructor(parts: PaymentParts) {
    this.#parts = parts
  }

  async onRequest(frame: Frame, mode: ExchangeMode): Promise<Message> {
    const { card, directory, runtime } = this.#parts
    const request = this.#read(frame)
    const receiver = request && directory.institution(request.receiver)
    if (request === undefined || receiver === undefined) return this.#decline('unfit')
    const opened = await runtime.work(CardSession.open(card))
    if (opened.outcome === 'not-ours') return this.#decline('no-card')
    if (opened.outcome !== 'ready') return this.#declineFor(opened)
    this.#session = opened.session
    const before = await this.#parts.unsettled.find(receiver.id, opened.session.identity.number)
    if (before !== undefined) {
      this.#inquiry = before
      return alike({ type: frameTypes.inquiry, keyId: 0, payload: encodeInquiry(before) })
    }
    if (!isWanted(request, this.#parts)) return this.#decline('unfit')
    return this.#sign(opened.session, request, receiver, mode)
  }

  onResult({ payload }: Frame): void {
    const result = parseResult(payload) ?? { outcome: 'unknown' }
    this.#result = result
    if (this.#inquiry) this.#parts.hands.onSettled(this.#inquiry, result)
    else this.#parts.hands.onResult(result)
  }

  /** What it all came to. What an inquiry settled makes room for the order itself. */
  async after({ outcome }: { readonly outcome: string }): Promise<Paid | 'ask again'> {
    this.#over.abort()
    const isKnown = this.#result !== undefined && this.#result.outcome !== 'unknown'
    const settled = this.#inquiry ?? this.#signature
    if (isKnown && settled) await this.#parts.unsettled.remove(settled)
    if (this.#inquiry) return isKnown ? 'ask again' : { outcome: 'unknown', signature: this.#inquiry }
    if (this.#result?.outcome === 'unknown' && this.#signature)
      return { outcome: 'unknown', signature: this.#signature }
    if (this.#result) return { outcome: 'result', result: this.#result }
    if (this.#declined) return { outcome: 'declined', ...this.#declined }
    if (outcome === 'not-asked') return { outcome }
    if (outcome === 'unknown' && this.#signature) return { outcome, signature: this.#signature }
    // Signed perhaps, and never sent: nobody can accept it.
    if (this.#signature) await this.#parts.unsettled.remove(this.#signature)
    return { outcome: 'not-answered' }
  }

  /** However it ended: the card forgets its PIN, and others may use it. */
  async letGoOfCard(): Promise<void> {
    if (this.#session) await this.#parts.runtime.work(this.#session.close())
  }

  #read({ type, payload }: Frame): OrderRequest | undefined {
    if (type === frameTypes.request) return parseRequest(payload)
    const { directory, wish } = this.#parts
    const challenge = parseChallenge(payload)
    if (challenge === undefined || wish === undefined) return undefined
    const completed = completeChallenge(directory, challenge, wish)
    return completed.outcome === 'complete' ? completed.request : undefined
  }

  async #sign(
    session: CardSession,
    request: OrderRequest,
    receiver: DirectoryInstitution,
    mode: ExchangeMode,
  ): Promise<Message> {
    const { hands, directory, unsettled, runtime } = this.#parts
    const prepared = session.prepare(request)
    const { shown } = prepared
    const isListed = shown.payee !== undefined && directory.payee(shown.payee.bank, shown.payee.account) !== undefined
    const over = this.#over.signal
    const asked = { shown, receiver: receiver.name, isListed, pinLength: session.identity.pinLength, over }
    let trouble: ToApprove['trouble']
    for (;;) {
      const approval = await hands.approve({ ...asked, ...(trouble && { trouble }) })
      if (approval === 'no' || over.aborted) return this.#decline('by-holder')
      const form = mode === 'dtmf' ? 'agreed' : 'hpke'
      const signed = await runtime.work(session.sign(prepared, approval.pin, approval.password, form))
      if (signed.outcome === 'signed') {
        const { card, witness } = signed.answer
        this.#signature = { receiver: receiver.id, card, counter: witness.counter, nonce: request.nonce }
        await unsettled.add(this.#signature)
        return this.#messageOf(signed.answer, receiver)
      }
      if (signed.outcome !== 'wrong-pin' && signed.outcome !== 'wrong-length') return this.#declineFor(signed)
      trouble = signed
    }
  }

  async #messageOf(answer: Answer, { id, answerKey, answerKeyId }: DirectoryInstitution): Promise<Message> {
    const { runtime } = this.#parts
    const random = (byteCount: number) => runtime.random(byteCount)
    if (answer.password.form === 'hpke') {
      const payload = await runtime.work(encryptAnswer(random, { receiver: id, receiverKey: answerKey }, answer))
      return { sound: { type: frameTypes.answer, keyId: answerKeyId, payload } }
    }
    const parts = splitForDigits(encodeDigitAnswer(answer), answer.witness.counter & 31)
    return { digits: parts.map(payload => ({ type: frameTypes.digitAnswer, keyId: 0, payload })) }
  }

  #declineFor(trouble: CardTrouble | PinTrouble): Message {
    const { outcome } = trouble
    if (outcome === 'removed') return this.#decline('no-card', trouble.why)
    return this.#decline(outcome === 'blocked' || outcome === 'terminated' ? 'card-blocked' : 'no-card')
  }

  #decline(why: DeclineReason, absence?: Absence): Message {
    this.#declined = { why, ...(absence && { absence }) }
    return alike({ type: frameTypes.decline, keyId: 0, payload: encodeDecline(why) })
  }
}
