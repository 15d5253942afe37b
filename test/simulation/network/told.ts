/**
 * What callers were told, each fact under its intent and numbered in the order of the telling. Whatever was told stays true,
 * but for what an institution told after the moment to which its books were put back.
 */
import type { ResultReason } from '../../../src/card/messages/result.ts'
import type { CardNumber } from '../../../src/card/numbers.ts'
import type { AccountNumber, InstitutionId, IntentId, VoucherNumber } from '../../../src/ids.ts'
import type { Money } from '../../../src/money.ts'
import type { Secret } from '../../../src/secret.ts'

interface Fact {
  /** Whose word it is. */
  readonly by: InstitutionId
  readonly order: number
}

export interface ToldSale extends Fact {
  readonly intent: IntentId
  readonly payee: InstitutionId
  readonly sale: string
  readonly number: VoucherNumber
  readonly password: Secret
  readonly amount: Money
  readonly buyer: AccountNumber
}

export interface ToldPayment extends Fact {
  readonly intent: IntentId
  readonly number: VoucherNumber
  readonly amount: Money
}

export interface ToldTransfer extends Fact {
  readonly intent: IntentId
  readonly from: AccountNumber
  readonly to: AccountNumber
  readonly amount: Money
}

/** A voucher was ended, and so much of it is to go back to whoever bought it. */
export interface ToldEnding extends Fact {
  readonly intent: IntentId
  readonly bank: InstitutionId
  readonly number: VoucherNumber
  readonly amount: Money
  readonly buyer: AccountNumber
}

/** What became of a signature. */
export interface ToldCardPayment extends Fact {
  readonly card: CardNumber
  readonly counter: number
  readonly nonce: Uint8Array
  readonly amount: Money
  /** `not-done`: nothing comes of it. */
  readonly outcome: 'paid' | 'came-back' | 'refused' | 'not-done'
  /** Of a refusal. */
  readonly reason?: ResultReason
}

/** So much of what a card paid goes back to its account, unless the bank refuses it. */
export interface ToldRefund extends Fact {
  readonly payment: IntentId
  readonly amount: Money
  readonly reference: string
}

/** The buyer has it in writing. */
export interface ToldConfirmation extends Fact {
  readonly sale: string
  readonly buyer: AccountNumber
}

type Unnumbered<F extends Fact> = Omit<F, 'order'>

export class Told {
  readonly sales: ToldSale[] = []
  readonly payments: ToldPayment[] = []
  readonly transfers: ToldTransfer[] = []
  /** To accounts of other banks: credited there, or on their way. */
  readonly sendings: ToldTransfer[] = []
  readonly confirmations: ToldConfirmation[] = []
  readonly endings: ToldEnding[] = []
  readonly cardPayments: ToldCardPayment[] = []
  readonly cardRefunds: ToldRefund[] = []
  /** Every intent under which a voucher was paid with, answered or not. */
  readonly asked: { readonly by: InstitutionId; readonly intent: IntentId; readonly number: VoucherNumber }[] = []
  readonly #putBack: { readonly who: InstitutionId; readonly from: number; readonly to: number }[] = []
  #order = 0

  /** The moment, for `putBack`. */
  get now(): number {
    return this.#order
  }

  sold(fact: Unnumbered<ToldSale>): ToldSale {
    return this.#add(this.sales, fact)
  }

  paid(fact: Unnumbered<ToldPayment>): void {
    this.#add(this.payments, fact)
  }

  transferred(fact: Unnumbered<ToldTransfer>): void {
    this.#add(this.transfers, fact)
  }

  sent(fact: Unnumbered<ToldTransfer>): void {
    this.#add(this.sendings, fact)
  }

  ended(fact: Unnumbered<ToldEnding>): void {
    this.#add(this.endings, fact)
  }

  byCard(fact: Unnumbered<ToldCardPayment>): void {
    this.#add(this.cardPayments, fact)
  }

  refunded(fact: Unnumbered<ToldRefund>): void {
    this.#add(this.cardRefunds, fact)
  }

  confirmed(fact: Unnumbered<ToldConfirmation>): void {
    this.#add(this.confirmations, fact)
  }

  /** The books of `who` are again what they were at the moment `from`. */
  putBack(who: InstitutionId, from: number): void {
    this.#putBack.push({ who, from, to: this.#order })
  }

  /** Whether the books that knew it were put back to a moment before. */
  mayBeLost({ by, order }: Fact): boolean {
    return this.#putBack.some(({ who, from, to }) => who === by && order > from && order <= to)
  }

  /** Whether any of these had its books put back. */
  wentBack(...whom: readonly InstitutionId[]): boolean {
    return this.#putBack.some(({ who }) => whom.includes(who))
  }

  /** Whether anybody's books went back. */
  get hasLost(): boolean {
    return this.#putBack.length > 0
  }

  #add<F extends Fact>(facts: F[], fact: Unnumbered<F>): F {
    const numbered = { ...fact, order: ++this.#order } as F
    facts.push(numbered)
    return numbered
  }
}
