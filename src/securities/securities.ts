/**
 * The firm's public edge: what its telephone line may ask. Plain data, no channel: a call asks it, and a terminal's card signs it. Whoever
 * acts has signed in by card, and signs each step again.
 */
import type { Isin } from '../card/numbers.ts'
import type { ReceiverAnswered, ReceiverAsked, ReceiverPayment } from '../card-receiver/edge.ts'
import type { AccountNumber, InstitutionId, IntentId } from '../ids.ts'
import type { SpokenName } from '../languages.ts'
import type { Money } from '../money.ts'
import type { becameOf, becameOfCard } from './clients/became.ts'
import type { PaidOut } from './clients/pay-out.ts'
import type { SignedIn } from './clients/sign-in.ts'
import type { Answered, CancelAsked, NotActedOn, TradeAsked, TradeCancelled } from './clients/trading.ts'
import type { Standing } from './positions.ts'
import type { Side, TradeOrder, TradeState, TradeTaken } from './trade.ts'

export type { PaidOut } from './clients/pay-out.ts'
export type { Client, SignedIn } from './clients/sign-in.ts'
export type { NotActedOn, TradeCancelled } from './clients/trading.ts'
export { sharesOf } from './firm.ts'
export type { Side, TradeTaken } from './trade.ts'

export interface Security {
  readonly isin: Isin
  /** What callers key for it. */
  readonly number: string
  readonly name: SpokenName
  /** Of a share, as the list has it now or had it last. Undefined before the firm has ever dealt. */
  readonly price: Money | undefined
}

/** A customer's trade, as they are told of it. */
export interface TradeLine {
  readonly number: string
  readonly side: Side
  readonly isin: Isin
  readonly quantity: Money
  readonly limit: Money | undefined
  readonly state: TradeState
  /** Of a share, once it was executed. */
  readonly price: Money | undefined
  readonly settlesOn: string | undefined
}

export interface Asking {
  readonly account: AccountNumber
  readonly intent: IntentId
}

export interface Securities {
  readonly id: InstitutionId
  readonly name: SpokenName
  readonly timeZone: string
  askSignIn(intent: IntentId): Promise<ReceiverAsked<'sign-in'>>
  signIn(request: ReceiverAnswered): Promise<SignedIn>
  securities(): Promise<readonly Security[]>
  /** Money and shares: what may be used, what is reserved, what is to be settled. */
  standing(account: AccountNumber): Promise<Standing>
  /** Newest first. */
  trades(account: AccountNumber, limit: number): Promise<readonly TradeLine[]>
  askTrade(request: TradeOrder & { readonly intent: IntentId }): Promise<TradeAsked>
  trade(request: Answered): Promise<TradeTaken | NotActedOn>
  askCancel(request: Asking & { readonly trade: string }): Promise<CancelAsked>
  cancel(request: Answered): Promise<TradeCancelled | NotActedOn>
  askPayIn(request: Asking & { readonly amount: Money }): Promise<ReceiverAsked<'fund'>>
  payIn(request: Answered): Promise<ReceiverPayment>
  askPayOut(
    request: Asking & { readonly amount: Money },
  ): Promise<ReceiverAsked<'fund'> | { readonly outcome: 'other-bank' }>
  payOut(request: Answered): Promise<PaidOut | NotActedOn>
  /** What became of a signature whose result was never heard. */
  becameOfCard(signature: Parameters<typeof becameOfCard>[1]): ReturnType<typeof becameOfCard>
  /** The same by intent. What was asked under it and is not answered ends with it. */
  becameOf(request: Asking): ReturnType<typeof becameOf>
}
