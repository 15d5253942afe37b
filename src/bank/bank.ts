/**
 * A bank as its telephone line and its tellers see it. Everything that crosses this edge is plain data (and `Secret`),
 * so that the bank can move to another thread or machine without a change, and it knows no channel but by name. Refusals are outcomes, never exceptions;
 * a request that may not have been carried out rejects with `UnknownOutcome`, and is asked for again by its intent.
 */
import type { Inquiry } from '../card/messages/inquiry.ts'
import type { AccountNumber, InstitutionId, IntentId, VoucherNumber } from '../ids.ts'
import type { Language, SpokenName } from '../languages.ts'
import type { Money } from '../money.ts'
import type { Channel, Origin } from '../origin.ts'
import type { Secret } from '../secret.ts'
import type { CardAnswered, CardAsked, CardPayment, Transfer, TransferNews, TransferOrder } from './transfer-edge.ts'

export type { CardAnswered, CardAsked, CardPayment, Transfer, TransferNews, TransferOrder } from './transfer-edge.ts'

export interface Bank {
  readonly id: InstitutionId
  /** As it is said at the start of a call, by language. */
  readonly name: SpokenName
  /** IANA name of the time zone that its dates and times are told in. */
  readonly timeZone: string

  /** Checks a PIN. An unknown account, a telephone that stands for none and a wrong PIN are one outcome, and take the same time. */
  signIn(request: SignInRequest): Promise<SignIn>
  /** The customer has heard of what came back, by its ids. */
  heardOfReturned(request: { account: AccountNumber; ids: readonly string[] }): Promise<void>
  rememberLanguage(request: { account: AccountNumber; language: Language }): Promise<void>
  /** Whether a PIN may be chosen, before its caller keys it a second time. `changePin` judges again. */
  judgePin(request: { account: AccountNumber; next: Secret }): Promise<PinJudgement>
  changePin(request: NewPin): Promise<PinChange>
  /** Whether the PIN that was right then is the account's PIN still. Whoever signed in with another one signs in again. */
  isSignedIn(session: SignedIn): Promise<boolean>

  /** In which language whoever registered this telephone is spoken to. Undefined: nobody did, or has said yet. */
  languageAt(origin: Origin): Promise<Language | undefined>
  /** Whether `#` alone stands for the account at this telephone. */
  telephoneStanding(request: { account: AccountNumber; origin: Origin }): Promise<TelephoneStanding>
  registerTelephone(request: { session: SignedIn; origin: Origin }): Promise<TelephoneRegistration>
  forgetTelephone(request: { account: AccountNumber; origin: Origin }): Promise<void>

  balance(account: AccountNumber): Promise<Money>
  /** Newest first. */
  recentTransactions(account: AccountNumber, limit: number): Promise<readonly PastTransaction[]>

  /** The payees whose vouchers this bank sells, by the number a caller keys: shops, and customers who are payees. */
  findPayee(number: string): Promise<Payee | undefined>
  /** The shops among them: nobody is told a list of the customers. */
  payees(): Promise<readonly Payee[]>
  /** The holder of an account of this bank. */
  findAccount(account: AccountNumber): Promise<AccountHolder | undefined>
  /** Where the customer of an account is told in writing what happens on it, masked. `none`: nowhere. Undefined: this bank writes to nobody. */
  writtenTo(account: AccountNumber): Promise<string | 'none' | undefined>
  /** Whose an account of any bank is, to be read back to `by`, who has signed in, before a transfer. */
  nameHolder(request: { by: AccountNumber; account: AccountNumber }): Promise<HolderNamed>

  /** Whether a customer is a payee. */
  beingPaid(account: AccountNumber): Promise<BeingPaid>
  /** Its host is asked, once; the caller waits a while for its answer. */
  becomePayee(account: AccountNumber): Promise<BeingPaid>
  /** Nothing of the payee is sold from now on. What was sold is honoured. */
  stopBeingPaid(account: AccountNumber): Promise<BeingPaid>

  /** What an account bought last, while it is on sale. */
  lastBought(buyer: AccountNumber): Promise<OnSale | undefined>
  sellVoucher(request: VoucherOrder): Promise<Sale>
  /** The caller has the number and password in writing. From here the password is gone from this bank for ever. */
  confirmHeard(request: { buyer: AccountNumber; voucher: string }): Promise<Confirmation>
  /** Every voucher of a buyer, newest first; those not yet confirmed carry their password. */
  vouchers(buyer: AccountNumber): Promise<readonly BoughtVoucher[]>
  /** A voucher's backup password, for the account that bought it and nobody else, as often as it asks. */
  backupPassword(request: { buyer: AccountNumber; voucher: string }): Promise<BackupTelling>

  /** To an account of this bank or of another. */
  transfer(request: TransferOrder): Promise<Transfer>
  /**
   * What a card of the account is to sign for a transfer. Each time under a nonce of its own, which ends the one before; an
   * intent that was decided is not asked for again.
   */
  askByCard(order: TransferOrder): Promise<CardAsked>
  /** What card and holder answered, as it came over the line. The same answer again has the same outcome. */
  payByCard(request: CardAnswered): Promise<CardPayment>
  /**
   * What became of what a card of the account signed, by its own count, for whoever never heard an answer. What the account was
   * asked for and has not answered ends with it, so that what was not done stays so.
   */
  becameOfCard(request: Inquiry & { account: AccountNumber }): Promise<CardResolution>
  /** Of the account's transfers to other banks: what has not been told to it yet, oldest first. */
  transferNews(account: AccountNumber): Promise<readonly TransferNews[]>
  /** The caller has heard what became of it. */
  heardOfTransfer(request: { account: AccountNumber; transfer: string }): Promise<void>

  /** At the customer's word, at once. Two people at a branch open it again. */
  block(request: { intent: IntentId; account: AccountNumber; what: Blockable; channel: Channel }): Promise<Blocking>

  /** A new one-use code by which a passkey is enrolled at the bank's page, for a caller who has signed in. It ends the one before. */
  passkeyCode(account: AccountNumber): Promise<PasskeyCode>

  /**
   * What became of an account's request, by its intent: for a caller whose call outlived the process that served it. What a card
   * was asked for under it, and has not answered, ends with it.
   */
  resolve(request: { intent: IntentId; principal: AccountNumber }): Promise<Resolution>
}

/** Who has signed in, and with which PIN. It is worth nothing once the account has another PIN, or is closed. */
export interface SignedIn {
  readonly account: AccountNumber
  /** Of the account's PINs, the one that was right: the first is 1. */
  readonly pinGeneration: bigint
}

export interface Customer extends SignedIn {
  readonly name: SpokenName
  /** The language of the customer's earlier calls. */
  readonly language: Language | undefined
}

/** The account that was registered for the telephone that calls, whichever that is. */
export const ofThisTelephone = 'of this telephone'

export interface SignInRequest {
  readonly account: AccountNumber | typeof ofThisTelephone
  readonly pin: Secret
  /** Wrong PINs close the account to it. Stored as a fingerprint under a key, never in the clear. */
  readonly origin: Origin
}

export type SignIn =
  /** `returned`: what came back since the last call, and the caller has not heard of. */
  | { readonly outcome: 'signed-in'; readonly customer: Customer; readonly returned: readonly CameBack[] }
  /** `triesLeft`: from this origin, before the account is closed to it. */
  | { readonly outcome: 'refused'; readonly triesLeft: number }
  /** Three wrong PINs came from this origin: the account is closed to it, each time for longer. */
  | { readonly outcome: 'closed'; readonly forMs: number }
  /**
   * Ten wrong PINs came today: the account is closed until the next business date or a visit to a branch, but for origins
   * where its PIN was right within 90 days.
   */
  | { readonly outcome: 'closed-today' }
  /** The PIN was right, and its holder has blocked signing in by telephone. */
  | { readonly outcome: 'blocked' }
  /** The bank's books went back in time, and two people have not looked at this account yet. Its PIN was right. */
  | { readonly outcome: 'under-review' }
  /** Too many at once, or too often from one place: try again in a moment. */
  | { readonly outcome: 'busy' }

/** `not-attested`: the network does not vouch for it, so it stands for nobody. */
export type TelephoneStanding = 'registered' | 'not-registered' | 'not-attested'

export type TelephoneRegistration =
  | { readonly outcome: 'registered' }
  | { readonly outcome: 'not-attested' }
  | { readonly outcome: 'session-ended' }

/** To the account, from a payee: by a refund, or as what was left of a voucher that was ended. */
export interface CameBack {
  readonly id: string
  /** `lost`: nothing came back yet. A voucher was sold and never told, and its password is lost, as with a machine. */
  readonly kind: 'refund' | 'remainder' | 'lost'
  /** When it came back; of one that is lost, when it was sold. */
  readonly at: number
  readonly amount: Money
  readonly payee: SpokenName
}

export interface NewPin {
  readonly intent: IntentId
  readonly session: SignedIn
  readonly next: Secret
  readonly origin: Origin
}

/** Every other session of the account ends with it; this one goes on as the one that comes back. */
export type PinChange =
  | { readonly outcome: 'changed'; readonly session: SignedIn }
  | { readonly outcome: 'session-ended' }
  | TooEasy

export type PinJudgement = { readonly outcome: 'fit' } | TooEasy

/** One of the PINs that a thief tries first: 000000, 123456, the account number … */
interface TooEasy {
  readonly outcome: 'too-easy'
}

export interface Payee {
  readonly id: InstitutionId
  /** What a caller keys. */
  readonly number: string
  readonly name: SpokenName
  /** The amounts of its vouchers, in ascending order. */
  readonly denominations: readonly Money[]
}

/** A voucher that can be bought. */
export interface OnSale {
  readonly payee: Payee
  readonly amount: Money
}

export interface AccountHolder {
  readonly account: AccountNumber
  /** Of a person with an account of another bank a part of it: 陈某丽. */
  readonly name: SpokenName
  /** The other bank's name, of an account that is not ours. */
  readonly bank?: SpokenName
}

export type HolderNamed =
  | { readonly outcome: 'found'; readonly holder: AccountHolder }
  | { readonly outcome: 'unknown' }
  /** The other bank does not answer: nothing can be sent there now. */
  | { readonly outcome: 'out-of-reach'; readonly bank: SpokenName }
  /** This account has asked for too many, or too many are asking at once. */
  | { readonly outcome: 'busy' }

export interface VoucherOrder {
  readonly intent: IntentId
  readonly buyer: AccountNumber
  /** Payee id. */
  readonly payee: InstitutionId
  /** One of the payee's denominations. */
  readonly amount: Money
  /** Limits are set for a channel, or for all together. */
  readonly channel: Channel
}

export type Sale =
  | { readonly outcome: 'sold'; readonly voucher: UnconfirmedVoucher }
  /** Sold under this intent before, and its buyer said that they have it: the password is not here any more. */
  | { readonly outcome: 'already-confirmed'; readonly voucher: ConfirmedVoucher }
  | { readonly outcome: 'insufficient-funds'; readonly balance: Money }
  /** Nothing left of this amount; the nearest amounts still in stock, below and above. */
  | { readonly outcome: 'out-of-stock'; readonly nearest: readonly Money[] }
  | { readonly outcome: 'limit-exceeded'; readonly limit: Money }
  /** More than a PIN alone moves, at once or in a day: a card pays by transfer. */
  | { readonly outcome: 'card-needed'; readonly limit: Money }
  /** Its holder has blocked the account. */
  | { readonly outcome: 'account-blocked' }
  /** The bank owes this payee as much as it may: no voucher of this amount is sold until the payee grants more. */
  | { readonly outcome: 'payee-ceiling' }
  /** The payee has not been heard of since this bank started, and may know of sales that the books do not. */
  | { readonly outcome: 'payee-out-of-reach' }
  | { readonly outcome: 'under-review' }
  /** No amount that can be paid here: nothing or less, another currency or scale, more than any row holds. */
  | { readonly outcome: 'refused-amount' }
  /** The same intent was used for another request before. Nothing was done. */
  | { readonly outcome: 'intent-reused' }

/**
 * `account`: nothing leaves it any more. `telephone`: nobody signs in by telephone any more. `vouchers`: all that the account
 * has bought, which their payees are told to close. `card`: no card of the account pays any more.
 */
export type Blockable = 'account' | 'telephone' | 'vouchers' | 'card'

export type Blocking =
  | { readonly outcome: 'blocked' }
  /** The bank itself has done it, and tells what it can; a payee that is out of reach hears of its vouchers once it is in reach again. */
  | { readonly outcome: 'blocked-once-in-reach' }
  | { readonly outcome: 'already-blocked' }
  /** No voucher that is not blocked already, or no card. */
  | { readonly outcome: 'nothing-to-block' }

interface VoucherFacts {
  /** The bank's id of the sale. */
  readonly id: string
  readonly number: VoucherNumber
  readonly payee: Payee
  readonly amount: Money
  readonly soldAt: number
  /** Its buyer has blocked it, and shown no identity card since. */
  readonly isBlocked: boolean
  /** It was ended at its payee, and the day end has brought back what was left. */
  readonly isEnded: boolean
}

export interface UnconfirmedVoucher extends VoucherFacts {
  readonly state: 'unconfirmed'
  readonly password: Secret
}

export interface ConfirmedVoucher extends VoucherFacts {
  readonly state: 'confirmed'
}

export type BoughtVoucher = UnconfirmedVoucher | ConfirmedVoucher

export type BackupTelling =
  | { readonly outcome: 'told'; readonly backup: Secret }
  /** The voucher has ended, and its backup password with it; or its key was lost. */
  | { readonly outcome: 'gone' }
  | { readonly outcome: 'unknown-voucher' }

export interface PasskeyCode {
  readonly code: Secret
  readonly forMs: number
}

export type Confirmation = { readonly outcome: 'confirmed' } | { readonly outcome: 'unknown-voucher' }

export interface PastTransaction {
  readonly at: number
  /** Positive: received. Negative: paid. */
  readonly amount: Money
  readonly kind:
    | 'voucher'
    | 'transfer-in'
    | 'transfer-out'
    | 'transfer-back'
    | 'deposit'
    | 'refund'
    | 'correction'
    | 'recovery-loss'
  /** The payee or the other account's holder. */
  readonly counterparty: SpokenName | undefined
  readonly reference: string
}

export type CardResolution =
  | Resolution
  /** The card is not of this account, if there is one: it may have paid, and only its own account is told. */
  | { readonly outcome: 'other-account' }

export type Resolution =
  | { readonly outcome: 'done'; readonly kind: 'sale'; readonly amount: Money; readonly payee: SpokenName }
  | {
      readonly outcome: 'done'
      readonly kind: 'transfer'
      readonly amount: Money
      readonly to: SpokenName
      readonly reference: string
    }
  /** It has left the account for another bank, which has not said yet whether it takes it. */
  | {
      readonly outcome: 'done'
      readonly kind: 'pending-transfer'
      readonly amount: Money
      readonly bank: SpokenName
      readonly reference: string
    }
  | { readonly outcome: 'done'; readonly kind: 'pin-change' }
  | { readonly outcome: 'done'; readonly kind: 'block' }
  /** It was refused or never arrived: no money moved. */
  | { readonly outcome: 'not-done' }

/** A customer as a payee. */
export type BeingPaid =
  /** `number`: what payers key to choose it. `phone`: of its host, where they pay. */
  | { readonly outcome: 'payee'; readonly number: string; readonly host: SpokenName; readonly phone: string }
  /** The host has not answered yet. */
  | { readonly outcome: 'asked' }
  | { readonly outcome: 'no-payee' }
  /** This bank has no host. */
  | { readonly outcome: 'no-host' }
  | { readonly outcome: 'account-blocked' }
  /** The host has not been heard of since this bank started. */
  | { readonly outcome: 'out-of-reach' }
