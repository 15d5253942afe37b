/**
 * A payee as the programs of its shops see it, each by an API key of its own. Everything that crosses this edge is plain
 * data (and `Secret`). Refusals are outcomes. Ids of requests are scoped to the key and the voucher, and idempotent for ever.
 */
import type { IntentId, VoucherNumber } from '../../ids.ts'
import type { Money } from '../../money.ts'
import type { Secret } from '../../secret.ts'
import type { Dead, UnderReview } from '../merchant.ts'

export interface Till {
  /** Whose key this is. Undefined: nobody's, or one that was revoked. */
  /** Every other question of a key that is revoked by then rejects with `RevokedMeanwhile`, unless it was answered before. */
  identify(presented: Secret): Promise<ApiKey | undefined>

  /** Verifies number and password, and pays at once. */
  pay(request: Redemption): Promise<TillPayment>
  /** Verifies number and password, and holds the amount for `holdMs`. */
  authorise(request: Redemption & { readonly holdMs: number }): Promise<Authorisation>
  /** Pays a part of what is held; `isLast` frees the rest. Without an amount all that is left of it. */
  capture(request: OfAuthorisation & { readonly amount?: Money; readonly isLast: boolean }): Promise<Capture>
  /** Frees what is held and was not captured. */
  release(request: OfAuthorisation): Promise<Release>

  /** Gives back a payment of this key's, whole or in part: to its voucher, or after cut-off to the account that bought it. */
  giveBack(request: Returning): Promise<Returned>
  /** Verifies number and password, and ends the voucher: what is left goes to the account that bought it. */
  end(request: Ending): Promise<Ended>

  authorisation(request: { readonly key: ApiKey; readonly id: string }): Promise<AuthorisationStanding | undefined>
  /** Newest first, by whichever channel they were made. `before`: the `event` of the last one of the page before. */
  payments(request: { readonly limit: number; readonly before?: string }): Promise<readonly MadePayment[]>
}

/** A program of a shop, by its key. */
export interface ApiKey {
  readonly id: string
  readonly name: string
  /** Where its shop is told of payments. */
  readonly webhook: string | undefined
}

export interface Redemption {
  readonly key: ApiKey
  readonly intent: IntentId
  readonly number: VoucherNumber
  readonly password: Secret
  readonly amount: Money
  /** The shop's own name for what is paid; it can be paid once. */
  readonly order?: string
}

export interface OfAuthorisation {
  readonly key: ApiKey
  readonly intent: IntentId
  readonly id: string
}

/** Why number and password opened nothing. */
export type NotOpened =
  | { readonly outcome: 'bad-number' }
  /** Wrong, unknown, unsold or locked: one answer for all of them. */
  | { readonly outcome: 'refused' }
  | { readonly outcome: 'busy' }
  | UnderReview
  | Dead

export type NotRedeemed =
  | { readonly outcome: 'insufficient-value'; readonly remaining: Money }
  | { readonly outcome: 'refused-amount' }
  | OrderPaid
  | UnderReview
  | { readonly outcome: 'intent-reused' }

/** By the payment of this reference. */
export interface OrderPaid {
  readonly outcome: 'order-paid'
  readonly reference: string
}

export type TillPayment =
  | {
      readonly outcome: 'paid'
      readonly event: string
      readonly amount: Money
      readonly remaining: Money
      readonly reference: string
    }
  | NotOpened
  | NotRedeemed

export type Authorisation =
  | {
      readonly outcome: 'authorised'
      readonly id: string
      readonly amount: Money
      readonly remaining: Money
      readonly reference: string
      readonly expiresAt: number
    }
  | NotOpened
  | NotRedeemed

export type Capture =
  | {
      readonly outcome: 'captured'
      readonly event: string
      readonly amount: Money
      /** Still held. */
      readonly left: Money
      readonly reference: string
    }
  | NotStanding
  | { readonly outcome: 'exceeds-authorisation'; readonly left: Money }
  | { readonly outcome: 'refused-amount' }
  | { readonly outcome: 'intent-reused' }

export type Release = { readonly outcome: 'released' } | NotStanding | { readonly outcome: 'intent-reused' }

export interface Returning {
  readonly key: ApiKey
  readonly intent: IntentId
  /** The payment's, or the capture's. */
  readonly event: string
  /** Undefined: all that was not given back yet. */
  readonly amount: Money | undefined
  readonly reason: string
}

export type Returned =
  | {
      readonly outcome: 'given-back'
      /** The account that bought the voucher is paid after the next day end, when its bank accepts it. */
      readonly to: 'voucher' | 'account'
      readonly amount: Money
      readonly reference: string
    }
  /** No payment that this key made. */
  | { readonly outcome: 'unknown-payment' }
  | { readonly outcome: 'exceeds-payment'; readonly left: Money }
  /** Its voucher is used up or was ended: it can go to the account once the business date is over. */
  | { readonly outcome: 'not-before-cut-off' }
  | { readonly outcome: 'refused-amount' }
  | { readonly outcome: 'intent-reused' }

export interface Ending {
  readonly key: ApiKey
  readonly intent: IntentId
  readonly number: VoucherNumber
  readonly password: Secret
}

export type Ended =
  /** `amount`: exactly what was left. */
  | { readonly outcome: 'ended'; readonly amount: Money; readonly reference: string }
  | { readonly outcome: 'nothing-left' }
  /** Something of it is held. */
  | { readonly outcome: 'not-now' }
  | NotOpened
  | { readonly outcome: 'intent-reused' }

export type NotStanding =
  | { readonly outcome: 'unknown-authorisation' }
  | { readonly outcome: 'not-open'; readonly state: 'captured' | 'released' | 'expired' }

export interface AuthorisationStanding {
  readonly id: string
  readonly state: 'open' | 'captured' | 'released' | 'expired'
  readonly amount: Money
  readonly captured: Money
  readonly reference: string
  readonly expiresAt: number
  readonly order: string | undefined
}

export interface MadePayment {
  readonly event: string
  readonly at: number
  readonly amount: Money
  readonly reference: string
  /** The last four digits of the voucher's number. */
  readonly voucherEnding: string
  readonly order: string | undefined
}
