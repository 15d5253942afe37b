/** What whoever judges an order knows already: of cards, of what was asked, and of payees. Each institution answers out of its books. */
import type { AccountNumber, InstitutionId } from '../ids.ts'
import type { Secret } from '../secret.ts'
import type { SigningPublicKey } from './cose/signing.ts'
import type { CardNumber } from './numbers.ts'
import type { OrderRequest, Payee } from './order.ts'
import type { PasswordKeys } from './personal-password.ts'

/** A card that its issuer enrolled, as it stands now. */
export interface RegisteredCard {
  readonly issuer: InstitutionId
  readonly account: AccountNumber
  readonly key: SigningPublicKey
  /** `blocked`: by its holder, by phone, until they have it again. `revoked`: for ever. */
  readonly state: 'active' | 'blocked' | 'revoked'
  /** Seconds since 1970. */
  readonly expiresAt: number
  /** The greatest that an order was accepted with; 0 before the first. */
  readonly counter: number
}

/** What became of a nonce of one receiver. */
export type AskedFor =
  /** Asked, not answered yet. The request, where the one who judges knows what it was. */
  | { readonly state: 'open'; readonly request?: OrderRequest }
  | { readonly state: 'used' }
  /** This receiver never asked with it. */
  | { readonly state: 'foreign' }

export interface CardRegister {
  /** `elsewhere`: another bank issued it, and its key is not known here. */
  card(card: CardNumber, issuer: InstitutionId): Promise<RegisteredCard | 'unknown' | 'elsewhere'>
  /** By an issuer a nonce is only known once it was used: it answers `used`, or `open`. */
  asked(receiver: InstitutionId, nonce: Uint8Array): Promise<AskedFor>
  /** What the payee's bank calls them. `elsewhere`: the account is at a bank that is not asked here. */
  payeeName(payee: Payee): Promise<{ readonly name: string } | 'unknown' | 'elsewhere'>
  /** Whether this receiver may collect what is paid to that payee. */
  mayCollect(receiver: InstitutionId, payee: Payee): Promise<boolean>
}

/** How an issuer judges the personal password: it alone can open and compare it. */
export interface PasswordJudge {
  readonly keys: PasswordKeys
  /** Slow on purpose, and counts wrong tries. `undecided`: it could not be compared now. */
  compare(card: CardNumber, password: Secret): Promise<'right' | 'wrong' | 'undecided'>
}
