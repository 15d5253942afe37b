/**
 * A payee whose line sells information, as that line sees it: besides all that any payee does, items of a catalogue are paid
 * for as they are heard. A unit (an item, or a started minute of one) is paid for before it is played, and owed once it has begun.
 */
import type { IntentId } from '../../ids.ts'
import type { Money } from '../../money.ts'
import type { Merchant, UnderReview, VoucherSession } from '../merchant.ts'
import type { CatalogueItem } from './catalogue.ts'

export type { CatalogueItem } from './catalogue.ts'

export interface Information extends Merchant {
  readonly catalogue: readonly CatalogueItem[]

  /** Holds what the item can cost, or as many units of it as the voucher is worth. `lastsMs`: how much sound it is. */
  beginListening(request: {
    intent: IntentId
    session: VoucherSession
    item: string
    lastsMs: number
  }): Promise<Beginning>
  /** Before a unit is played: 1, 2, 3 … Asked again, it is paid for once. */
  payUnit(request: { listening: string; unit: number }): Promise<UnitPayment>
  /** It has begun to be heard, and is owed. What has ended meanwhile has ended with what was begun until then. */
  unitBegun(request: { listening: string; unit: number }): Promise<UnitBegun>
  /** Takes what was begun, and frees the rest. Asked again, it says the same. */
  endListening(request: { listening: string }): Promise<ListeningEnd>
}

export type Beginning =
  | { readonly outcome: 'begun'; readonly listening: string }
  /** Not for one unit. */
  | { readonly outcome: 'insufficient-value'; readonly remaining: Money; readonly price: Money }
  /** By wrong tries, since it was opened: what is held goes on, and nothing new begins. */
  | { readonly outcome: 'locked' }
  | { readonly outcome: 'unknown-item' }
  | { readonly outcome: 'session-ended' }
  | UnderReview
  | { readonly outcome: 'intent-reused' }

export type UnitPayment =
  /** `more`: how many units can be paid after it. */
  | { readonly outcome: 'paid'; readonly more: number }
  | { readonly outcome: 'used-up' }
  /** It was ended, or its time is over. */
  | { readonly outcome: 'ended' }

export interface UnitBegun {
  readonly outcome: 'begun' | 'ended'
}

export interface ListeningEnd {
  /** Zero when nothing had begun. */
  readonly paid: Money
  readonly remaining: Money
  readonly reference: string
}
