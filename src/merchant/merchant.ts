/**
 * A merchant (payee) as its telephone line sees it: vouchers are opened with number and password, paid with, asked for
 * their balance. Everything that crosses this edge is plain data (and `Secret`). Refusals are outcomes.
 */
import type { Inquiry } from '../card/messages/inquiry.ts'
import type { ReceiverAnswered, ReceiverAsked, ReceiverBecame, ReceiverPayment } from '../card-receiver/edge.ts'
import type { InstitutionId, IntentId, VoucherNumber } from '../ids.ts'
import type { SpokenName } from '../languages.ts'
import type { Money } from '../money.ts'
import type { Origin } from '../origin.ts'
import type { Secret } from '../secret.ts'
import type { NumberPlan } from '../voucher/voucher-number.ts'

export interface Merchant {
  readonly id: InstitutionId
  readonly name: SpokenName
  /** IANA name of the time zone that its dates and times are told in. */
  readonly timeZone: string

  /** What all its voucher numbers look like, so that a slip of the finger is heard at once. */
  readonly numbers: NumberPlan
  /** Whether it is set up for payments that a card signs. Until a bank has admitted it, none is taken all the same. */
  readonly takesCards: boolean

  /** Verifies number and password. Every failure but the check digits is one outcome and takes the same time. */
  openVoucher(request: OpeningRequest): Promise<Opening>
  /** Tells the payment password of now to whoever has the backup password. Failures are as alike as `openVoucher`'s. */
  revealPassword(request: BackupRequest): Promise<Revealing>
  /** The backup password gives a locked voucher its tries back. Failures likewise. */
  unlock(request: BackupRequest): Promise<Unlocking>

  /** Whether a password may be chosen, before its caller keys it a second time. `changePassword` judges again. */
  judgePassword(request: { number: VoucherNumber; next: Secret }): Promise<PasswordJudgement>
  /** Every other session of the voucher ends with it; this one goes on under the token that comes back. */
  changePassword(request: { intent: IntentId; session: VoucherSession; next: Secret }): Promise<PasswordChange>

  /** Authorises and captures at once. The session proves that the password was verified in this call. */
  pay(request: { intent: IntentId; session: VoucherSession; amount: Money }): Promise<Payment>
  balance(session: VoucherSession): Promise<VoucherBalance>
  /** False once the voucher has another password than the one that opened it, or was ended. */
  isOpen(session: VoucherSession): Promise<boolean>
  /** The caller has heard what was given back, by its references. */
  heardOf(request: { session: VoucherSession; references: readonly string[] }): Promise<void>
  /** Newest first. */
  lastPayments(session: VoucherSession, limit: number): Promise<PastPayments>
  /** One payment with the voucher, by the reference that its payer was told. */
  findPayment(request: { session: VoucherSession; reference: string }): Promise<FoundPayment>

  /** The password is dead at once; what is left goes back, at the day end, to the account that bought the voucher. */
  endVoucher(request: { intent: IntentId; session: VoucherSession }): Promise<Termination>
  /** An order that a shop signed and its customer brings. */
  findOrder(presented: PresentedOrder): Promise<FoundOrder>
  /** Pays it with an open voucher. However often it is asked, an order is paid once. */
  payOrder(request: { session: VoucherSession; order: PresentedOrder }): Promise<OrderPayment>

  /**
   * Asks for an order that a card signs: this payee is paid that much. What was asked for under the same intent before, and not
   * answered, ends with it.
   */
  askByCard(request: { intent: IntentId; amount: Money }): Promise<ReceiverAsked<'pay'>>
  /** The answer is pre-checked, goes to the card's bank, and is waited for a while. The same answer again has the same outcome. */
  payByCard(request: ReceiverAnswered): Promise<ReceiverPayment>
  /** What became of a signature whose result was never heard. Whoever asks knows its nonce, and is told outcome, amount, reference. */
  becameOfCard(request: Inquiry): Promise<ReceiverBecame>
  /** The same by intent, for a call that outlived its process. What was asked for under it, and is not answered, ends with it. */
  becameOfCardIntent(intent: IntentId): Promise<ReceiverBecame>

  /** What became of a voucher's request, by its intent. */
  resolve(request: { intent: IntentId; principal: VoucherNumber }): Promise<Resolution>
}

/**
 * Given by `openVoucher`; ends with the call, and is dead at once when the password changes or the voucher ends. A lock does
 * not end it: else whoever knows a number could, by wrong tries.
 */
export interface VoucherSession {
  readonly voucher: VoucherNumber
  readonly token: string
}

export interface OpeningRequest {
  readonly number: VoucherNumber
  readonly password: Secret
  /** It only slows whoever tries too often, and is never stored. */
  readonly origin: Origin
}

export type Opening =
  | {
      readonly outcome: 'open'
      readonly session: VoucherSession
      readonly remaining: Money
      readonly givenBack: readonly GivenBack[]
    }
  | { readonly outcome: 'bad-number' }
  /** Wrong, unknown, unsold or locked: one sentence for all of them. */
  | { readonly outcome: 'refused' }
  | UnderReview
  | { readonly outcome: 'busy' }
  | Dead

/** The secret was right, and the payee's books went back in time: two people have not looked at this voucher yet. */
export interface UnderReview {
  readonly outcome: 'under-review'
}

/** The secret was right, and the voucher is used up or was ended. */
export type Dead = { readonly outcome: 'exhausted' } | { readonly outcome: 'terminated' }

/** Whatever else is wrong, by one answer, or nothing was found out. */
export type Unproved =
  | { readonly outcome: 'bad-number' }
  | { readonly outcome: 'refused' }
  | { readonly outcome: 'busy' }

export interface BackupRequest {
  readonly number: VoucherNumber
  readonly backup: Secret
  readonly origin: Origin
}

export type Revealing =
  /** `isLocked`: the password is right, and opens nothing until the voucher is unlocked. */
  { readonly outcome: 'revealed'; readonly password: Secret; readonly isLocked: boolean } | Unproved | Dead

export type Unlocking = { readonly outcome: 'unlocked' } | { readonly outcome: 'not-locked' } | Unproved | Dead

/** `too-easy`: one of the passwords that a thief tries first, or not of 8 to 12 digits. */
export type PasswordJudgement = { readonly outcome: 'fit' } | { readonly outcome: 'too-easy' }

export type PasswordChange =
  | { readonly outcome: 'changed'; readonly session: VoucherSession }
  | { readonly outcome: 'too-easy' }
  | { readonly outcome: 'session-ended' }

export type Payment =
  /** `reference`: six digits to quote to the shop. */
  | { readonly outcome: 'paid'; readonly amount: Money; readonly remaining: Money; readonly reference: string }
  | { readonly outcome: 'insufficient-value'; readonly remaining: Money }
  /** No amount that can be paid here: nothing or less, another currency or scale, more than any row holds. */
  | { readonly outcome: 'refused-amount' }
  | { readonly outcome: 'session-ended' }
  | UnderReview
  | { readonly outcome: 'intent-reused' }

export type VoucherBalance =
  | { readonly outcome: 'open'; readonly remaining: Money; readonly givenBack: readonly GivenBack[] }
  | { readonly outcome: 'session-ended' }

/** Of a payment, by the shop: the caller has not heard of it yet. */
export interface GivenBack {
  readonly at: number
  readonly amount: Money
  readonly reference: string
}

export type Termination =
  /** `amount`: exactly what was left. */
  | { readonly outcome: 'ended'; readonly amount: Money; readonly reference: string }
  | { readonly outcome: 'nothing-left' }
  /** Something is being paid by the minute, or people are looking at the voucher: not before that is over. */
  | { readonly outcome: 'not-now' }
  | { readonly outcome: 'session-ended' }
  | { readonly outcome: 'intent-reused' }

export type PastPayments =
  | { readonly outcome: 'open'; readonly payments: readonly PastPayment[] }
  | { readonly outcome: 'session-ended' }

/** `remaining`: what the voucher has left now. */
export type FoundPayment =
  | { readonly outcome: 'found'; readonly payment: PastPayment; readonly remaining: Money }
  | { readonly outcome: 'not-found' }
  | { readonly outcome: 'session-ended' }

/** `reversal`: given back to the voucher by the shop. */
export interface PastPayment {
  readonly kind: 'payment' | 'reversal'
  readonly at: number
  readonly amount: Money
  readonly reference: string
}

export type Resolution =
  | {
      readonly outcome: 'done'
      /** `listening`: to an item of a catalogue; it is over. */
      readonly kind: 'payment' | 'listening'
      readonly amount: Money
      readonly remaining: Money
      readonly reference: string
    }
  | { readonly outcome: 'done'; readonly kind: 'password-change' }
  | { readonly outcome: 'done'; readonly kind: 'termination'; readonly amount: Money; readonly reference: string }
  | { readonly outcome: 'not-done' }

/** As its customer brings it. `minor` and `expires` (seconds since 1970) are decimal digits; the rest is the shop's word. */
export interface PresentedOrder {
  /** The shop's API key, by its id. */
  readonly key: string
  /** The shop's own name for it. */
  readonly order: string
  readonly minor: string
  readonly currency: string
  readonly returnTo: string
  readonly expires: string
  readonly signature: string
}

export interface ShopOrder {
  readonly id: string
  readonly shop: string
  readonly amount: Money
  /** Where its customer goes on. */
  readonly returnTo: string
  /** The payment's reference, once it was paid. */
  readonly paid: string | undefined
}

export type FoundOrder =
  | { readonly outcome: 'found'; readonly order: ShopOrder }
  /** Not signed by a key that may be used, changed on its way, or of no amount that can be paid. */
  | { readonly outcome: 'bad-order' }
  | { readonly outcome: 'expired' }

export type OrderPayment =
  | { readonly outcome: 'paid'; readonly reference: string }
  /** Before, by the payment of this reference. */
  | { readonly outcome: 'order-paid'; readonly reference: string }
  | { readonly outcome: 'insufficient-value'; readonly remaining: Money }
  | { readonly outcome: 'session-ended' }
  | UnderReview
  | Exclude<FoundOrder, { outcome: 'found' }>
