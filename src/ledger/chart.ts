/**
 * The chart of accounts: what kinds of account an institution keeps, on which side each grows, and whether it may go
 * below zero. An account's id is its kind and whose it is: `deposit:6200100007`, `float:lantern`.
 */

export interface AccountKind {
  /** The side on which the account grows: what the institution has grows by debit, what it owes or earns by credit. */
  readonly normal: Side
  /** `never`: refused before it falls below zero. `free`: differences that people look into may go either way. */
  readonly overdraw: 'never' | 'free'
}

export type Side = 'debit' | 'credit'

export const chart = {
  // A bank's
  vault: { normal: 'debit', overdraw: 'never' },
  deposit: { normal: 'credit', overdraw: 'never' },
  /** Paid by buyers for a payee's vouchers and not yet the payee's. */
  float: { normal: 'credit', overdraw: 'never' },
  /** Cleared: what the payee may draw. */
  settlement: { normal: 'credit', overdraw: 'never' },
  /** Taken from a float or a settlement account at the day end, and a moment later on the buyers' accounts. */
  returning: { normal: 'credit', overdraw: 'never' },
  /** Taken from customers for accounts of another bank, which has not said yet what it made of it. */
  'sending-to-bank': { normal: 'credit', overdraw: 'never' },
  'due-from-bank': { normal: 'debit', overdraw: 'never' },
  'due-to-bank': { normal: 'credit', overdraw: 'never' },
  'fee-income': { normal: 'credit', overdraw: 'never' },
  suspense: { normal: 'credit', overdraw: 'free' },
  'write-off': { normal: 'debit', overdraw: 'never' },
  /** Of every institution: what two people gave back, or took, after its books had gone back in time. */
  'recovery-loss': { normal: 'debit', overdraw: 'free' },
  // A payee's: due from its banks; what its vouchers still promise; what was bought with them, named by the bank that sold them;
  // what was risked while a bank was away. `returning` is what its banks are to give back to buyers at the next day end.
  'voucher-liability': { normal: 'credit', overdraw: 'never' },
  revenue: { normal: 'credit', overdraw: 'never' },
  'offline-loss': { normal: 'debit', overdraw: 'never' },
  /** Cleared: what a bank's settlement account holds for the payee, as the bank's results say. */
  settled: { normal: 'debit', overdraw: 'never' },
  /** Paid out by a bank to the payee's own account there. */
  'paid-out': { normal: 'debit', overdraw: 'never' },
  'clearing-fee': { normal: 'debit', overdraw: 'never' },
  /** By card, at the bank where the payee collects: the money is on the payee's own account there. */
  'collected-at-bank': { normal: 'debit', overdraw: 'never' },
  /** Bought by card, named by the bank that issued the card. */
  'card-revenue': { normal: 'credit', overdraw: 'never' },
  // A securities firm's: what it has, money on its accounts at banks and shares in custody; and whose that is: its customers', its own,
  // or traded and on its way from one to the other. An account of shares is counted in one security.
  'cash-at-bank': { normal: 'debit', overdraw: 'never' },
  custody: { normal: 'debit', overdraw: 'never' },
  'client-cash': { normal: 'credit', overdraw: 'never' },
  'client-shares': { normal: 'credit', overdraw: 'never' },
  'unsettled-cash': { normal: 'credit', overdraw: 'never' },
  'unsettled-shares': { normal: 'credit', overdraw: 'never' },
  'house-cash': { normal: 'credit', overdraw: 'never' },
  'house-shares': { normal: 'credit', overdraw: 'never' },
  /** Taken from a customer's cash; the bank has not said yet that it was paid out. */
  'paying-out': { normal: 'credit', overdraw: 'never' },
} as const satisfies Record<string, AccountKind>

export type AccountClass = keyof typeof chart

declare const brand: unique symbol
export type AccountId = string & { readonly [brand]: 'AccountId' }

/** `whose`: a customer's account number, a payee, a bank, an asset; more than one part where one payee has several. */
export function accountId(kind: AccountClass, ...whose: readonly string[]): AccountId {
  for (const part of whose) {
    if (!/^[A-Za-z0-9.-]+$/.test(part)) throw new RangeError(`not part of an account id: ${JSON.stringify(part)}`)
  }
  return [kind, ...whose].join(':') as AccountId
}

/** Reads back an id from a stored row. */
export function parseAccountId(text: string): AccountId {
  const [kind = '', ...whose] = text.split(':')
  if (!isAccountClass(kind)) throw new RangeError(`not an account id: ${JSON.stringify(text)}`)
  return accountId(kind, ...whose)
}

export function classOf(account: AccountId): AccountClass {
  const kind = account.split(':', 1)[0] ?? ''
  if (!isAccountClass(kind)) throw new RangeError(`the chart has no ${JSON.stringify(kind)}`)
  return kind
}

/** Whose the account is: the first part after its kind, such as the customer's number. */
export function ownerOf(account: AccountId): string {
  return account.split(':')[1] ?? ''
}

function isAccountClass(text: string): text is AccountClass {
  return Object.hasOwn(chart, text)
}
