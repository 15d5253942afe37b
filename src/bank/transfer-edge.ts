/** Transfers as they cross the edge of a bank, by PIN and by card: plain data, as all that does. */
import type { Refusal } from '../card/judge.ts'
import type { InstitutionNumber } from '../card/numbers.ts'
import type { OrderRequest } from '../card/order.ts'
import type { CardAnswer } from '../card-receiver/edge.ts'
import type { AccountNumber, InstitutionId, IntentId } from '../ids.ts'
import type { SpokenName } from '../languages.ts'
import type { Money } from '../money.ts'
import type { Channel } from '../origin.ts'

export interface TransferOrder {
  readonly intent: IntentId
  readonly from: AccountNumber
  readonly to: AccountNumber
  readonly amount: Money
  readonly channel: Channel
}

export type Transfer =
  | { readonly outcome: 'transferred'; readonly reference: string; readonly balance: Money }
  /** It has left the account, and the other bank has not said yet whether it takes it: its sender hears of it. */
  | { readonly outcome: 'pending'; readonly reference: string; readonly balance: Money; readonly bank: SpokenName }
  /** The other bank did not take it, and it is back on the account. */
  | { readonly outcome: 'came-back'; readonly balance: Money; readonly bank: SpokenName }
  /** No word can be sent to the other bank now. Nothing has left the account. */
  | { readonly outcome: 'bank-out-of-reach'; readonly bank: SpokenName }
  /** As much as may be is owed to the other bank, until the two have settled. Nothing has left the account. */
  | { readonly outcome: 'bank-cap'; readonly bank: SpokenName }
  | { readonly outcome: 'insufficient-funds'; readonly balance: Money }
  | { readonly outcome: 'limit-exceeded'; readonly limit: Money }
  /** More than a PIN alone moves, at once or in a day: the account's card signs it. */
  | { readonly outcome: 'card-needed'; readonly limit: Money }
  /** Its holder has blocked the account that the money was to leave. */
  | { readonly outcome: 'account-blocked' }
  | { readonly outcome: 'unknown-account' }
  | { readonly outcome: 'same-account' }
  | { readonly outcome: 'under-review' }
  | { readonly outcome: 'refused-amount' }
  | { readonly outcome: 'intent-reused' }

/** The refusals of a transfer that are known before anything is signed. */
type TransferRefused = Exclude<Transfer, { outcome: 'transferred' | 'pending' | 'came-back' | 'card-needed' }>

export type CardAsked =
  | {
      readonly outcome: 'asked'
      /** A transfer, with the payee's name as it is to be read back and signed. */
      readonly request: OrderRequest & { readonly type: 'transfer' }
      /** Of the card; this bank. */
      readonly issuer: InstitutionId
      /** By which a challenge in digits names this bank. */
      readonly receiverNumber: InstitutionNumber
      /** By which a frame names the key that an answer as sound is encrypted to: 1 to 255. */
      readonly answerKeyId: number
    }
  /** The account has no card that could sign now. */
  | { readonly outcome: 'no-card' }
  /** Names of other banks' accounts were asked for too often: try again in a moment. */
  | { readonly outcome: 'busy' }
  | TransferRefused

export interface CardAnswered {
  readonly intent: IntentId
  /** Has signed in, and was asked. */
  readonly from: AccountNumber
  /** Of what was asked. */
  readonly nonce: Uint8Array
  readonly answer: CardAnswer
}

export type CardPayment =
  | Exclude<Transfer, { outcome: 'card-needed' }>
  /** Nothing has moved. The order may be answered again while it lives, by another signature. */
  | CardRefused
  /** It is not for this bank, or was cut or changed on its way: the same answer may be sent again. */
  | { readonly outcome: 'unreadable-answer' }
  /** The personal password could not be compared now. Nothing was decided: the same answer may be sent again. */
  | { readonly outcome: 'undecided' }

/** `triesLeft`: of a wrong personal password, until the card is blocked. */
export type CardRefused = { readonly outcome: 'refused'; readonly triesLeft?: number } & Refusal

export interface TransferNews {
  /** The bank's id of the transfer. */
  readonly transfer: string
  /** Final but for `pending`: credited there, or back on the account. */
  readonly state: 'pending' | 'credited' | 'came-back'
  readonly amount: Money
  readonly to: AccountNumber
  readonly bank: SpokenName
  readonly sentAt: number
}
