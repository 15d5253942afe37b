/** What may leave an account: by its PIN, counted by channel and all together, and by its card, which is counted apart. */
import type { AccountNumber } from '../ids.ts'
import { type Allowance, overLimit, type Spending, spend } from '../ledger/limits.ts'
import type { Money } from '../money.ts'
import type { Channel } from '../origin.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { limitsFor } from './account-limits.ts'
import { type Branch, depositOf, inCurrency } from './branch.ts'
import type { Limit } from './config.ts'

export type SpentBy =
  /** `counted`: the channels whose sums have grown by it. */
  | { readonly outcome: 'ok'; readonly counted: readonly string[] }
  | { readonly outcome: 'limit-exceeded'; readonly limit: Money }
  /** As much may leave the account, but not by a PIN alone. */
  | { readonly outcome: 'card-needed'; readonly limit: Money }

/** Vouchers and transfers count together, against the limit of their channel first, then that of all, then that of a PIN alone. */
export async function spendBy(
  tx: Tx,
  branch: Branch,
  channel: Channel,
  account: AccountNumber,
  amount: Money,
  date: string,
): Promise<SpentBy> {
  const { any, own } = await limitsFor(tx, branch, account, channel)
  const { withoutCard } = branch.config.cards ?? {}
  const allowances = [
    ...(own ? [allowance(branch, channel, own)] : []),
    allowance(branch, 'any', any),
    ...(withoutCard ? [allowance(branch, 'pin', withoutCard)] : []),
  ]
  const spent = await spend(tx, spending(branch, channel, account, amount, date, allowances))
  if (spent.outcome === 'ok') return spent
  return { outcome: spent.channel === 'pin' ? 'card-needed' : 'limit-exceeded', limit: spent.limit }
}

/** What a card signed counts as such, by whatever channel it came. */
export async function spendByCard(
  tx: Tx,
  branch: Branch,
  account: AccountNumber,
  amount: Money,
  date: string,
): Promise<Exclude<SpentBy, { outcome: 'card-needed' }>> {
  const spent = await spend(tx, byCard(branch, account, amount, date))
  return spent.outcome === 'ok' ? spent : { outcome: 'limit-exceeded', limit: spent.limit }
}

/** The limit that is in the way of a card, before anything is signed. */
export async function limitOfCard(
  tx: ReadTx,
  branch: Branch,
  account: AccountNumber,
  amount: Money,
  date: string,
): Promise<Money | undefined> {
  return (await overLimit(tx, byCard(branch, account, amount, date)))?.limit
}

function byCard(branch: Branch, account: AccountNumber, amount: Money, date: string): Spending {
  const { cards } = branch.config
  // A bank that issues no cards any more honours none.
  const limits = cards?.limits ?? { perItem: 0n, perDay: 0n }
  return spending(branch, 'card', account, amount, date, [allowance(branch, 'card', limits)])
}

function spending(
  { chain }: Branch,
  channel: Channel | 'card',
  account: AccountNumber,
  amount: Money,
  businessDate: string,
  allowances: readonly Allowance[],
): Spending {
  return { chain, account: depositOf(account), channel, businessDate, amount, allowances }
}

function allowance(branch: Branch, channel: Channel | 'any' | 'pin' | 'card', { perItem, perDay }: Limit): Allowance {
  return { channel, perItem: inCurrency(branch, perItem), perDay: inCurrency(branch, perDay) }
}

/**
 * The channels in one text, as a transfer keeps them until it has ended. What all channels count together is left out, as
 * every transfer by PIN is in it, and none by card.
 */
export function countedText(counted: readonly string[]): string | null {
  return counted.filter(each => each !== 'any').join(' ') || null
}

/** The inverse of `countedText`: what is to be given back when it comes back. */
export function countedIn(text: string | null): readonly string[] {
  const channels = text === null ? [] : text.split(' ')
  return channels.includes('card') ? channels : ['any', ...channels]
}
