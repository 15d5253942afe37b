/**
 * The order: what a card signs. A receiver (a bank, a payee, a securities firm) asks for it with a nonce and times of its own,
 * the card's holder says what it is about, and the card appends its counter and how the holder was verified. Both ends put the
 * same order together, so that hardly any of it travels.
 */
import type { AccountNumber, InstitutionId } from '../ids.ts'
import type { Money } from '../money.ts'
import type { CardNumber } from './numbers.ts'

/** Bytes of a nonce. */
export const nonceLength = 8

/** Seconds from when an order was asked for until it is too late to answer. The same for all, as digits have no room for it. */
export const orderLifetimeSeconds = 300

/** Most bytes of a payee's name, in UTF-8. */
export const longestNameBytes = 60

/** From the receiver, who has a clock and makes the nonce. Times are whole seconds since 1970. */
export interface Asked {
  readonly receiver: InstitutionId
  /** 8 bytes that the receiver has never asked with before. */
  readonly nonce: Uint8Array
  readonly issuedAt: number
  readonly expiresAt: number
}

/** From the card. */
export interface Holder {
  readonly issuer: InstitutionId
  readonly card: CardNumber
  /** The account that is debited. */
  readonly account: AccountNumber
}

/** Whom money goes to. The name is signed with the number: one that is not the payee's is refused. */
export interface Payee {
  readonly bank: InstitutionId
  readonly account: AccountNumber
  readonly name: string
}

export type Matter =
  /** Shows who is calling, and does nothing else. */
  | { readonly type: 'sign-in' }
  /** `pay`: to the receiver, for goods. `transfer`: to any account, at the same bank or another. */
  | { readonly type: 'pay' | 'transfer'; readonly payee: Payee; readonly amount: Money }
  /** Money for securities: into the firm's account at the bank, or back out of it to the holder's. */
  | { readonly type: 'fund'; readonly direction: 'in' | 'out'; readonly payee: Payee; readonly amount: Money }
  /** `quantity` is counted in the security, whose ISIN is its asset's code; without a limit it is bought or sold at market. */
  | { readonly type: 'trade'; readonly side: 'buy' | 'sell'; readonly quantity: Money; readonly limit?: Money }
  /** Takes back a trade, by its number, that was not executed yet. */
  | { readonly type: 'cancel'; readonly trade: string }

export type OrderType = Matter['type']

/** What a receiver asks a card's holder to sign. */
export type OrderRequest = Asked & Matter

export type Order = Asked & Holder & Matter

/** Appended by the card, inside what it signs. */
export interface Witness {
  /** Of the card's signatures (application transaction counter): strictly increasing, from 1. */
  readonly counter: number
  /** How the holder was verified. A card here signs only after its PIN. */
  readonly verified: Verified
}

export const verifications = { pin: 1 } as const
export type Verified = keyof typeof verifications

/** The greatest counter: four bytes of it travel. */
export const greatestCounter = 0xffff_ffff
