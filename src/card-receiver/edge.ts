/**
 * Card payments as they cross the edge of a receiver that forwards what a card signed: a payee, a securities firm. Plain data, which
 * knows no call: whoever asked the card hands its answer in, and is told what became of it.
 */
import type { CardResult, ResultReason } from '../card/messages/result.ts'
import type { InstitutionNumber } from '../card/numbers.ts'
import type { OrderRequest, OrderType } from '../card/order.ts'
import type { InstitutionId, IntentId } from '../ids.ts'
import type { Money } from '../money.ts'

/** What a card and its holder answered, as it came over the line. */
export type CardAnswer =
  /** The payload of one frame, and the key id in its header. */
  | { readonly way: 'sound'; readonly keyId: number; readonly bytes: Uint8Array }
  /** Both parts, joined. */
  | { readonly way: 'digits'; readonly bytes: Uint8Array }

export type ReceiverAsked<T extends OrderType = OrderType> =
  | {
      readonly outcome: 'asked'
      /** With the payee's name as it is to be read back and signed. */
      readonly request: OrderRequest & { readonly type: T }
      /** By which a challenge in digits names this receiver. */
      readonly receiverNumber: InstitutionNumber
      /** By which a frame names the key that an answer as sound is encrypted to: 1 to 255. */
      readonly answerKeyId: number
    }
  /** It takes no cards: it is not set up for them, or its bank has not admitted it yet. */
  | { readonly outcome: 'no-cards' }
  /** Nothing or less, another currency or scale. */
  | { readonly outcome: 'refused-amount' }
  /** Something was forwarded under this intent that was not refused: ask what became of it. */
  | { readonly outcome: 'intent-reused' }

export interface ReceiverAnswered {
  readonly intent: IntentId
  /** Of what was asked. */
  readonly nonce: Uint8Array
  readonly answer: CardAnswer
}

/** What became of what a card signed, as far as this receiver knows. */
export type Forwarded =
  /** At the payee's account. `reference`: the issuing bank's, which stands on its customer's statement. */
  | { readonly outcome: 'paid'; readonly amount: Money; readonly reference: string }
  /** It has left the card's account, and the payee's bank has not taken it yet. */
  | { readonly outcome: 'on-its-way'; readonly amount: Money; readonly reference: string }
  /** It had left, and the payee's bank did not take it: it is back on the card's account. */
  | { readonly outcome: 'came-back'; readonly amount: Money }
  /** Forwarded, and the issuing bank has not answered yet: it is asked for again, and never signed again. */
  | { readonly outcome: 'unknown'; readonly amount: Money }
  | ReceiverRefused

/**
 * Nothing has moved: by the pre-check, or by the issuing bank's judgement. A payee is told no balance and no limit of a customer's.
 * Another order may be asked for under the same intent.
 */
export interface ReceiverRefused {
  readonly outcome: 'refused'
  readonly reason: ResultReason
  /** Of `changed-field`. */
  readonly field?: string
  /** Of `wrong-password`; with 0 the card is blocked now. */
  readonly triesLeft?: number
}

export type ReceiverPayment =
  | Forwarded
  /** It is not for this receiver, or was cut or changed on its way: the same answer may be sent again. Nothing was used up. */
  | { readonly outcome: 'unreadable-answer' }

export type ReceiverBecame =
  | Forwarded
  /** Nothing was accepted, and nothing will be that was signed before this was asked. */
  | { readonly outcome: 'not-done' }

/** What a card payment is to the people of a receiver. */
export interface CardPaymentLine {
  /** By which it is known at both ends. */
  readonly id: IntentId
  readonly at: number
  readonly amount: Money
  readonly state: 'forwarded' | 'sent' | 'paid' | 'came-back' | 'refused'
  /** The bank that issued the card. */
  readonly issuer: InstitutionId
  /** Its last digits: `••••••••••1234`. */
  readonly card: string
  /** The issuing bank's, once the money has left the card's account. */
  readonly reference: string
  /** Why it was refused. */
  readonly reason: string
}

/** What a terminal is told: its caller hears the same in whole sentences. */
export function resultOf(became: ReceiverPayment | ReceiverBecame): CardResult {
  switch (became.outcome) {
    case 'paid':
    case 'on-its-way':
      return { outcome: became.outcome, reference: became.reference }
    case 'unknown':
      return { outcome: 'unknown' }
    case 'not-done':
      return { outcome: 'not-accepted' }
    case 'came-back':
      return { outcome: 'refused', reason: 'not-now' }
    case 'unreadable-answer':
      return { outcome: 'refused', reason: 'unreadable' }
    case 'refused': {
      const { reason, triesLeft } = became
      return { outcome: 'refused', reason, ...(triesLeft !== undefined && { triesLeft }) }
    }
  }
}
