/**
 * A receiver of what cards sign that forwards it: a payee, or a securities firm that is funded. What it keeps is in its own
 * database; what it needs besides is here. Made once by its `start`.
 */
import { z } from 'zod'
import type { CardNumber } from '../card/numbers.ts'
import type { Order } from '../card/order.ts'
import { type InstitutionId, type IntentId, institutionIdShape } from '../ids.ts'
import type { KeyStore } from '../keys/keys.ts'
import type { Mail } from '../mail/mail.ts'
import type { Asset, Money } from '../money.ts'
import type { Runtime } from '../runtime.ts'
import type { Store, Tx } from '../store/store.ts'

/** Of a receiver's configuration. Without it no cards are taken. */
export const cardTaking = z.strictObject({
  /** By which terminals know it: no bank and no other receiver has the same. */
  number: z.int().min(0).max(9_999),
  /** The bank with its own account, which tells it account and name. */
  collectsAt: institutionIdShape,
  /** How long the bank of a card may take to answer, with the caller waiting, before what became of it counts as unknown. */
  answerDeadlineMs: z.int().positive().default(8_000),
})

export type CardTaking = z.output<typeof cardTaking>

export interface CardReceiver {
  readonly id: InstitutionId
  readonly runtime: Runtime
  readonly store: Store
  readonly keys: KeyStore
  readonly mail: Pick<Mail, 'wake'>
  readonly currency: Asset
  /** Undefined: it takes no cards. */
  readonly cards: CardTaking | undefined
  /** In the command that takes the issuing bank's word, once for each payment: the money is at the payee's account. */
  readonly paid?: (tx: Tx, payment: TakenPayment, at: number) => Promise<void>
}

/** Who is asked, and under which intent. `principal`: empty where nobody has signed in. */
export interface AskedOf {
  readonly principal: string
  readonly intent: IntentId
}

export interface TakenPayment {
  /** As `payment-id.ts` has it. */
  readonly id: string
  /** Who was asked, and under which intent; both empty in books that lost the asking. */
  readonly principal: string
  readonly intent: IntentId | ''
  readonly order: Order
  readonly card: CardNumber
  readonly counter: number
  readonly issuer: InstitutionId
  readonly amount: Money
  readonly reference: string
}
