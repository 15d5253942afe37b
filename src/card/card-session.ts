/**
 * A card as a terminal sees it, in plain terms: who it is, sign this, unblock it. It talks to any `SecureElement`, in a reader or in
 * software, and whatever becomes of it is an outcome.
 */
import { joined } from '../bytes.ts'
import type { Secret } from '../secret.ts'
import { ins, status } from './apdu/apdu.ts'
import { applicationId, keyReferences, pinReference } from './apdu/application.ts'
import { type CardIdentity, readIdentity } from './apdu/identity.ts'
import {
  type Absence,
  ask,
  CardGarbled,
  CardRemoved,
  type CardResponse,
  type SecureElement,
} from './apdu/secure-element.ts'
import { identityObject, readTlvs, tags, tlv } from './apdu/tlv.ts'
import { signatureLength } from './cose/signing.ts'
import type { Answer } from './messages/answer.ts'
import { uintIn } from './messages/layout.ts'
import type { OrderRequest } from './order.ts'
import { encodeOrder } from './order-bytes.ts'
import { type PasswordForm, sealedPasswordLength } from './personal-password.ts'
import { pinBlock } from './pin-block.ts'
import { type Shown, showOrder } from './shown.ts'

/** What may become of anything that is asked of a card. */
export type CardTrouble =
  | { readonly outcome: 'removed'; readonly why: Absence }
  /** No more wrong PUKs: the card has to be replaced. */
  | { readonly outcome: 'terminated' }
  /** It answers as no card of ours does here; `status` is its status word, where it gave one. */
  | { readonly outcome: 'failed'; readonly status?: number }

export type Opened =
  | { readonly outcome: 'ready'; readonly session: CardSession }
  /** Another kind of card, or one that is nobody's yet. */
  | { readonly outcome: 'not-ours' }
  | CardTrouble

/** The PIN was not right, or cannot be tried. */
export type PinTrouble =
  | { readonly outcome: 'wrong-pin'; readonly triesLeft: number }
  /** No tries are left: the branch unblocks it with the PUK. */
  | { readonly outcome: 'blocked' }
  /** Not tried: the card's PIN has so many digits. */
  | { readonly outcome: 'wrong-length'; readonly pinLength: number }

export type Signed = { readonly outcome: 'signed'; readonly answer: Answer } | PinTrouble | CardTrouble

export type Unblocked =
  | { readonly outcome: 'unblocked' }
  | { readonly outcome: 'wrong-puk'; readonly triesLeft: number }
  | { readonly outcome: 'wrong-length'; readonly pinLength: number }
  | CardTrouble

/** An order, put together, and what to show of it before a PIN is keyed: both are of the same bytes. */
export interface Prepared {
  readonly bytes: Uint8Array
  readonly shown: Shown
}

export class CardSession {
  readonly identity: CardIdentity
  readonly #element: SecureElement

  private constructor(element: SecureElement, identity: CardIdentity) {
    this.#element = element
    this.identity = identity
  }

  /** What opened is closed in the end; of what did not open nothing stays open. */
  static async open(element: SecureElement): Promise<Opened> {
    const opened = await CardSession.#begin(element)
    if (opened.outcome !== 'ready') await element.end()
    return opened
  }

  static #begin(element: SecureElement): Promise<Opened> {
    return unlessRemoved(async () => {
      await element.begin()
      const selected = await select(element)
      if (selected.status === status.terminated) return { outcome: 'terminated' }
      if (selected.status !== status.done) return { outcome: 'not-ours' }
      const { data } = await ask(element, getData(identityObject))
      const identity = readIdentity(data)
      return identity === undefined
        ? { outcome: 'not-ours' }
        : { outcome: 'ready', session: new CardSession(element, identity) }
    })
  }

  /** The card forgets what it verified, and others may use it. */
  close(): Promise<void> {
    return this.#element.end()
  }

  /** How many tries the PIN has left; 0: it is blocked. */
  async triesLeft(): Promise<{ readonly outcome: 'tries'; readonly triesLeft: number } | CardTrouble> {
    return unlessRemoved(async () => {
      const { status: sw, data } = await ask(this.#element, getData(tags.pinTries))
      const [triesLeft] = readTlvs(data)?.get(tags.pinTries) ?? []
      return triesLeft === undefined ? failed(sw) : { outcome: 'tries', triesLeft }
    })
  }

  /** @throws NotAnOrder when the request is one that nobody could read. */
  prepare(request: OrderRequest): Prepared {
    const { issuer, account, number } = this.identity
    const bytes = encodeOrder({ ...request, issuer, account, card: number })
    return { bytes, shown: showOrder(bytes) }
  }

  /**
   * One PIN, one signature. `password` goes to the issuer, sealed by the card in the form that the line has room for. What was
   * signed and then lost is asked for by card, counter and nonce, never signed again. @throws RangeError for a password that is not 4 to 12 digits
   */
  async sign(prepared: Prepared, pin: Secret, password: Secret, form: PasswordForm): Promise<Signed> {
    const block = pinBlock(password)
    return unlessRemoved(async () => {
      // Anew, so that nothing verified or signed before is left.
      const selected = await select(this.#element)
      if (selected.status !== status.done) return failed(selected.status)
      const trouble = await this.#verify(pin)
      if (trouble !== undefined) return trouble
      const signed = await ask(this.#element, perform(0x9e, 0x9a, prepared.bytes))
      if (signed.status !== status.done || signed.data.length !== 4 + signatureLength) return failed(signed.status)
      const reference = tlv(tags.keyReference, Uint8Array.of(keyReferences[form]))
      const chosen = await ask(this.#element, {
        ins: ins.manageSecurityEnvironment,
        p1: 0x41,
        p2: 0xb8,
        data: reference,
      })
      if (chosen.status !== status.done) return failed(chosen.status)
      const sealed = await ask(this.#element, perform(0x84, 0x80, block))
      if (sealed.status !== status.done || sealed.data.length !== sealedPasswordLength[form])
        return failed(sealed.status)
      const { number: card, account, key } = this.identity
      const witness = { counter: uintIn(signed.data.slice(0, 4)), verified: 'pin' } as const
      const answer = { card, account, witness, algorithm: key.algorithm, signature: signed.data.slice(4) }
      return { outcome: 'signed', answer: { ...answer, password: { form, bytes: sealed.data } } }
    })
  }

  /** At the branch: with the PUK, a new PIN of as many digits as the old one had. */
  async unblock(puk: Secret, pin: Secret): Promise<Unblocked> {
    const { pinLength } = this.identity
    if (pin.length !== pinLength) return { outcome: 'wrong-length', pinLength }
    return unlessRemoved(async () => {
      const data = joined(pinBlock(puk), pinBlock(pin))
      const { status: sw } = await ask(this.#element, { ins: ins.resetRetryCounter, p1: 0, p2: pinReference, data })
      if (sw === status.done) return { outcome: 'unblocked' }
      return isTriesLeft(sw) ? { outcome: 'wrong-puk', triesLeft: sw & 0x0f } : failed(sw)
    })
  }

  async #verify(pin: Secret): Promise<PinTrouble | CardTrouble | undefined> {
    const { pinLength } = this.identity
    if (pin.length !== pinLength) return { outcome: 'wrong-length', pinLength }
    const { status: sw } = await ask(this.#element, { ins: ins.verify, p1: 0, p2: pinReference, data: pinBlock(pin) })
    if (sw === status.done) return undefined
    if (sw === status.blocked) return { outcome: 'blocked' }
    return isTriesLeft(sw) ? { outcome: 'wrong-pin', triesLeft: sw & 0x0f } : failed(sw)
  }
}

function select(element: SecureElement): Promise<CardResponse> {
  return ask(element, { ins: ins.select, p1: 0x04, p2: 0, data: applicationId })
}

function getData(object: number) {
  return { ins: ins.getData, p1: object >> 8, p2: object & 255 }
}

function perform(p1: number, p2: number, data: Uint8Array) {
  return { ins: ins.performSecurityOperation, p1, p2, data }
}

function isTriesLeft(sw: number): boolean {
  return (sw & 0xfff0) === status.triesLeft
}

function failed(sw: number): CardTrouble {
  return sw === status.terminated ? { outcome: 'terminated' } : { outcome: 'failed', status: sw }
}

/** A card that is gone or says what no card says is an outcome; everything else is a fault. */
async function unlessRemoved<T>(talk: () => Promise<T>): Promise<T | CardTrouble> {
  try {
    return await talk()
  } catch (error) {
    if (error instanceof CardRemoved) return { outcome: 'removed', why: error.absence }
    if (error instanceof CardGarbled) return { outcome: 'failed' }
    throw error
  }
}
