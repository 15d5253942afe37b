/**
 * What a customer does while they are signed in: orders that were read back and wait for a yes, secrets that they may see for a
 * moment, a passkey that is being set up. It lies in this process alone, and goes with the session.
 */
import { hash } from 'node:crypto'
import type {
  AccountHolder,
  Bank,
  Blockable,
  BoughtVoucher,
  CameBack,
  Customer,
  Payee,
  PinChange,
  SignedIn,
} from '../../bank/bank.ts'
import type { Enrolled } from '../../bank/passkeys.ts'
import { encodeCanonical } from '../../canonical.ts'
import type { IntentId } from '../../ids.ts'
import type { Money } from '../../money.ts'
import type { Runtime } from '../../runtime.ts'
import type { Secret } from '../../secret.ts'
import type { Answer } from '../page.ts'

/** What is read back before it is done. */
export type Order =
  | { readonly kind: 'sale'; readonly payee: Payee; readonly amount: Money }
  | { readonly kind: 'transfer'; readonly to: AccountHolder; readonly amount: Money }
  | { readonly kind: 'pin'; readonly next: Secret }
  | { readonly kind: 'block'; readonly what: Blockable }
  | { readonly kind: 'be-paid' | 'stop-being-paid' }
  /** To be shown number and password of a voucher that is not written down yet. */
  | { readonly kind: 'told'; readonly voucher: BoughtVoucher }
  /** To be shown the backup password. */
  | { readonly kind: 'backup'; readonly voucher: BoughtVoucher }

export interface Pending {
  readonly intent: IntentId
  readonly order: Order
  /** What a passkey signs, base64url: the order itself, and a random number of this one time. */
  readonly challenge: string
  /** It is being done, or was: a second click comes to what the first one did. */
  doing?: Promise<Done> | undefined
}

export interface Done {
  readonly answer: Answer | 'not-signed'
  /** The order is decided. What is not can be confirmed again. */
  readonly isOver: boolean
}

export interface Enrolling {
  /** It is being set up: a second click waits for the first. */
  doing?: Promise<Enrolled | { readonly outcome: 'unknown' }> | undefined
  readonly enrolment: string
  readonly name: string
  readonly challenge: string
}

/** More is kept of nobody; the oldest gives way. */
const mostPending = 20
/** A secret that was confirmed with a passkey may be looked at for so long, by way back and reload too. */
const sightMs = 120_000
const nonceBytes = 32

export class BankSession {
  readonly customer: Customer
  #signedIn: SignedIn
  #changing: Promise<unknown> | undefined
  readonly #runtime: Runtime
  readonly #pending = new Map<IntentId, Pending>()
  readonly #seeable = new Map<string, number>()
  enrolling: Enrolling | undefined
  /** What came back to the account, and its holder has not heard of. */
  returned: readonly CameBack[]

  constructor(runtime: Runtime, customer: Customer, returned: readonly CameBack[]) {
    this.returned = returned
    this.#runtime = runtime
    this.customer = customer
    this.#signedIn = customer
  }

  /** False as soon as the account has another PIN than the one it was opened with, unless it was changed here. */
  async isOpen(bank: Pick<Bank, 'isSignedIn'>): Promise<boolean> {
    // A second click waits until it is known what the first one has changed.
    await this.#changing?.catch(() => {})
    return bank.isSignedIn(this.#signedIn)
  }

  /** Changes the PIN, and goes on under the new one. */
  async changePin<C extends PinChange | { readonly outcome: 'unknown' }>(
    change: (session: SignedIn) => Promise<C>,
  ): Promise<C> {
    const changing = change(this.#signedIn)
    this.#changing = changing
    const changed = await changing
    if (changed.outcome === 'changed') this.#signedIn = changed.session
    return changed
  }

  /** From now on it can be confirmed, at an address that holds its intent. */
  hold(intent: IntentId, order: Order): Pending {
    const nonce = this.drawNonce()
    const facts = ['tonebank page', this.customer.account, intent, order.kind, ...factsOf(order), nonce]
    const challenge = hash('sha256', encodeCanonical(facts), 'buffer').toString('base64url')
    const held = { intent, order, challenge }
    this.#pending.set(intent, held)
    const [oldest] = this.#pending.keys()
    if (this.#pending.size > mostPending && oldest !== undefined) this.#pending.delete(oldest)
    return held
  }

  pending(intent: IntentId | undefined): Pending | undefined {
    return intent && this.#pending.get(intent)
  }

  drawNonce(): string {
    return Buffer.from(this.#runtime.random(nonceBytes)).toString('base64url')
  }

  /** `secret`: `told` or `backup`, and the voucher's id. */
  mayNowSee(secret: string): void {
    this.#seeable.set(secret, this.#runtime.monotonicMs() + sightMs)
  }

  maySee(secret: string): boolean {
    return (this.#seeable.get(secret) ?? 0) > this.#runtime.monotonicMs()
  }

  seeNoMore(secret: string): void {
    this.#seeable.delete(secret)
  }
}

/** Everything that makes this order this order: who signs one has not signed another. */
function factsOf(order: Order): readonly unknown[] {
  switch (order.kind) {
    case 'sale':
      return [order.payee.id, ...moneyOf(order.amount)]
    case 'transfer':
      return [order.to.account, ...moneyOf(order.amount)]
    case 'pin':
    case 'be-paid':
    case 'stop-being-paid':
      return []
    case 'block':
      return [order.what]
    case 'told':
    case 'backup':
      return [order.voucher.id]
  }
}

const moneyOf = ({ minor, asset }: Money) => [minor, asset.code, asset.scale]
