/** A challenge in digits, made a whole request at the terminal: by what its holder keys, and by what its directory says. */
import type { AccountNumber, InstitutionId } from '../ids.ts'
import type { Money } from '../money.ts'
import type { Directory } from './directory.ts'
import type { Challenge } from './messages/challenge.ts'
import type { Matter, OrderRequest } from './order.ts'

/** Whom money goes to, as it can be keyed. */
export interface KeyedPayee {
  readonly bank: InstitutionId
  readonly account: AccountNumber
}

/** What the holder has to key for each type. An amount only where the challenge sets none. */
export type Keyed =
  | { readonly type: 'sign-in' }
  | { readonly type: 'pay'; readonly amount?: Money }
  | { readonly type: 'transfer'; readonly payee: KeyedPayee; readonly amount?: Money }
  | { readonly type: 'fund'; readonly direction: 'in' | 'out'; readonly payee: KeyedPayee; readonly amount?: Money }
  | Extract<Matter, { readonly type: 'trade' | 'cancel' }>

export type Completed =
  | { readonly outcome: 'complete'; readonly request: OrderRequest }
  /** The holder keyed something else than was asked for. */
  | { readonly outcome: 'other-type' }
  | { readonly outcome: 'unknown-receiver' }
  /** The directory has no name for the payee: this goes as sound. */
  | { readonly outcome: 'unlisted-payee' }
  | { readonly outcome: 'amount-needed' }

export function completeChallenge(directory: Directory, challenge: Challenge, keyed: Keyed): Completed {
  const receiver = directory.institutionNumbered(challenge.receiver)
  if (receiver === undefined) return { outcome: 'unknown-receiver' }
  if (keyed.type !== challenge.type) return { outcome: 'other-type' }
  const { nonce, issuedAt, expiresAt } = challenge
  const asked = { receiver: receiver.id, nonce, issuedAt, expiresAt }
  if (keyed.type === 'sign-in' || keyed.type === 'trade' || keyed.type === 'cancel')
    return { outcome: 'complete', request: { ...asked, ...keyed } }

  const to = keyed.type === 'pay' ? receiver.collectsAt : keyed.payee
  const payee = to && directory.payee(to.bank, to.account)
  if (payee === undefined) return { outcome: 'unlisted-payee' }
  const amount = challenge.amount ?? keyed.amount
  if (amount === undefined) return { outcome: 'amount-needed' }
  return { outcome: 'complete', request: { ...asked, ...keyed, payee, amount } }
}
